//! What are a session's temporary credentials?

use std::fmt;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret as _, SecretString};
use time::OffsetDateTime;

use crate::adapters::sigv4::{DayKey, Scope, SigningKeys, encode};

/// Credentials that reach one prefix, of a tenant or of one subject of it, until they expire.
pub struct TemporaryCredentials {
    /// `ASIA…`; not a secret, it stands in every URL.
    pub access_key_id: Box<str>,
    /// In the one form that nearly all need. A gateway remembers thousands of sessions, and a token is a kilobyte.
    encoded_token: SecretString,
    signing_keys: SigningKeys,
    /// Of the session that was asked for.
    life_seconds: u32,
    /// When S3 stops believing them, and any URL that they signed.
    pub expires_at: OffsetDateTime,
}

impl TemporaryCredentials {
    /// Takes what STS answered, who was asked for a session of that life.
    #[must_use]
    pub fn new(
        access_key_id: Box<str>,
        secret_access_key: SecretString,
        session_token: SecretString,
        scope: Scope,
        life: Duration,
        expires_at: OffsetDateTime,
    ) -> Self {
        let encoded = encode(session_token.expose_secret());
        // As long as it has to be from the start: what a text has too much, an allocator may keep when it is cut off.
        let mut encoded_token = String::with_capacity(encoded.clone().map(str::len).sum());
        encoded_token.extend(encoded);
        Self {
            access_key_id,
            encoded_token: encoded_token.into(),
            signing_keys: SigningKeys::new(secret_access_key, scope),
            life_seconds: u32::try_from(life.as_secs()).unwrap_or(u32::MAX),
            expires_at,
        }
    }

    /// When they began, by STS's clock and to the second, as a policy's `aws:TokenIssueTime` has it.
    #[must_use]
    pub fn began_at(&self) -> OffsetDateTime {
        // Whatever moment the answer named as their end, this is one too.
        self.expires_at.saturating_sub(time::Duration::seconds(self.life_seconds.into()))
    }

    /// The secret that signs, for those whom the credentials are handed out to.
    #[must_use]
    pub const fn secret_access_key(&self) -> &SecretString {
        self.signing_keys.secret()
    }

    /// The session token, encoded for a query string once instead of once a URL.
    #[must_use]
    pub fn encoded_token(&self) -> &str {
        self.encoded_token.expose_secret()
    }

    /// The session token, as a form carries it.
    #[must_use]
    pub fn token(&self) -> String {
        percent_decode_str(self.encoded_token()).decode_utf8_lossy().into_owned()
    }

    /// The key that signs at that moment.
    #[must_use]
    pub fn day_key(&self, now: OffsetDateTime) -> DayKey {
        self.signing_keys.day_key(now)
    }

    /// The same credentials for a call by the AWS SDK.
    #[must_use]
    pub fn for_sdk(&self) -> aws_sdk_s3::config::Credentials {
        aws_sdk_s3::config::Credentials::new(
            &*self.access_key_id,
            self.signing_keys.secret().expose_secret(),
            Some(self.token()),
            Some(self.expires_at.into()),
            "upload-gateway",
        )
    }
}

impl fmt::Debug for TemporaryCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TemporaryCredentials").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}
