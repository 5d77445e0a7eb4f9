//! In which ways can a request be refused?

use std::sync::Arc;
use std::time::Duration;

use crate::adapters::oidc::VerifyError;
use crate::adapters::postgres::ledger::LedgerError;
use crate::adapters::postgres::{DatabaseError, OverQuota};
use crate::adapters::s3::ObjectError;
use crate::adapters::sts::AssumeRoleError;
use crate::model::{Invalid, PartNumber, UploadStatus, Violation};

/// A refusal, with what it was for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no token.
    #[error("the request carries no bearer token")]
    TokenMissing,
    /// The token is not taken.
    #[error("the token is not taken")]
    TokenRefused(#[source] VerifyError),
    /// The token is good and names no tenant.
    #[error("the token names no tenant")]
    TenantClaimMissing,
    /// The token names a tenant that nobody knows.
    #[error("the token names an unknown tenant")]
    TenantUnknown,
    /// The tenant's people do not sign in where the caller did, or the token does not tell where that was.
    #[error("the token is not from the tenant's identity provider")]
    IdentityProviderMismatch,
    /// No user pool says where its people sign in.
    #[error("no user pool has a hosted UI")]
    SignInNotConfigured,
    /// The tenant may not do anything at present.
    #[error("the tenant is suspended")]
    TenantSuspended,
    /// The caller's role does not allow it.
    #[error("the caller is not a {0}")]
    RoleMissing(&'static str),
    /// The tenant's people may not have credentials.
    #[error("the tenant's people may not have temporary credentials")]
    CredentialsNotAllowed,
    /// The caller calls too often.
    #[error("more than {limit} requests in a minute of one {counted}")]
    RateLimited {
        /// Whose requests were counted.
        counted: &'static str,
        /// The limit.
        limit: u32,
        /// When one may pass again.
        next_in: Duration,
    },
    /// The Uppy session is unknown, over or revoked; which of them, its bearer is not told.
    #[error("the Uppy session is unknown, over or revoked")]
    SessionInvalid,
    /// There is no such thing, or it is another's.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// Members of the request that are right in themselves and not allowed here.
    #[error("the request asks for what is not allowed: {0:?}")]
    NotAllowed(Vec<(&'static str, Invalid)>),
    /// The same, in one of several things that are asked for.
    #[error("item {index} asks for what is not allowed: {broken:?}")]
    ItemNotAllowed {
        /// Which, from 0.
        index: usize,
        /// What is wrong with it.
        broken: Vec<(&'static str, Invalid)>,
    },
    /// The tenant's month has no room for it.
    #[error("the tenant's quota is used up")]
    OverQuota(#[source] OverQuota),
    /// The idempotency key was used for another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// The upload does not travel in parts.
    #[error("the upload is not a multipart upload")]
    NotInParts,
    /// S3 does not hold this part yet.
    #[error("S3 does not hold part {}", .0.get())]
    PartMissing(PartNumber),
    /// Another tenant has this value.
    #[error("another tenant has this value: {0}")]
    Taken(&'static str),
    /// S3 does not hold the object yet.
    #[error("S3 does not hold the object")]
    ObjectMissing,
    /// S3 holds something else than what was granted.
    #[error("the object breaks its grant")]
    GrantBroken(#[source] Violation),
    /// The upload has ended in another way.
    #[error("the upload is {}", .0.as_str())]
    AlreadyEnded(UploadStatus),
    /// The keys to judge tokens by are not known.
    #[error("tokens cannot be judged")]
    KeysUnavailable(#[source] VerifyError),
    /// There are no credentials to sign with.
    #[error("there are no credentials to sign with")]
    CredentialsUnavailable(#[source] Arc<AssumeRoleError>),
    /// The record cannot be made.
    #[error("the record cannot be made")]
    LedgerUnavailable(#[source] LedgerError),
    /// S3 cannot be asked.
    #[error("S3 cannot be asked")]
    StoreUnavailable(#[source] ObjectError),
    /// More would have to be looked through than there is time for.
    #[error("the search takes too long")]
    SearchTooWide(#[source] DatabaseError),
    /// Postgres does not answer.
    #[error("the database does not answer")]
    DatabaseUnavailable(#[source] Arc<DatabaseError>),
}

impl From<VerifyError> for Error {
    fn from(error: VerifyError) -> Self {
        if error == VerifyError::KeysUnavailable { Self::KeysUnavailable(error) } else { Self::TokenRefused(error) }
    }
}

impl From<DatabaseError> for Error {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::Taken(constraint) => Self::Taken(constraint),
            error @ (DatabaseError::Unavailable(_) | DatabaseError::Corrupt(_)) => {
                Self::DatabaseUnavailable(Arc::new(error))
            }
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        DatabaseError::from(error).into()
    }
}

impl Error {
    /// The error of that item of several.
    #[must_use]
    pub fn of_item(self, index: usize) -> Self {
        if let Self::NotAllowed(broken) = self { Self::ItemNotAllowed { index, broken } } else { self }
    }

    /// The error of one thing that was asked for alone.
    #[must_use]
    pub fn of_the_only_item(self) -> Self {
        if let Self::ItemNotAllowed { broken, .. } = self { Self::NotAllowed(broken) } else { self }
    }
}
