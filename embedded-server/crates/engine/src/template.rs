//! The mails of a new project, one row of `baasix_Template` for each type. Texts are Liquid; the
//! project's name, colour and signature come with every one.

/// What is stored of one mail.
pub(crate) struct Template {
    /// What the mail is for.
    pub(crate) kind: &'static str,
    pub(crate) subject: &'static str,
    pub(crate) body: &'static str,
    /// For whoever edits it.
    pub(crate) description: &'static str,
}

/// Every type there is (`spec/auth.md` 15).
pub(crate) const TEMPLATES: [Template; 8] = [
    Template {
        kind: "inviteNewUser",
        subject: "{{ inviterName }} invites you to {{ project_name }}",
        body: "<p>Hello,</p>\n<p>{{ inviterName }} would like you to join {{ tenant }}.</p>\n\
               <p><a href=\"{{ inviteLink }}\">Make your account</a></p>\n\
               <p>The link works until {{ expirationDate }}.</p>\n{{ email_signature }}",
        description: "To somebody without an account who is invited",
    },
    Template {
        kind: "inviteExistingUser",
        subject: "{{ inviterName }} invites you to {{ tenant }}",
        body: "<p>Hello,</p>\n<p>{{ inviterName }} would like you to join {{ tenant }}. You can \
               use the account that you have.</p>\n\
               <p><a href=\"{{ inviteLink }}\">Join</a></p>\n\
               <p>The link works until {{ expirationDate }}.</p>\n{{ email_signature }}",
        description: "To somebody with an account who is invited",
    },
    Template {
        kind: "magicLinkUrl",
        subject: "Your way into {{ project_name }}",
        body: "<p>Hello {{ name }},</p>\n<p><a href=\"{{ magicLinkUrl }}\">Sign in</a></p>\n\
               <p>The link works once and not for long. If you did not ask for it, you need do \
               nothing.</p>\n{{ email_signature }}",
        description: "A link that signs in",
    },
    Template {
        kind: "magicLinkCode",
        subject: "Your code for {{ project_name }}",
        body: "<p>Hello {{ name }},</p>\n<p>Your code is <strong>{{ code }}</strong>.</p>\n\
               <p>It works once and not for long. Nobody from us will ever ask you for it.</p>\n\
               {{ email_signature }}",
        description: "A code that signs in",
    },
    Template {
        kind: "passwordReset",
        subject: "A new password for {{ project_name }}",
        body: "<p>Hello {{ name }},</p>\n\
               <p><a href=\"{{ resetUrl }}\">Choose a new password</a></p>\n\
               <p>The link works until {{ expiresAt }}. If you did not ask for it, your password \
               stays as it is.</p>\n{{ email_signature }}",
        description: "A link that sets a new password",
    },
    Template {
        kind: "emailVerification",
        subject: "Is this your address?",
        body: "<p>Hello {{ name }},</p>\n<p>This address was given to {{ project_name }}.</p>\n\
               <p><a href=\"{{ verifyUrl }}\">Yes, it is mine</a></p>\n{{ email_signature }}",
        description: "A link that confirms an address",
    },
    Template {
        kind: "welcome",
        subject: "Welcome to {{ project_name }}",
        body: "<p>Hello {{ name }},</p>\n<p>Your account for {{ email }} is ready.</p>\n\
               <p><a href=\"{{ loginUrl }}\">Sign in</a></p>\n{{ email_signature }}",
        description: "After registration",
    },
    Template {
        kind: "notification",
        subject: "{{ notification_title }}",
        body: "<p>Hello {{ name }},</p>\n<p>{{ notification_message }}</p>\n\
               {% if action_url %}<p><a href=\"{{ action_url }}\">{{ action_text }}</a></p>{% endif %}\n\
               {{ email_signature }}",
        description: "A notice sent by mail",
    },
];
