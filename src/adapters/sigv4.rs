//! How is a request signed for AWS? Signature Version 4, as far as presigning needs it.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use std::fmt::Write as _;
use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::{digest, hmac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, SecretString};
use time::{Date, OffsetDateTime};

/// Everything but RFC 3986's unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const RESERVED_IN_PATH: &AsciiSet = &RESERVED.remove(b'/');

/// A query name or value, encoded as AWS encodes it.
pub fn encode(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, RESERVED)
}

/// An object key as a URL path. S3 encodes once and does not normalise.
pub fn encode_path(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, RESERVED_IN_PATH)
}

/// `20130524T000000Z`
#[must_use]
pub fn timestamp(now: OffsetDateTime) -> String {
    let (date, time) = (day(now.date()), now.time());
    format!("{date}T{:02}{:02}{:02}Z", time.hour(), time.minute(), time.second())
}

fn day(date: Date) -> String {
    format!("{:04}{:02}{:02}", date.year(), u8::from(date.month()), date.day())
}

/// Where a signature is good: the credential scope without its date, `us-east-1/s3/aws4_request`. To copy it is to count one reference more.
#[derive(Debug, Clone)]
pub struct Scope(Arc<str>);

impl Scope {
    /// A service of that Region.
    #[must_use]
    pub fn new(region: &str, service: &str) -> Self {
        Self(format!("{region}/{service}/aws4_request").into())
    }
}

/// The signing key of one secret for one Region and service, derived once a day instead of once a request:
/// four of a signature's five HMACs depend on nothing else.
pub struct SigningKeys {
    secret: SecretString,
    scope: Scope,
    today: RwLock<Option<(Date, Key)>>,
}

/// As bytes: a gateway remembers thousands, and one that is prepared for use is a kilobyte more, and saves no microsecond.
type Key = Zeroizing<[u8; 32]>;

/// One day's key, and the scope that it is good for.
pub struct DayKey {
    scope: String,
    key: Key,
}

impl SigningKeys {
    /// For that secret access key.
    #[must_use]
    pub const fn new(secret: SecretString, scope: Scope) -> Self {
        Self { secret, scope, today: RwLock::new(None) }
    }

    /// The secret access key itself, for the SDK's calls.
    #[must_use]
    pub const fn secret(&self) -> &SecretString {
        &self.secret
    }

    /// The key of that moment's day.
    #[must_use]
    pub fn day_key(&self, now: OffsetDateTime) -> DayKey {
        let date = now.date();
        let today = day(date);
        let known = self.today.read().unwrap_or_else(PoisonError::into_inner).clone();
        let key = known.filter(|(of, _)| *of == date).map(|(_, key)| key).unwrap_or_else(|| {
            let fresh = self.derive(&today);
            *self.today.write().unwrap_or_else(PoisonError::into_inner) = Some((date, fresh.clone()));
            fresh
        });
        DayKey { scope: format!("{today}/{}", self.scope.0), key }
    }

    fn derive(&self, day: &str) -> Key {
        let secret = SecretString::from(format!("AWS4{}", self.secret.expose_secret()));
        let first = sign(secret.expose_secret().as_bytes(), day);
        let tag = self.scope.0.split('/').fold(first, |key, part| sign(key.as_ref(), part));
        let mut key = Zeroizing::new([0; 32]);
        key.copy_from_slice(tag.as_ref());
        key
    }
}

impl DayKey {
    /// The credential scope that the key is good for, `20130524/us-east-1/s3/aws4_request`.
    #[must_use]
    pub fn scope(&self) -> &str {
        &self.scope
    }

    /// The signature of a canonical request, in hexadecimal.
    #[must_use]
    pub fn sign(&self, timestamp: &str, canonical_request: &str) -> String {
        let hash = digest::digest(&digest::SHA256, canonical_request.as_bytes());
        let mut text = String::with_capacity(150);
        let _ = write!(text, "AWS4-HMAC-SHA256\n{timestamp}\n{}\n", self.scope);
        push_hex(&mut text, hash.as_ref());
        self.sign_text(&text)
    }

    /// The signature of any text, in hexadecimal; a POST policy signs its base64 as it is.
    #[must_use]
    pub fn sign_text(&self, text: &str) -> String {
        let mut hex = String::with_capacity(64);
        push_hex(&mut hex, sign(self.key.as_slice(), text).as_ref());
        hex
    }
}

fn sign(key: &[u8], text: &str) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes())
}

fn push_hex(out: &mut String, bytes: &[u8]) {
    for byte in bytes {
        out.extend([byte >> 4, byte & 15].map(|nibble| char::from_digit(u32::from(nibble), 16).unwrap_or('0')));
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    /// A key that no derivation gives stands for the remembered one, and so shows who used it.
    #[test]
    fn the_day_key_is_derived_once_a_day_and_changes_at_midnight() {
        let keys = SigningKeys::new("secret".into(), Scope::new("us-east-1", "s3"));
        let first = keys.day_key(datetime!(2026-01-01 0:00 UTC));
        assert_eq!(first.scope(), "20260101/us-east-1/s3/aws4_request");
        let remembered = keys.today.read().unwrap().clone().unwrap();
        assert_eq!(remembered, (first_day(), first.key));

        let marker = Zeroizing::new([7; 32]);
        *keys.today.write().unwrap() = Some((first_day(), marker.clone()));
        assert_eq!(keys.day_key(datetime!(2026-01-01 23:59:59 UTC)).key, marker);

        let next = keys.day_key(datetime!(2026-01-02 0:00 UTC));
        assert_eq!(next.scope(), "20260102/us-east-1/s3/aws4_request");
        assert_eq!(next.key, keys.derive("20260102"));
        assert_ne!(next.key, keys.derive("20260101"));
    }

    fn first_day() -> Date {
        datetime!(2026-01-01 0:00 UTC).date()
    }
}
