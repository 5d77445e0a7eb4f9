//! Does the caller call too often? Answered right after who it is, before any of the body is read.
//!
//! Every answer to a caller who has a limit says where it stands, in the fields of draft-ietf-httpapi-ratelimit-headers-10:
//! `RateLimit-Policy` has the limits (`q` requests in `w` seconds), `RateLimit` what is left of each (`r` requests, and all
//! of them again in `t` seconds).

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage as _};

use super::State;
use super::problem::{Problem, whole_seconds};
use crate::domain::Standing;
use crate::domain::rate_limits::Counted;
use crate::model::Principal;

const RATELIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATELIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Lets through who calls no more often than it may. It stands inside of `authenticate::principal`.
pub(super) async fn limit(request: ServiceRequest, next: Next<BoxBody>) -> Result<ServiceResponse, Error> {
    let principal = request.extensions().get::<Principal>().cloned();
    let (Some(state), Some(principal)) = (request.app_data::<Data<State>>().cloned(), principal) else {
        return Ok(request.error_response(Problem::internal()));
    };
    let verdict = state.rate_limits.admit(&principal);
    let mut response = match verdict.outcome {
        Ok(()) => next.call(request).await?,
        Err(refusal) => request.error_response(Problem::from(refusal)),
    };
    tell(response.headers_mut(), &verdict.standings);
    Ok(response)
}

/// Is the operation at this path one that [`limit`] stands before?
pub(super) fn applies_to(path: &str) -> bool {
    let below = |folders: &[&str]| folders.iter().any(|folder| path.starts_with(folder));
    below(&["/v1/", "/companion/", "/u/", "/s3/", "/upload"]) && !below(&["/v1/admin/", "/v1/me", "/v1/login"])
}

fn tell(headers: &mut HeaderMap, standings: &[(Counted, Standing)]) {
    let list = |item: fn(&Standing) -> String| {
        let items = standings.iter().map(|(counted, standing)| format!("\"{}\";{}", counted.as_str(), item(standing)));
        HeaderValue::try_from(items.collect::<Vec<_>>().join(", ")).ok().filter(|list| !list.is_empty())
    };
    let policy = list(|standing| format!("q={};w=60", standing.limit));
    let left = list(|standing| format!("r={};t={}", standing.remaining, whole_seconds(standing.full_in)));
    for (name, value) in [(RATELIMIT_POLICY, policy), (RATELIMIT, left)] {
        if let Some(value) = value {
            headers.insert(name, value);
        }
    }
}
