//! How does SQS word its answers and its refusals?

use hyper::StatusCode;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use s3s::{Body, HttpResponse};
use serde_json::{Value, json};

/// An error answer.
#[derive(Debug)]
pub(in super::super) struct Refused {
    status: StatusCode,
    /// The code of AWS JSON.
    kind: &'static str,
    /// The code that clients are shown, for those of the older query protocol.
    code: &'static str,
    message: String,
}

impl Refused {
    pub(super) fn forbidden(code: &'static str, message: &str) -> Self {
        Self { status: StatusCode::FORBIDDEN, kind: code, code, message: message.to_owned() }
    }

    pub(super) fn invalid(code: &'static str, message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, kind: code, code, message: message.into() }
    }

    pub(super) fn no_such_queue() -> Self {
        let (kind, code) = ("QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue");
        let message = "The specified queue does not exist.".to_owned();
        Self { status: StatusCode::BAD_REQUEST, kind, code, message }
    }

    pub(in super::super) fn unavailable() -> Self {
        let (status, code) = (StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable");
        Self { status, kind: code, code, message: "The service is unavailable.".to_owned() }
    }

    pub(in super::super) fn too_long() -> Self {
        Self { status: StatusCode::PAYLOAD_TOO_LARGE, ..Self::invalid("InvalidRequest", "The request is too long.") }
    }

    pub(in super::super) fn into_response(self) -> HttpResponse {
        let answer = json!({ "__type": format!("com.amazonaws.sqs#{}", self.kind), "message": self.message });
        let mut response = json_response(self.status, &answer);
        let fault = if self.status.is_server_error() { "Receiver" } else { "Sender" };
        if let Ok(error) = HeaderValue::from_str(&format!("{};{fault}", self.code)) {
            response.headers_mut().insert("x-amzn-query-error", error);
        }
        response
    }
}

/// An answer in AWS JSON 1.0.
pub(super) fn json_response(status: StatusCode, answer: &Value) -> HttpResponse {
    let text = answer.to_string();
    let length = HeaderValue::from(text.len());
    let mut response = HttpResponse::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.0"));
    response.headers_mut().insert(CONTENT_LENGTH, length);
    response
}
