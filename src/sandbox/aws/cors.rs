//! What may a browser do with the bucket? Whatever its signature lets it: S3's CORS rules at their widest, unless a test
//! narrows them.
//!
//! That is safe: no cookie is involved, so that a page can send no request which its author could not send without it.

use hyper::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, HeaderName, HeaderValue, ORIGIN, VARY,
};
use hyper::http::request::Parts;
use hyper::{HeaderMap, StatusCode};
use s3s::{Body, HttpResponse};

const METHODS: &str = "GET, HEAD, PUT, POST, DELETE";

/// The headers that a page may read.
const EXPOSED: &str = "ETag, Location, Content-Range, x-amz-checksum-crc32, x-amz-checksum-crc32c, \
                       x-amz-checksum-crc64nvme, x-amz-checksum-sha1, x-amz-checksum-sha256, x-amz-checksum-type, \
                       x-amz-request-id, x-amz-server-side-encryption, x-amz-version-id";

/// One of the bucket's CORS rules. The first that matches a request decides.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html>
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CorsRule {
    /// `AllowedOrigins`; each may hold one `*`.
    pub origins: Vec<String>,
    /// `AllowedMethods`
    pub methods: Vec<String>,
    /// `AllowedHeaders`, in any case; each may hold one `*`.
    pub headers: Vec<String>,
    /// `ExposeHeaders`
    pub exposed: Vec<String>,
}

impl CorsRule {
    fn matches(&self, origin: &str, method: &str, headers: &[&str]) -> bool {
        self.origins.iter().any(|allowed| fits(allowed, origin))
            && self.methods.iter().any(|allowed| allowed == method)
            && headers.iter().all(|header| {
                let header = header.to_ascii_lowercase();
                self.headers.iter().any(|allowed| fits(&allowed.to_ascii_lowercase(), &header))
            })
    }

    fn write(&self, origin: &str, headers: &mut HeaderMap) {
        let any = self.origins.iter().any(|allowed| allowed == "*");
        put(headers, ACCESS_CONTROL_ALLOW_ORIGIN, if any { "*" } else { origin });
        put(headers, ACCESS_CONTROL_ALLOW_METHODS, &self.methods.join(", "));
        put(headers, ACCESS_CONTROL_EXPOSE_HEADERS, &self.exposed.join(", "));
    }
}

/// A `*` stands for anything, and there is one at most.
fn fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, after)) => {
            text.len() >= before.len() + after.len() && text.starts_with(before) && text.ends_with(after)
        }
    }
}

/// The answer to a browser that asks beforehand.
pub(super) fn preflight(request: &HeaderMap, rules: Option<&[CorsRule]>) -> HttpResponse {
    let mut response = HttpResponse::new(Body::empty());
    let requested = request.get(ACCESS_CONTROL_REQUEST_HEADERS);
    let Some(rules) = rules else {
        widest(response.headers_mut());
        put(response.headers_mut(), ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        return allowed(response, requested);
    };
    let (origin, method) = (text(request.get(ORIGIN)), text(request.get(ACCESS_CONTROL_REQUEST_METHOD)));
    let headers: Vec<&str> = text(requested).split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    match rules.iter().find(|rule| rule.matches(origin, method, &headers)) {
        Some(rule) => {
            rule.write(origin, response.headers_mut());
            allowed(response, requested)
        }
        None => {
            let message = "<Error><Code>AccessForbidden</Code><Message>CORSResponse: This CORS request is not allowed.</Message></Error>";
            response = HttpResponse::new(Body::from(message.to_owned()));
            *response.status_mut() = StatusCode::FORBIDDEN;
            response
        }
    }
}

fn allowed(mut response: HttpResponse, requested: Option<&HeaderValue>) -> HttpResponse {
    put(response.headers_mut(), ACCESS_CONTROL_MAX_AGE, "600");
    if let Some(requested) = requested {
        response.headers_mut().insert(ACCESS_CONTROL_ALLOW_HEADERS, requested.clone());
    }
    vary(response.headers_mut());
    response
}

/// The page that a request comes from.
pub(super) struct Page {
    origin: String,
    method: String,
}

impl Page {
    /// None when it comes from no page.
    pub(super) fn of(parts: &Parts) -> Option<Self> {
        let origin = parts.headers.get(ORIGIN)?.to_str().ok()?.to_owned();
        Some(Self { origin, method: parts.method.as_str().to_owned() })
    }

    /// Lets the page read the answer, if a rule says so. The request itself is dealt with in any case.
    pub(super) fn allow(&self, headers: &mut HeaderMap, rules: Option<&[CorsRule]>) {
        match rules {
            None => widest(headers),
            Some(rules) => {
                if let Some(rule) = rules.iter().find(|rule| rule.matches(&self.origin, &self.method, &[])) {
                    rule.write(&self.origin, headers);
                }
            }
        }
        vary(headers);
    }
}

fn widest(headers: &mut HeaderMap) {
    put(headers, ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    put(headers, ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
}

fn vary(headers: &mut HeaderMap) {
    put(headers, VARY, "Origin, Access-Control-Request-Headers, Access-Control-Request-Method");
}

fn text(value: Option<&HeaderValue>) -> &str {
    value.and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Some(value) = HeaderValue::from_str(value).ok().filter(|value| !value.is_empty()) {
        headers.insert(name, value);
    }
}
