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

use super::claims::{self, Members, VerifiedToken};
use super::{KeyError, KeyStore};
use crate::config::Auth;

/// Longer tokens are not looked at. Cognito's have 1 to 4 KiB; groups and custom attributes make them longer.
const LONGEST_TOKEN: usize = 16 << 10;

/// Why a token is not taken. Callers learn only that; the reason goes to the log and the metric.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// Longer than any token that a pool issues.
    #[error("the token is longer than {LONGEST_TOKEN} bytes")]
    TooLong,
    /// Not three base64url parts with a JSON object in the first two.
    #[error("the token is malformed")]
    Malformed,
    /// Signed, or not, by another algorithm than RS256.
    #[error("the token's algorithm is not RS256")]
    Algorithm,
    /// Its header holds something that would have to be understood, or that brings a key along.
    #[error("the token's header holds {0}, which is not taken")]
    Header(&'static str),
    /// No pool has its key.
    #[error("the token's key is unknown")]
    UnknownKey,
    /// The signature is not the key's.
    #[error("the token's signature is wrong")]
    Signature,
    /// From a user pool that is not configured.
    #[error("the token's issuer is not one of the configured user pools")]
    Issuer,
    /// For another app client.
    #[error("the token is for another app client")]
    Audience,
    /// Neither an ID token nor an access token, or a kind that the pool's settings exclude.
    #[error("the token is of a kind that is not taken")]
    TokenUse,
    /// Past its `exp`.
    #[error("the token has expired")]
    Expired,
    /// Before its `nbf` or `iat`.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// A claim that must be there is missing or has the wrong type.
    #[error("the token's {0} is missing or of the wrong type")]
    Claim(&'static str),
    /// The pool's keys are not known, so nothing can be said.
    #[error("the user pool's signing keys cannot be read")]
    KeysUnavailable,
}

impl VerifyError {
    /// The metric's label.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::TooLong => "too_long",
            Self::Malformed => "malformed",
            Self::Algorithm => "algorithm",
            Self::Header(_) => "header",
            Self::UnknownKey => "unknown_key",
            Self::Signature => "signature",
            Self::Issuer => "issuer",
            Self::Audience => "audience",
            Self::TokenUse => "token_use",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::Claim(_) => "claim",
            Self::KeysUnavailable => "keys_unavailable",
        }
    }
}

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
    verified: Cache<[u8; 32], Arc<Remembered>>,
}

struct Remembered {
    token: Arc<VerifiedToken>,
    life: Duration,
}

struct UntilItExpires;

impl Expiry<[u8; 32], Arc<Remembered>> for UntilItExpires {
    fn expire_after_create(&self, _: &[u8; 32], remembered: &Arc<Remembered>, _: Instant) -> Option<Duration> {
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
        let leeway = self.auth.leeway;
        if let Some(known) = self.verified.get(&digest)
            && known.token.expires_at + leeway > now
            && self.keys.holds(&known.token.issuer, &known.token.kid)
        {
            return Ok(Arc::clone(&known.token));
        }
        let token = Arc::new(self.verify_anew(token, now).await?);
        let life = Duration::try_from(token.expires_at + leeway - now).unwrap_or_default();
        self.verified.insert(digest, Arc::new(Remembered { token: Arc::clone(&token), life }));
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
        let members = jsonwebtoken::decode::<Members>(token, &key, &self.validation).map_err(|error| {
            let signature = matches!(error.kind(), jsonwebtoken::errors::ErrorKind::InvalidSignature);
            if signature { VerifyError::Signature } else { VerifyError::Malformed }
        })?;
        claims::check(&members.claims, kid, pool, &self.auth, now)
    }
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
