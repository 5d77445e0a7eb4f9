//! What does every request get, whatever it asks? An id, a line in the log, its place in the metrics, and, when it is
//! refused, a problem document.

mod address;
mod refusal;

use std::time::{Duration, Instant};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ResponseHead, ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use actix_web::http::{ConnectionType, Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage as _};
use prometheus::IntGauge;
use tracing::{Instrument as _, Span, error, info};

use super::State;
use super::problem::Problem;
use super::{trace_context, uppy};
use crate::model::{Provenance, RequestId};
use crate::trace;

/// Carries the request's id in and out.
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The outermost middleware of both listeners.
///
/// # Errors
/// When the request took longer than it may; the error holds the answer, 503.
pub async fn observe(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let id = request_id(&request);
    let span = trace::request(&id, known_method(request.method()), trace_context::caller(request.headers()).as_ref());
    let provenance =
        Provenance { request: id.clone(), trace: span.in_scope(trace::id), address: address::of(&request) };
    request.extensions_mut().insert(provenance);
    serve(request, next, id).instrument(span).await
}

/// All of it but its span, so that the span is there for every line.
async fn serve(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
    id: RequestId,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let began = Instant::now();
    let state = request.app_data::<Data<State>>().cloned();
    let method = known_method(request.method());
    let _in_flight = state.as_ref().map(|state| InFlight::begin(&state.metrics.requests_in_flight));
    let deadline = state.as_ref().map_or(Duration::MAX, |state| state.request_timeout);
    let Ok(response) = tokio::time::timeout(deadline, next.call(request)).await else {
        // The request went down with its handler, so there is nothing to hang a response on but an error that holds one.
        note_status(503);
        error!(http.method = method, duration_ms = began.elapsed().as_secs_f64() * 1e3, "request given up");
        let is_draining = state.as_ref().is_some_and(|state| state.is_draining());
        if let Some(state) = state {
            state.metrics.requests.with_label_values(&["given_up", method, "503"]).inc();
            state.metrics.request_duration.with_label_values(&["given_up"]).observe(began.elapsed().as_secs_f64());
        }
        let mut answer = Problem::timed_out().answer(&id, false);
        dress(answer.head_mut(), &id, is_draining);
        return Err(InternalError::from_response("request given up", answer).into());
    };
    // Middleware inside answers its refusals itself, so nothing but the framework's own failure comes as an error.
    let (mut response, chain) = refusal_or(response?.map_into_boxed_body(), &id);
    if response.status() == StatusCode::FORBIDDEN {
        Box::pin(refusal::note(&response)).await;
    }
    dress(response.response_mut().head_mut(), &id, state.is_some_and(|state| state.is_draining()));
    record(&response, began, &chain);
    Ok(response)
}

/// Counts a request in and out again, however it ends: the future of one whose caller hangs up is dropped.
struct InFlight(IntGauge);

impl InFlight {
    fn begin(requests: &IntGauge) -> Self {
        requests.inc();
        Self(requests.clone())
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// The headers that every answer has.
fn dress(head: &mut ResponseHead, id: &RequestId, is_draining: bool) {
    if is_draining {
        head.set_connection_type(ConnectionType::Close);
    }
    let headers = head.headers_mut();
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        headers.insert(X_REQUEST_ID, value);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    // For browsers that do not know `frame-ancestors`.
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    if !headers.contains_key(CONTENT_SECURITY_POLICY) {
        // An answer is no page. Should a browser be made to show one, nothing in it can do anything.
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    }
    if !headers.contains_key(CACHE_CONTROL) {
        // Answers hold URLs that are secrets.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

fn request_id(request: &ServiceRequest) -> RequestId {
    let given = request.headers().get(X_REQUEST_ID).and_then(|value| value.to_str().ok());
    let given = given.and_then(|text| RequestId::parse(text).ok());
    given.unwrap_or_else(|| match request.app_data::<Data<State>>() {
        Some(state) => RequestId::new(state.clock.now()),
        None => RequestId::new(time::OffsetDateTime::UNIX_EPOCH),
    })
}

/// A response that came about by an error gets its problem document; every other stays as it is.
fn refusal_or(response: ServiceResponse, id: &RequestId) -> (ServiceResponse, String) {
    let wants_message = uppy::shows_messages(response.request().path());
    let Some((mut answer, chain)) = response.response().error().map(|error| answer(error, id, wants_message)) else {
        return (response, String::new());
    };
    // What middleware outside the handler said, such as CORS, goes on; what described the replaced body does not.
    for (name, value) in response.headers() {
        if !matches!(*name, CONTENT_TYPE | CONTENT_LENGTH) && !answer.headers().contains_key(name) {
            answer.headers_mut().append(name.clone(), value.clone());
        }
    }
    (response.into_response(answer), chain)
}

fn answer(error: &Error, id: &RequestId, wants_message: bool) -> (actix_web::HttpResponse, String) {
    match error.as_error::<Problem>() {
        Some(problem) => (problem.answer(id, wants_message), problem.chain()),
        None => {
            let status = error.as_response_error().status_code();
            (Problem::of_framework(status, error.to_string()).answer(id, wants_message), error.to_string())
        }
    }
}

fn record(response: &ServiceResponse, began: Instant, chain: &str) {
    let request = response.request();
    // The pattern and not the path: a path holds ids, and a metric's labels come from a closed set.
    let route = request.match_pattern().unwrap_or_else(|| "unmatched".to_owned());
    let (method, status) = (known_method(request.method()), response.status().as_u16());
    let elapsed = began.elapsed();
    if let Some(state) = request.app_data::<Data<State>>() {
        state.metrics.requests.with_label_values(&[route.as_str(), method, response.status().as_str()]).inc();
        state.metrics.request_duration.with_label_values(&[route.as_str()]).observe(elapsed.as_secs_f64());
    }
    let milliseconds = elapsed.as_secs_f64() * 1e3;
    Span::current().record("http.route", route.as_str());
    note_status(status);
    if status >= 500 {
        error!(
            http.route = route,
            http.method = method,
            http.status = status,
            duration_ms = milliseconds,
            error = chain,
            "request failed"
        );
    } else {
        info!(
            http.route = route,
            http.method = method,
            http.status = status,
            duration_ms = milliseconds,
            error = chain,
            "request answered"
        );
    }
}

/// On the request's span. Only ours are failures of a server, as the conventions for HTTP have it.
fn note_status(status: u16) {
    Span::current().record("http.response.status_code", status);
    if status >= 500 {
        trace::note_failure();
    }
}

fn known_method(method: &Method) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or("other")
}
