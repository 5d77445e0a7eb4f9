//! Who signed a request to SQS or Cognito? SigV4 verified here, because s3s knows no services but S3 and STS.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use hyper::http::request::Parts;
use time::macros::format_description;
use time::{Duration, PrimitiveDateTime};

use super::Shared;
use super::identity::{ADMIN, GATEWAY, Principal, Refusal};
use super::signature::UnverifiedSignature;
use crate::adapters::sigv4::{Scope, SigningKeys};
use crate::model::Clock;

/// How far a signer's clock may be from this machine's.
const SKEW: Duration = Duration::minutes(15);

/// Why a request is nobody's, in AWS's words: a code and a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) struct Unsigned(pub(in crate::sandbox) &'static str, pub(in crate::sandbox) &'static str);

/// The holder of the key that signed this request to that service, body included.
pub(super) fn signer(
    parts: &Parts,
    body: &[u8],
    service: &'static str,
    shared: &Shared,
) -> Result<Principal, Unsigned> {
    let missing = || Unsigned("MissingAuthenticationToken", "Request is missing Authentication Token");
    let claimed = UnverifiedSignature::of(parts).filter(|_| parts.uri.query().is_none()).ok_or_else(missing)?;
    let principal = shared.identities.identify(&claimed.access_key, claimed.token.as_deref())?;
    let secret = match &principal {
        Principal::Gateway => GATEWAY.1,
        Principal::Admin => ADMIN.1,
        Principal::Session(session) => &session.secret_access_key,
    };
    if claimed.check_scope(service, &shared.region).is_err() {
        return Err(mismatch("Credential should be scoped to a valid region and to the correct service."));
    }
    let covers = |name: &str| claimed.signed_headers.iter().any(|signed| signed == name);
    if claimed.check_headers(&parts.headers).is_err() || !covers("host") {
        return Err(mismatch("The signature does not cover the host and all of Amazon's headers."));
    }
    let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let timestamp = header("x-amz-date").ok_or_else(missing)?;
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    let signed_at = PrimitiveDateTime::parse(timestamp, format).map(PrimitiveDateTime::assume_utc);
    let Ok(signed_at) = signed_at else { return Err(mismatch("The date of the signature is none.")) };
    // As with S3: the SDK signs with the machine's time, whatever time a test makes of it elsewhere.
    if (Clock::system().now() - signed_at).abs() > SKEW {
        return Err(mismatch("Signature expired, or not yet current."));
    }
    let canonical = canonical_request(parts, &claimed.signed_headers, body);
    let key = SigningKeys::new(secret.into(), Scope::new(&shared.region, service)).day_key(signed_at);
    let expected = key.sign(timestamp, &canonical);
    let given = header("authorization").and_then(|claims| claims.rsplit_once("Signature=")).map(|(_, given)| given);
    match verify_slices_are_equal(expected.as_bytes(), given.unwrap_or_default().as_bytes()) {
        Ok(()) => Ok(principal),
        Err(aws_lc_rs::error::Unspecified) => {
            Err(mismatch("The request signature we calculated does not match the signature you provided."))
        }
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>, without a query.
fn canonical_request(parts: &Parts, signed_headers: &[String], body: &[u8]) -> String {
    let mut headers = String::new();
    for name in signed_headers {
        let values = parts.headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
        let values: Vec<String> =
            values.map(|value| value.split_ascii_whitespace().collect::<Vec<_>>().join(" ")).collect();
        headers.push_str(&format!("{name}:{}\n", values.join(",")));
    }
    let (method, path, signed) = (&parts.method, parts.uri.path(), signed_headers.join(";"));
    let hash: String = digest(&SHA256, body).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{method}\n{path}\n\n{headers}\n{signed}\n{hash}")
}

fn mismatch(message: &'static str) -> Unsigned {
    Unsigned("SignatureDoesNotMatch", message)
}

impl From<Refusal> for Unsigned {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::UnknownKey | Refusal::InvalidToken => {
                Self("InvalidClientTokenId", "The security token included in the request is invalid.")
            }
            Refusal::Expired => Self("ExpiredToken", "The security token included in the request is expired"),
        }
    }
}
