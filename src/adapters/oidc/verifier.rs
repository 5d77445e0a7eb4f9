//! Is this token what a user pool signed for one of our clients, and still good?

use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, Validation};
use moka::Expiry;
use moka::sync::Cache;
use serde::Deserialize;
use time::OffsetDateTime;

use super::claims::{self, VerifiedToken};
use super::members::Members;
use super::refusal::{LONGEST_TOKEN, VerifyError};
use super::{KeyError, KeyStore};
use crate::config::Auth;

/// A token's header, as anyone could have written it.
#[derive(Deserialize)]
struct UnverifiedHeader(Members);

/// A token's issuer, as anyone could have written it: good for choosing whose keys to try, and nothing else.
#[derive(Deserialize)]
struct UnverifiedIssuer {
    iss: String,
}

/// Judges tokens and remembers the good ones until they expire.
pub struct TokenVerifier {
    auth: Auth,
    keys: Arc<KeyStore>,
    validation: Validation,
    /// By the token's SHA-256, so that a memory dump holds no token.
    verified: Cache<[u8; 32], Remembered>,
}

#[derive(Clone)]
struct Remembered {
    token: Arc<VerifiedToken>,
    life: Duration,
}

struct UntilItExpires;

impl Expiry<[u8; 32], Remembered> for UntilItExpires {
    fn expire_after_create(&self, _: &[u8; 32], remembered: &Remembered, _: Instant) -> Option<Duration> {
        Some(remembered.life)
    }
}

impl TokenVerifier {
    /// For the configured pools.
    #[must_use]
    pub fn new(auth: Auth, keys: Arc<KeyStore>) -> Self {
        // The library checks the algorithm and the signature. Its checks of claims let a missing or oddly typed `iss` or `aud`
        // pass and read the machine's clock, so they are off, and `claims::check` looks at every claim by name.
        let mut validation = Validation::new(Algorithm::RS256);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = false;
        let verified = Cache::builder().max_capacity(auth.token_cache).expire_after(UntilItExpires).build();
        Self { auth, keys, validation, verified }
    }

    /// What the token says, when it is good at that moment.
    ///
    /// # Errors
    /// When it is not, or when the keys to judge it by are not to be had.
    pub async fn verify(&self, token: &str, now: OffsetDateTime) -> Result<Arc<VerifiedToken>, VerifyError> {
        if token.len() > LONGEST_TOKEN {
            return Err(VerifyError::TooLong);
        }
        let Ok(digest) = <[u8; 32]>::try_from(digest(&SHA256, token.as_bytes()).as_ref()) else {
            return Err(VerifyError::Malformed);
        };
        if let Some(known) = self.verified.get(&digest)
            && end(&known.token, self.auth.leeway) > now
            && self.keys.holds(&known.token.signed_with)
        {
            return Ok(known.token);
        }
        // Boxed, so that a token that is known does not carry what only a new one needs.
        let token = Arc::new(Box::pin(self.verify_anew(token, now)).await?);
        let life = Duration::try_from(end(&token, self.auth.leeway) - now).unwrap_or_default();
        self.verified.insert(digest, Remembered { token: Arc::clone(&token), life });
        Ok(token)
    }

    async fn verify_anew(&self, token: &str, now: OffsetDateTime) -> Result<VerifiedToken, VerifyError> {
        let mut parts = token.split('.');
        let (Some(header), Some(payload), Some(_signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(VerifyError::Malformed);
        };
        let header = unverified(header)?;
        let kid = check_header(&header)?;
        let UnverifiedIssuer { iss } = unverified(payload)?;
        let pool = self.auth.pools.iter().find(|pool| pool.issuer == iss).ok_or(VerifyError::Issuer)?;
        let key = self.keys.key(&pool.issuer, kid).await.map_err(|error| match error {
            KeyError::UnknownIssuer => VerifyError::Issuer,
            KeyError::UnknownKey => VerifyError::UnknownKey,
            KeyError::Unavailable => VerifyError::KeysUnavailable,
        })?;
        let members = jsonwebtoken::decode::<Members>(token, &key.public, &self.validation).map_err(|error| {
            let signature = matches!(error.kind(), jsonwebtoken::errors::ErrorKind::InvalidSignature);
            if signature { VerifyError::Signature } else { VerifyError::Malformed }
        })?;
        claims::check(&members.claims, key, pool, &self.auth, now)
    }
}

/// When the token is taken no more. The calendar ends with the year 9999, and nothing ends after it.
fn end(token: &VerifiedToken, leeway: Duration) -> OffsetDateTime {
    let leeway = time::Duration::try_from(leeway).unwrap_or(time::Duration::MAX);
    token.expires_at.saturating_add(leeway)
}

/// One part as JSON. A `=` at the end, or any other letter outside base64url, is refused.
fn unverified<T: serde::de::DeserializeOwned>(part: &str) -> Result<T, VerifyError> {
    let json = URL_SAFE_NO_PAD.decode(part).map_err(|_not_base64| VerifyError::Malformed)?;
    serde_json::from_slice(&json).map_err(|_not_json| VerifyError::Malformed)
}

/// RFC 7515 §4.1.11: what is critical and not understood must be refused, and we understand nothing critical. Cognito
/// sends only `alg` and `kid`; a header that brings its own key, encoding or compression is an attack.
const REFUSED_IN_HEADER: [&str; 9] = ["crit", "b64", "jku", "jwk", "x5u", "x5c", "x5t", "zip", "enc"];

/// The key id, when the header is one that a user pool writes.
fn check_header(UnverifiedHeader(header): &UnverifiedHeader) -> Result<&str, VerifyError> {
    if header.text("alg") != Ok("RS256") {
        return Err(VerifyError::Algorithm);
    }
    if let Some(name) = REFUSED_IN_HEADER.into_iter().find(|name| header.has(name)) {
        return Err(VerifyError::Header(name));
    }
    if header.has("typ") && !header.text("typ").is_ok_and(|typ| typ.eq_ignore_ascii_case("JWT")) {
        return Err(VerifyError::Header("typ"));
    }
    match header.text("kid") {
        Ok(kid) if !kid.is_empty() && kid.len() <= 256 => Ok(kid),
        _ => Err(VerifyError::UnknownKey),
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use jsonwebtoken::DecodingKey;

    use super::*;
    use crate::adapters::oidc::SigningKey;
    use crate::model::{Origin, Subject};

    #[test]
    fn a_token_ends_with_its_leeway_and_at_the_latest_with_the_calendar() {
        for (expires_at, ends) in [
            (datetime!(2026-01-01 0:00 UTC), datetime!(2026-01-01 0:00:30 UTC)),
            (datetime!(9999-12-31 23:59:59 UTC), datetime!(9999-12-31 23:59:59.999_999_999 UTC)),
        ] {
            let token = VerifiedToken {
                subject: Subject::parse("alice").unwrap(),
                tenant_claim: None,
                origin: Origin::Native,
                is_tenant_admin: false,
                is_platform_admin: false,
                expires_at,
                signed_with: Arc::new(SigningKey {
                    issuer: "issuer".into(),
                    id: "key".into(),
                    public: DecodingKey::from_secret(&[]),
                }),
            };
            assert_eq!(end(&token, Duration::from_secs(30)), ends);
        }
    }
}

#[cfg(test)]
#[path = "wycheproof_tests.rs"]
mod wycheproof_tests;
