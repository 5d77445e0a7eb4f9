//! What does a request's SigV4 signature claim: whose is it, for what service and region, over which headers?
//!
//! These are claims: s3s checks the signature itself, or for SQS and Cognito `signer.rs` does.

use hyper::http::request::Parts;
use hyper::{HeaderMap, Uri};
use s3s::{S3Error, S3Result, s3_error};
use url::form_urlencoded;

const TOKEN: &str = "x-amz-security-token";

/// A signature in the `Authorization` header or in the query.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct UnverifiedSignature {
    pub(super) access_key: String,
    region: String,
    service: String,
    pub(super) signed_headers: Vec<String>,
    pub(super) token: Option<String>,
}

impl UnverifiedSignature {
    pub(super) fn of(request: &Parts) -> Option<Self> {
        Self::read(&request.uri, &request.headers)
    }

    pub(super) fn read(uri: &Uri, headers: &HeaderMap) -> Option<Self> {
        let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
        if parameter(uri, "X-Amz-Signature").is_some() {
            let credential = parameter(uri, "X-Amz-Credential")?;
            let signed = parameter(uri, "X-Amz-SignedHeaders").unwrap_or_default();
            // A token in a header counts too: it has to be a signed header, like any other of Amazon's.
            let token = parameter(uri, "X-Amz-Security-Token").or_else(|| header(TOKEN).map(str::to_owned));
            return Self::new(&credential, &signed, token);
        }
        let claims = header("authorization")?.strip_prefix("AWS4-HMAC-SHA256")?;
        let claim = |name| claims.split(',').find_map(|claim| claim.trim().strip_prefix(name));
        Self::new(claim("Credential=")?, claim("SignedHeaders=")?, header(TOKEN).map(str::to_owned))
    }

    fn new(credential: &str, signed_headers: &str, token: Option<String>) -> Option<Self> {
        let mut scope = credential.rsplit('/');
        let (_terminator, service, region, _date) = (scope.next()?, scope.next()?, scope.next()?, scope.next()?);
        Some(Self {
            access_key: scope.next()?.to_owned(),
            region: region.to_owned(),
            service: service.to_owned(),
            signed_headers: signed_headers.split(';').map(str::to_ascii_lowercase).collect(),
            token,
        })
    }

    /// Refuses a signature that was made for another service or region.
    pub(super) fn check_scope(&self, service: &str, region: &str) -> S3Result<()> {
        for (what, expected, claimed) in [("service", service, &self.service), ("region", region, &self.region)] {
            if claimed != expected {
                return Err(s3_error!(
                    AuthorizationHeaderMalformed,
                    "The authorization header is malformed; the {what} '{claimed}' is wrong; expecting '{expected}'"
                ));
            }
        }
        Ok(())
    }

    /// Refuses Amazon's headers that the signature does not cover: whoever sent the request may have added them.
    pub(super) fn check_headers(&self, headers: &HeaderMap) -> S3Result<()> {
        let unsigned: Vec<&str> = headers
            .keys()
            .map(hyper::header::HeaderName::as_str)
            .filter(|name| name.starts_with("x-amz-") && !self.signed_headers.iter().any(|signed| signed == name))
            .collect();
        if unsigned.is_empty() {
            return Ok(());
        }
        Err(unsigned_headers(&unsigned))
    }
}

fn unsigned_headers(names: &[&str]) -> S3Error {
    s3_error!(AccessDenied, "There were headers present in the request which were not signed: {}", names.join(", "))
}

/// The value of a query parameter.
pub(super) fn parameter(uri: &Uri, name: &str) -> Option<String> {
    let query = uri.query()?.as_bytes();
    form_urlencoded::parse(query).find_map(|(key, value)| (key == name).then(|| value.into_owned()))
}
