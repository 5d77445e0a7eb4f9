//! How does a refusal look on the wire? RFC 9457 problem details. With `of_error`, the only file that knows status codes.

mod of_error;

use std::borrow::Cow;
use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::Error;
use crate::model::{Invalid, RequestId};

/// A problem document.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem, example = json!({"type": "/problems/tenant-unknown", "title": "Unknown tenant", "status": 403, "detail": "No tenant has this claim value.", "instance": "0193a3c5-…"}))]
pub(super) struct Document<'a> {
    /// `/problems/` and the problem's name, which is what programs go by.
    #[serde(rename = "type")]
    kind: String,
    /// The same for every problem of this type.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What is wrong this time, and what to do.
    detail: &'a str,
    /// The request's id, as in `X-Request-Id` and in the logs.
    instance: &'a str,
    /// On the routes of Uppy's Companion, whose client shows it to people: the detail, and the first of the `errors`.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Cow<'a, str>>,
    /// With `invalid-request`: what is wrong, member by member.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldFault],
}

/// One member of the request that is not taken.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct FieldFault {
    /// Where it is: a JSON pointer (RFC 6901) into the body, the name of a query parameter with a `?` before it, the name of a path's parameter in braces, or the name of a header.
    pub pointer: Cow<'static, str>,
    /// The rule that it breaks.
    pub detail: String,
}

/// A refusal with everything that the answer and the log need.
#[derive(Debug)]
pub struct Problem {
    name: &'static str,
    title: &'static str,
    status: StatusCode,
    detail: Cow<'static, str>,
    errors: Vec<FieldFault>,
    allow: Option<&'static str>,
    retry_after: Option<NonZeroU32>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The name of the problem that an answer tells of, for whoever writes down what was answered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind(pub(super) &'static str);

/// Seconds after which a dependency that is away may be back.
const RETRY_AFTER_SECONDS: &str = "2";

impl Problem {
    fn new(status: StatusCode, name: &'static str, title: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            name,
            title,
            status,
            detail: detail.into(),
            errors: Vec::new(),
            allow: None,
            retry_after: None,
            source: None,
        }
    }

    pub(super) fn no_such_route() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "Not found", "There is nothing at this path.")
    }

    pub(super) fn method_not_allowed(allowed: &'static str) -> Self {
        let detail = format!("This path takes {allowed}.");
        let problem = Self::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "Method not allowed", detail);
        Self { allow: Some(allowed), ..problem }
    }

    pub(super) fn malformed_json(detail: String) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed-json", "Malformed JSON", detail)
    }

    pub(super) fn malformed_event(detail: String) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed-event", "Malformed event", detail)
    }

    pub(super) fn unreadable_body(detail: String) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "unreadable-body", "Unreadable body", detail)
    }

    pub(super) fn body_too_large(limit: usize) -> Self {
        let detail = format!("The body may have {limit} bytes at most.");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", "Body too large", detail)
    }

    pub(super) fn not_json() -> Self {
        let detail = "The body must be JSON, sent with Content-Type: application/json.";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-json", "Unsupported media type", detail)
    }

    /// Nothing is unpacked here, so nothing small becomes large.
    pub(super) fn encoded_body() -> Self {
        let detail = "The body must be JSON as it is: leave Content-Encoding out.";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-json", "Unsupported media type", detail)
    }

    pub(super) fn invalid(errors: Vec<FieldFault>) -> Self {
        let detail = "The request breaks the rules named in `errors`.";
        let problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-request", "Invalid request", detail);
        Self { errors, ..problem }
    }

    /// Whatever the framework refuses by itself, such as a header that it cannot parse.
    pub(super) fn of_framework(status: StatusCode, detail: String) -> Self {
        let title = status.canonical_reason().unwrap_or("Error");
        if status.is_server_error() { Self::internal() } else { Self::new(status, "bad-request", title, detail) }
    }

    pub(super) fn internal() -> Self {
        let detail = "Something went wrong here. The request id leads to it in the logs.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error", detail)
    }

    pub(super) fn timed_out() -> Self {
        Self::unavailable("The request took too long and was given up.")
    }

    fn unavailable(detail: &'static str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Temporarily unavailable", detail)
    }

    fn caused_by(self, error: Error) -> Self {
        Self { source: Some(Box::new(error)), ..self }
    }

    /// The error and everything that caused it, for the log.
    pub(super) fn chain(&self) -> String {
        let first = self.source.as_deref().map(|source| source as &dyn std::error::Error);
        let chain = std::iter::successors(first, |error| error.source()).map(ToString::to_string);
        chain.collect::<Vec<_>>().join(": ")
    }

    /// What a client shows that knows of one text only.
    fn message(&self) -> Cow<'_, str> {
        match self.errors.first() {
            None => Cow::Borrowed(&self.detail),
            Some(FieldFault { pointer, detail }) => format!("{} {pointer}: {detail}.", self.detail).into(),
        }
    }

    /// The answer to the request of that id, and whether its client looks for a `message`.
    pub(super) fn answer(&self, request: &RequestId, wants_message: bool) -> HttpResponse {
        let mut answer = HttpResponse::build(self.status);
        // A session of Uppy's is no bearer token, and no challenge would make it one.
        if self.status == StatusCode::UNAUTHORIZED && self.name != "invalid-session" {
            // RFC 6750 §3
            answer.insert_header((WWW_AUTHENTICATE, "Bearer error=\"invalid_token\""));
        }
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            answer.insert_header((RETRY_AFTER, RETRY_AFTER_SECONDS));
        }
        if let Some(seconds) = self.retry_after {
            answer.insert_header((RETRY_AFTER, seconds.get()));
        }
        if let Some(allowed) = self.allow {
            answer.insert_header((ALLOW, allowed));
        }
        let document = Document {
            kind: format!("/problems/{}", self.name),
            title: self.title,
            status: self.status.as_u16(),
            detail: &self.detail,
            instance: request.as_str(),
            message: wants_message.then(|| self.message()),
            errors: &self.errors,
        };
        let mut answer = answer.insert_header((CONTENT_TYPE, "application/problem+json")).json(document);
        answer.extensions_mut().insert(Kind(self.name));
        answer
    }
}

/// Rounded up, as header fields want them.
pub(super) fn whole_seconds(duration: Duration) -> u32 {
    u32::try_from(duration.as_nanos().div_ceil(1_000_000_000)).unwrap_or(u32::MAX)
}

impl From<&(&'static str, Invalid)> for FieldFault {
    fn from((pointer, rule): &(&'static str, Invalid)) -> Self {
        Self { pointer: (*pointer).into(), detail: rule.to_string() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status.as_u16(), self.name)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    /// Without a body: `observe` writes it, because it knows the request's id.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status)
    }
}
