//! The mails of a new project, one row of `baasix_Template` for each type. Texts are Liquid; the
//! project's name, colour and signature come with every one.

/// A mail that the house sends, and its text as long as nobody wrote another.
#[derive(Debug)]
pub struct Template {
    /// What the mail is for.
    pub kind: &'static str,
    /// The same for people.
    pub label: &'static str,
    /// Its subject, a line of text.
    pub subject: &'static str,
    /// What stands in it, a piece of a page.
    pub body: &'static str,
    /// For whoever edits it.
    pub description: &'static str,
    /// What it is told beside what every mail knows.
    pub variables: &'static [&'static str],
}

/// Every type there is (`spec/auth.md` 15).
pub static TEMPLATES: [Template; 8] = [
    Template {
        kind: "inviteNewUser",
        label: "Invitation of somebody new",
        subject: "{{ inviterName }} invites you to {{ project_name }}",
        body: "<p>Hello,</p>\n<p>{{ inviterName }} would like you to join {{ tenant }}.</p>\n\
               <p><a href=\"{{ inviteLink }}\">Make your account</a></p>\n\
               <p>The link works until {{ expirationDate }}.</p>\n{{ email_signature }}",
        description: "To somebody without an account who is invited",
        variables: &["inviterName", "tenant", "inviteLink", "expirationDate", "existingUser"],
    },
    Template {
        kind: "inviteExistingUser",
        label: "Invitation of somebody with an account",
        subject: "{{ inviterName }} invites you to {{ tenant }}",
        body: "<p>Hello,</p>\n<p>{{ inviterName }} would like you to join {{ tenant }}. You can \
               use the account that you have.</p>\n\
               <p><a href=\"{{ inviteLink }}\">Join</a></p>\n\
               <p>The link works until {{ expirationDate }}.</p>\n{{ email_signature }}",
        description: "To somebody with an account who is invited",
        variables: &["inviterName", "tenant", "inviteLink", "expirationDate", "existingUser"],
    },
    Template {
        kind: "magicLinkUrl",
        label: "Sign-in by a link",
        subject: "Your way into {{ project_name }}",
        body: "<p>Hello {{ name }},</p>\n<p><a href=\"{{ magicLinkUrl }}\">Sign in</a></p>\n\
               <p>The link works once{% if expiresAt %}, until {{ expiresAt }}{% endif %}. If you did \
               not ask for it, you need do nothing.</p>\n{{ email_signature }}",
        description: "A link that signs in",
        variables: &["name", "magicLinkUrl", "expiresAt"],
    },
    Template {
        kind: "magicLinkCode",
        label: "Sign-in by a code",
        subject: "Your code for {{ project_name }}",
        body: "<p>Hello {{ name }},</p>\n<p>Your code is <strong>{{ code }}</strong>.</p>\n\
               <p>It works once{% if expiresAt %}, until {{ expiresAt }}{% endif %}. Nobody from us will \
               ever ask you for it.</p>\n\
               {{ email_signature }}",
        description: "A code that signs in",
        variables: &["name", "code", "expiresAt"],
    },
    Template {
        kind: "passwordReset",
        label: "New password",
        subject: "A new password for {{ project_name }}",
        body: "<p>Hello {{ name }},</p>\n\
               <p><a href=\"{{ resetUrl }}\">Choose a new password</a></p>\n\
               <p>The link works until {{ expiresAt }}. If you did not ask for it, your password \
               stays as it is.</p>\n{{ email_signature }}",
        description: "A link that sets a new password",
        variables: &["name", "resetUrl", "expiresAt"],
    },
    Template {
        kind: "emailVerification",
        label: "Confirmation of an address",
        subject: "Is this your address?",
        body: "<p>Hello {{ name }},</p>\n<p>This address was given to {{ project_name }}.</p>\n\
               <p><a href=\"{{ verifyUrl }}\">Yes, it is mine</a></p>\n\
               {% if expiresAt %}<p>The link works until {{ expiresAt }}.</p>\n{% endif %}\
               {{ email_signature }}",
        description: "A link that confirms an address",
        variables: &["name", "verifyUrl", "expiresAt"],
    },
    Template {
        kind: "welcome",
        label: "Welcome",
        subject: "Welcome to {{ project_name }}",
        body: "<p>Hello {{ name }},</p>\n<p>Your account for {{ email }} is ready.</p>\n\
               <p><a href=\"{{ loginUrl }}\">Sign in</a></p>\n{{ email_signature }}",
        description: "After registration",
        variables: &["name", "email", "loginUrl"],
    },
    Template {
        kind: "notification",
        label: "Notice",
        subject: "{{ notification_title }}",
        body: "<p>Hello {{ name }},</p>\n<p>{{ notification_message }}</p>\n\
               {% if action_url %}<p><a href=\"{{ action_url }}\">{{ action_text }}</a></p>{% endif %}\n\
               {{ email_signature }}",
        description: "A notice sent by mail",
        variables: &[
            "name",
            "notification_title",
            "notification_message",
            "action_url",
            "action_text",
        ],
    },
];
