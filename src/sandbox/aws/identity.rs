//! Whose key is it? The long-term keys, and the sessions that AssumeRole has handed out.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use s3s::auth::{S3Auth, SecretKey};
use s3s::{S3Error, S3Result, s3_error};
use time::{Duration, OffsetDateTime};

use super::policy::{Policy, Tags};
use crate::model::Clock;

/// The gateway's own key pair. It is no secret: it opens nothing but this sandbox on loopback.
pub(super) const GATEWAY: (&str, &str) = ("AKIASANDBOXGATEWAY00", "sandbox/gateway/secret/key/for/loopback0");
/// The key pair that may do everything.
pub(super) const ADMIN: (&str, &str) = ("AKIASANDBOXADMIN0000", "sandbox/admin/secret/key/for/loopback000");

/// For how long an expired session is still told from one that never was.
const REMEMBERED: Duration = Duration::hours(1);

/// Temporary credentials, and what they may do. No `Debug`: it would print them.
pub(super) struct Session {
    pub(super) access_key_id: String,
    pub(super) secret_access_key: String,
    pub(super) token: String,
    /// In whole seconds, as policies are asked.
    pub(super) issued: OffsetDateTime,
    pub(super) expiration: OffsetDateTime,
    pub(super) name: String,
    pub(super) tags: Tags,
    pub(super) policy: Option<Policy>,
}

/// Who signed a request.
#[derive(Clone)]
pub(super) enum Principal {
    Gateway,
    Admin,
    Session(Arc<Session>),
}

/// Why a key with its token is nobody's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    UnknownKey,
    InvalidToken,
    Expired,
}

impl From<Refusal> for S3Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::UnknownKey => {
                s3_error!(InvalidAccessKeyId, "The AWS Access Key Id you provided does not exist in our records.")
            }
            Refusal::InvalidToken => {
                s3_error!(InvalidToken, "The provided token is malformed or otherwise invalid.")
            }
            Refusal::Expired => s3_error!(ExpiredToken, "The provided token has expired."),
        }
    }
}

/// Everyone who can sign a request.
pub(super) struct Identities {
    clock: Clock,
    sessions: Mutex<HashMap<String, Arc<Session>>>,
}

impl Identities {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, sessions: Mutex::default() }
    }

    pub(super) fn admit_session(&self, session: Session) {
        let long_gone = self.clock.now() - REMEMBERED;
        let mut sessions = self.sessions();
        sessions.retain(|_, session| session.expiration > long_gone);
        sessions.insert(session.access_key_id.clone(), Arc::new(session));
    }

    /// Who holds `access_key` with `token`. Whether they also know the secret is s3s's to check.
    pub(super) fn identify(&self, access_key: &str, token: Option<&str>) -> Result<Principal, Refusal> {
        let known = match access_key {
            key if key == GATEWAY.0 => Some(Principal::Gateway),
            key if key == ADMIN.0 => Some(Principal::Admin),
            key => self.sessions().get(key).cloned().map(Principal::Session),
        };
        match (known, token) {
            (Some(Principal::Session(session)), Some(token)) => {
                verify_slices_are_equal(session.token.as_bytes(), token.as_bytes())
                    .map_err(|aws_lc_rs::error::Unspecified| Refusal::InvalidToken)?;
                if session.expiration <= self.clock.now() {
                    return Err(Refusal::Expired);
                }
                Ok(Principal::Session(session))
            }
            // To AWS a temporary key without its token is an unknown key.
            (Some(Principal::Session(_)), None) | (None, _) => Err(Refusal::UnknownKey),
            (Some(Principal::Gateway | Principal::Admin), Some(_)) => Err(Refusal::InvalidToken),
            (Some(long_term), None) => Ok(long_term),
        }
    }

    fn sessions(&self) -> MutexGuard<'_, HashMap<String, Arc<Session>>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How s3s learns the secret that it checks signatures with.
pub(super) struct Secrets(pub(super) Arc<Identities>);

#[async_trait::async_trait]
impl S3Auth for Secrets {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        for (long_term, secret) in [GATEWAY, ADMIN] {
            if access_key == long_term {
                return Ok(secret.into());
            }
        }
        let session = self.0.sessions().get(access_key).cloned().ok_or(Refusal::UnknownKey)?;
        Ok(session.secret_access_key.as_str().into())
    }
}
