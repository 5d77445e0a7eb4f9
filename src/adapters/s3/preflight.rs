//! What does the bucket let a page do? Asked as a browser asks, by a CORS preflight (<https://fetch.spec.whatwg.org/#cors-preflight-fetch>).

use std::time::Duration;

use reqwest::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap,
    HeaderName, ORIGIN,
};
use reqwest::{Client, Method};

use super::Bucket;

const TIMEOUT: Duration = Duration::from_secs(5);

/// The bucket could not be asked.
#[derive(Debug, thiserror::Error)]
#[error("the preflight failed: {}", std::error::Error::source(.0).map_or_else(|| .0.to_string(), ToString::to_string))]
pub struct PreflightError(reqwest::Error);

/// What the bucket said yes to.
#[derive(Debug, Clone)]
pub struct Allowance {
    exposed: Vec<String>,
}

impl Allowance {
    /// May the page read this header of the answer? S3 names at the preflight what it will expose.
    #[must_use]
    pub fn exposes(&self, header: &str) -> bool {
        self.exposed.iter().any(|exposed| exposed == "*" || exposed.eq_ignore_ascii_case(header))
    }
}

/// Asks the bucket in the name of pages.
#[derive(Debug, Clone)]
pub struct Preflights {
    client: Client,
}

impl Preflights {
    /// With a connection of its own.
    ///
    /// # Errors
    /// When the HTTP client's TLS cannot be set up.
    pub fn new() -> Result<Self, reqwest::Error> {
        let client = Client::builder().timeout(TIMEOUT).redirect(reqwest::redirect::Policy::none()).build()?;
        Ok(Self { client })
    }

    /// May a page of that origin make such a request of an object, or a POST of the bucket? Nothing when it may not.
    ///
    /// # Errors
    /// When the bucket does not answer.
    pub async fn ask(
        &self,
        bucket: &Bucket,
        origin: &str,
        method: &str,
        headers: &[&str],
    ) -> Result<Option<Allowance>, PreflightError> {
        let request = self.client.request(Method::OPTIONS, bucket.preflight_url(method)).header(ORIGIN, origin);
        let mut request = request.header(ACCESS_CONTROL_REQUEST_METHOD, method);
        if !headers.is_empty() {
            // In order and in lower case, as browsers send them.
            let mut headers = headers.to_vec();
            headers.sort_unstable();
            request = request.header(ACCESS_CONTROL_REQUEST_HEADERS, headers.join(","));
        }
        let answer = request.send().await.map_err(PreflightError)?;
        let given = answer.headers();
        let holds =
            |name, wanted: &str| list(given, name).iter().any(|one| one == "*" || one.eq_ignore_ascii_case(wanted));
        let allowed = answer.status().is_success()
            && holds(ACCESS_CONTROL_ALLOW_ORIGIN, origin)
            && (holds(ACCESS_CONTROL_ALLOW_METHODS, method) || matches!(method, "GET" | "POST"))
            && headers.iter().all(|header| holds(ACCESS_CONTROL_ALLOW_HEADERS, header));
        Ok(allowed.then(|| Allowance { exposed: list(given, ACCESS_CONTROL_EXPOSE_HEADERS) }))
    }
}

fn list(headers: &HeaderMap, name: HeaderName) -> Vec<String> {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(|item| item.trim().to_owned()).collect()
}
