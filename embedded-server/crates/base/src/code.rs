//! The closed list of error codes. A code is a promise to clients: it never changes its meaning.

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)*) => {
        /// What went wrong, for programs. Spelled `UPPER_SNAKE` on the wire.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[$doc])* $variant,)* }

        impl Code {
            /// Every code there is, in the order of this file.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];

            /// The spelling on the wire.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $text,)* }
            }
        }
    };
}

codes! {
    /// The request names a collection that does not exist, and the caller may know that.
    CollectionNotFound = "COLLECTION_NOT_FOUND",
    /// One record was addressed and it is absent or not visible; the two are the same answer.
    ItemNotFound = "ITEM_NOT_FOUND",
    /// No schema is stored under this name.
    SchemaNotFound = "SCHEMA_NOT_FOUND",
    /// No such route, job or other addressable thing.
    NotFound = "NOT_FOUND",
    /// The role may not do this.
    Forbidden = "FORBIDDEN",
    /// The role may not write this field or relation.
    FieldForbidden = "FIELD_FORBIDDEN",
    /// The code of a second factor is wrong, was used, or is none.
    TotpInvalid = "TOTP_INVALID",
    /// An API token is not for this.
    TokenScope = "TOKEN_SCOPE",
    /// The caller may not work in the tenant that it names.
    TenantAccessDenied = "TENANT_ACCESS_DENIED",
    /// What belongs to a tenant was asked for by a request that stands in none.
    TenantContextRequired = "TENANT_CONTEXT_REQUIRED",
    /// Something about tenants was asked of a project that has none.
    MultiTenantDisabled = "MULTI_TENANT_DISABLED",
    /// A tenant must be named, and none was.
    TenantRequired = "TENANT_REQUIRED",
    /// A record would come to stand in another tenant than the request's.
    TenantMismatch = "TENANT_MISMATCH",
    /// A query parameter cannot be read.
    InvalidQuery = "INVALID_QUERY",
    /// The body cannot be read or has the wrong shape.
    InvalidBody = "INVALID_BODY",
    /// An id that its key type cannot hold.
    InvalidId = "INVALID_ID",
    /// A name that the collection does not have (or that the caller may not see).
    UnknownField = "UNKNOWN_FIELD",
    /// A filter operator that does not exist.
    UnknownOperator = "UNKNOWN_OPERATOR",
    /// A value that breaks a type or a rule of its field.
    ValidationError = "VALIDATION_ERROR",
    /// A nested relation payload of the wrong shape, or naming a missing record.
    RelationInvalid = "RELATION_INVALID",
    /// A required field is missing or null.
    RequiredFieldMissing = "REQUIRED_FIELD_MISSING",
    /// A unique value is taken already.
    UniqueViolation = "UNIQUE_VIOLATION",
    /// A reference points nowhere, or something still points here.
    ForeignKeyViolation = "FOREIGN_KEY_VIOLATION",
    /// Soft delete was asked of a collection that does not keep deleted records.
    SoftDeleteDisabled = "SOFT_DELETE_DISABLED",
    /// A schema document that cannot be taken.
    SchemaInvalid = "SCHEMA_INVALID",
    /// A schema, field or relation of this name exists already.
    SchemaExists = "SCHEMA_EXISTS",
    /// The plan was made against another state of the catalog.
    PlanStale = "PLAN_STALE",
    /// It would hold others up for long, or copy more than is copied unasked, and nobody said that
    /// it may.
    ConsentRequired = "CONSENT_REQUIRED",
    /// The store cannot do this (for example polygon predicates without their extension).
    FeatureUnavailable = "FEATURE_UNAVAILABLE",
    /// The import request carries no file.
    NoFile = "NO_FILE",
    /// Rows of an import were refused and nothing was written.
    ImportFailed = "IMPORT_FAILED",
    /// Nobody would be left who may administer the project.
    LastAdministrator = "LAST_ADMINISTRATOR",
    /// `If-Match` names another version than the stored one.
    PreconditionFailed = "PRECONDITION_FAILED",
    /// A staged edit was made against values that have changed since.
    Conflict = "CONFLICT",
    /// A route that needs a user was called without one.
    Unauthenticated = "UNAUTHENTICATED",
    /// The presented token is past its time.
    TokenExpired = "TOKEN_EXPIRED",
    /// The presented token belongs to a session that was ended.
    SessionRevoked = "SESSION_REVOKED",
    /// The refresh token is unknown, used or expired.
    RefreshInvalid = "REFRESH_INVALID",
    /// Unknown account or wrong password; the two are the same answer.
    InvalidCredentials = "INVALID_CREDENTIALS",
    /// The account may not sign in.
    AccountInactive = "ACCOUNT_INACTIVE",
    /// The address of the account must be confirmed first.
    EmailNotVerified = "EMAIL_NOT_VERIFIED",
    /// A password outside the allowed length.
    PasswordPolicy = "PASSWORD_POLICY",
    /// The current password given for a change is wrong.
    CurrentPasswordInvalid = "CURRENT_PASSWORD_INVALID",
    /// Registration with an address that has an account.
    EmailTaken = "EMAIL_TAKEN",
    /// A session type outside `default`, `mobile`, `web`.
    SessionTypeInvalid = "SESSION_TYPE_INVALID",
    /// No further session of this type is allowed.
    SessionLimit = "SESSION_LIMIT",
    /// Registration is switched off.
    RegistrationDisabled = "REGISTRATION_DISABLED",
    /// The role may not be asked for at registration.
    RoleNotAllowed = "ROLE_NOT_ALLOWED",
    /// A one-time token is unknown, used or expired.
    TokenInvalid = "TOKEN_INVALID",
    /// An invitation is unknown, answered or past its time.
    InviteInvalid = "INVITE_INVALID",
    /// An address has an invitation to the same place that is not answered yet.
    InviteExists = "INVITE_EXISTS",
    /// An invitation is for another address.
    InviteEmailMismatch = "INVITE_EMAIL_MISMATCH",
    /// Signing in at another provider was begun by nobody, elsewhere, or too long ago.
    OauthStateInvalid = "OAUTH_STATE_INVALID",
    /// There is no such provider to sign in at, or it is not set up.
    OauthProviderUnknown = "OAUTH_PROVIDER_UNKNOWN",
    /// A provider did not say who somebody is.
    OauthDenied = "OAUTH_DENIED",
    /// Viewing as somebody else is over, or was begun by another.
    PersonaEnded = "PERSONA_ENDED",
    /// Who views as somebody else writes nothing.
    PersonaReadOnly = "PERSONA_READ_ONLY",
    /// What is kept sealed was sealed under another `SECRET_KEY`, or is damaged.
    SecretUnreadable = "SECRET_UNREADABLE",
    /// A mail that was to be sent at once could not be.
    MailFailed = "MAIL_FAILED",
    /// Too many attempts.
    RateLimited = "RATE_LIMITED",
    /// The body is over its limit.
    PayloadTooLarge = "PAYLOAD_TOO_LARGE",
    /// The route exists, the method does not.
    MethodNotAllowed = "METHOD_NOT_ALLOWED",
    /// The request took longer than its limit.
    Timeout = "TIMEOUT",
    /// The server cannot take the request now: full queue, full disk, database gone.
    Unavailable = "UNAVAILABLE",
    /// A configuration key has a value that is not allowed.
    ConfigInvalid = "CONFIG_INVALID",
    /// The data was written by a newer version than this one.
    DataNewer = "DATA_NEWER",
    /// A fault of ours. The cause is logged, never sent.
    Internal = "INTERNAL",
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::Code;

    #[test]
    fn codes_are_upper_snake_and_unique() {
        let mut seen = std::collections::HashSet::new();
        for code in Code::ALL {
            let text = code.as_str();
            assert!(text.chars().all(|c| c.is_ascii_uppercase() || c == '_'), "{text}");
            assert!(seen.insert(text), "{text} stands twice");
        }
    }
}
