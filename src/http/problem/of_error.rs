//! Which refusal does each error of the domain become?

use std::num::NonZeroU32;
use std::time::Duration;

use actix_web::http::StatusCode;

use super::{FieldFault, Problem, whole_seconds};
use crate::adapters::postgres::OverQuota;
use crate::adapters::postgres::ledger::LedgerError;
use crate::domain::Error;
use crate::model::Invalid;

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let problem = match &error {
            Error::TokenMissing | Error::TokenRefused(_) => Self::new(
                StatusCode::UNAUTHORIZED,
                "invalid-token",
                "Invalid token",
                "Send a valid Cognito token of a configured user pool: Authorization: Bearer <token>.",
            ),
            Error::TenantClaimMissing => Self::new(
                StatusCode::FORBIDDEN,
                "tenant-claim-missing",
                "No tenant in the token",
                "The token is good but names no tenant. Send the ID token, or turn on the pre-token-generation trigger that adds the claim to access tokens.",
            ),
            Error::TenantUnknown => Self::new(
                StatusCode::FORBIDDEN,
                "tenant-unknown",
                "Unknown tenant",
                "No tenant has the claim value that the token carries.",
            ),
            Error::IdentityProviderMismatch => Self::new(
                StatusCode::FORBIDDEN,
                "identity-provider-mismatch",
                "Wrong identity provider",
                "The tenant's people sign in elsewhere, or an access token does not say where this person did. Sign in where `GET /v1/login` says, and send the ID token.",
            ),
            Error::TenantSuspended => {
                Self::new(StatusCode::FORBIDDEN, "tenant-suspended", "Tenant suspended", "The tenant is suspended.")
            }
            Error::RoleMissing(role) => {
                Self::new(StatusCode::FORBIDDEN, "role-missing", "Role missing", format!("Only a {role} may do this."))
            }
            Error::CredentialsNotAllowed => Self::new(
                StatusCode::FORBIDDEN,
                "credentials-not-allowed",
                "Credentials not allowed",
                "The tenant's people may not have temporary credentials. A platform admin can allow it: credentialVending.",
            ),
            Error::SessionInvalid => Self::new(
                StatusCode::UNAUTHORIZED,
                "invalid-session",
                "Invalid session",
                "The session in the path is unknown, over or revoked. Begin another: POST /v1/uppy-sessions.",
            ),
            Error::SignInNotConfigured => Self::new(
                StatusCode::NOT_FOUND,
                "sign-in-not-configured",
                "Sign-in not configured",
                "This gateway does not know where people sign in. Its operator can say: hosted_ui of a user pool.",
            ),
            Error::RateLimited { counted, limit, next_in } => too_many(counted, *limit, *next_in),
            Error::NotFound(what) => {
                Self::new(StatusCode::NOT_FOUND, "not-found", "Not found", format!("There is no such {what}."))
            }
            Error::NotAllowed(broken) => Self::invalid(broken.iter().map(FieldFault::from).collect()),
            Error::ItemNotAllowed { index, broken } => {
                let of_item = |(pointer, rule): &(&'static str, Invalid)| FieldFault {
                    pointer: format!("/uploads/{index}{pointer}").into(),
                    detail: rule.to_string(),
                };
                Self::invalid(broken.iter().map(of_item).collect())
            }
            Error::OverQuota(over) => over_quota(over),
            Error::KeyReused => {
                let detail = "was used for another request before".to_owned();
                Self::invalid(vec![FieldFault { pointer: "Idempotency-Key".into(), detail }])
            }
            Error::NotInParts => Self::new(
                StatusCode::CONFLICT,
                "not-multipart",
                "Not a multipart upload",
                "The upload travels in one request and has no parts.",
            ),
            Error::PartMissing(number) => Self::new(
                StatusCode::CONFLICT,
                "part-missing",
                "Part missing",
                format!("S3 does not hold part {} yet. Send it to its URL first.", number.get()),
            ),
            Error::Taken(constraint) => taken(constraint),
            Error::ObjectMissing => Self::new(
                StatusCode::CONFLICT,
                "object-missing",
                "Object missing",
                "S3 does not hold the object yet. Send the bytes to the granted URL first.",
            ),
            Error::GrantBroken(violation) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "grant-broken", "Grant broken", format!("{violation}."))
            }
            Error::AlreadyEnded(status) => Self::new(
                StatusCode::CONFLICT,
                "already-ended",
                "Upload already ended",
                format!("The upload is {} and stays so.", status.as_str()),
            ),
            Error::SearchTooWide(_) => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "search-too-wide",
                "Search too wide",
                "Too many events would have to be looked through. Say `from` and `to`, closer together.",
            ),
            Error::KeysUnavailable(_) => Self::unavailable("Tokens cannot be judged at present."),
            Error::CredentialsUnavailable(_) => Self::unavailable("No URL can be signed at present."),
            // Asking again would not help: Postgres refuses this row, which our own parsers should have done.
            Error::LedgerUnavailable(LedgerError::Refused(_)) => Self::internal(),
            Error::LedgerUnavailable(_) => Self::unavailable("The grant could not be recorded, so it was not made."),
            Error::StoreUnavailable(_) => Self::unavailable("The store does not answer at present."),
            Error::DatabaseUnavailable(_) => Self::unavailable("The database does not answer at present."),
        };
        problem.caused_by(error)
    }
}

fn over_quota(over: &OverQuota) -> Problem {
    let detail = "The tenant's bytes of this calendar month (UTC) are used up or reserved by pending uploads.";
    let problem = Problem::new(StatusCode::FORBIDDEN, "quota-exceeded", "Quota exceeded", detail);
    Problem { errors: vec![FieldFault { pointer: "/size".into(), detail: format!("is too much: {over}") }], ..problem }
}

fn too_many(counted: &str, limit: u32, next_in: Duration) -> Problem {
    let seconds = NonZeroU32::new(whole_seconds(next_in)).unwrap_or(NonZeroU32::MIN);
    let detail = format!("This {counted} may make {limit} requests in a minute. Come back in {seconds} s.");
    let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate-limited", "Too many requests", detail);
    Problem { retry_after: Some(seconds), ..problem }
}

fn taken(constraint: &str) -> Problem {
    let (pointer, detail) = match constraint {
        "tenants_slug_unique" => ("/slug", "is another tenant's slug"),
        "tenant_claim_values_unique" => ("/claimValues", "holds a value that is given twice or is another tenant's"),
        _ => ("/emailDomains", "holds a domain that is given twice or is another tenant's"),
    };
    let problem = Problem::new(StatusCode::CONFLICT, "taken", "Already taken", "Another tenant has this value.");
    Problem { errors: vec![FieldFault { pointer: pointer.into(), detail: detail.to_owned() }], ..problem }
}
