//! Code to HTTP status: one exhaustive table.

use axum::http::StatusCode;
use base::Code;

/// The status of a code on the home surface.
pub(crate) fn status(code: Code) -> StatusCode {
    match code {
        Code::InvalidQuery
        | Code::InvalidBody
        | Code::InvalidId
        | Code::UnknownField
        | Code::UnknownOperator
        | Code::ValidationError
        | Code::RelationInvalid
        | Code::RequiredFieldMissing
        | Code::SoftDeleteDisabled
        | Code::SchemaInvalid
        | Code::FeatureUnavailable
        | Code::NoFile
        | Code::ImportFailed
        | Code::InvalidCredentials
        | Code::PasswordPolicy
        | Code::CurrentPasswordInvalid
        | Code::EmailTaken
        | Code::TokenInvalid
        | Code::SecretUnreadable
        | Code::TotpInvalid
        | Code::MailFailed
        | Code::MultiTenantDisabled
        | Code::TenantRequired
        | Code::InviteInvalid
        | Code::OauthStateInvalid
        | Code::OauthProviderUnknown
        | Code::OauthDenied
        | Code::InviteExists
        | Code::ConfigInvalid => StatusCode::BAD_REQUEST,
        Code::Unauthenticated
        | Code::TokenExpired
        | Code::SessionRevoked
        | Code::RefreshInvalid => StatusCode::UNAUTHORIZED,
        // Absent and hidden are the same 403 on this surface (`spec/data.md` 21, row 6).
        Code::ItemNotFound
        | Code::Forbidden
        | Code::FieldForbidden
        | Code::TenantAccessDenied
        | Code::TokenScope
        | Code::PersonaEnded
        | Code::PersonaReadOnly
        | Code::TenantContextRequired
        | Code::TenantMismatch
        | Code::AccountInactive
        | Code::EmailNotVerified
        | Code::InviteEmailMismatch
        | Code::SessionTypeInvalid
        | Code::SessionLimit
        | Code::RegistrationDisabled
        | Code::RoleNotAllowed => StatusCode::FORBIDDEN,
        Code::CollectionNotFound | Code::SchemaNotFound | Code::NotFound => StatusCode::NOT_FOUND,
        Code::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Code::UniqueViolation
        | Code::ForeignKeyViolation
        | Code::SchemaExists
        | Code::PlanStale
        | Code::ConsentRequired
        | Code::LastAdministrator
        | Code::Conflict => StatusCode::CONFLICT,
        Code::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
        Code::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        Code::Unavailable | Code::DataNewer => StatusCode::SERVICE_UNAVAILABLE,
        Code::Timeout => StatusCode::GATEWAY_TIMEOUT,
    }
}

#[cfg(test)]
mod tests {
    use super::status;
    use base::Code;

    #[test]
    fn only_faults_of_ours_are_500_or_more() {
        for code in Code::ALL {
            let ours = matches!(
                code,
                Code::Internal | Code::Unavailable | Code::Timeout | Code::DataNewer
            );
            assert_eq!(status(*code).as_u16() >= 500, ours, "{code}");
        }
    }
}
