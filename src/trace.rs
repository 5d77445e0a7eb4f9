//! Which trace is the work at hand a part of, and whose is it? What log lines, outgoing calls and exported spans say of it.
//!
//! A `tracing` span carries it; `telemetry` gives each its ids. A request, a sweep, an event has a span at the level `ERROR`, which
//! no filter takes away from its lines. The steps of one have spans at `INFO`, made only while spans are exported: otherwise a step
//! costs one look at a flag.

use std::sync::Arc;

use futures_util::TryFutureExt as _;
use time::OffsetDateTime;
use tracing::field::{Empty, display};
use tracing::{Id, Instrument as _, Span, error_span};
use tracing_subscriber::Registry;
use tracing_subscriber::registry::LookupSpan;

use crate::model::{RequestId, SpanId, Tenant, TraceId, TraceParent, TraceState, UploadId};

/// The fields of a span that are fields of every line written within it.
pub const LINE_FIELDS: [&str; 4] = ["request.id", "tenant.id", "tenant.slug", "upload.id"];

/// Who asks, as far as a trace goes: the headers `traceparent` and `tracestate`, when they are good.
pub type Caller = (TraceParent, Option<TraceState>);

/// What a span is in its trace. Kept with the span, in its subscriber's registry.
#[derive(Debug)]
pub struct Traced {
    /// The trace, this span, and whether it is exported: what outgoing calls say.
    pub own: TraceParent,
    /// What the caller's tracing systems noted, to be passed on.
    pub state: Option<Arc<TraceState>>,
    /// The span that this one is a part of.
    pub parent: Option<SpanId>,
    /// Those of [`LINE_FIELDS`] that are known.
    pub fields: Vec<(&'static str, String)>,
    /// What is exported with it, when it is.
    pub exported: Option<Box<Exported>>,
}

/// What only an exported span has.
#[derive(Debug)]
pub struct Exported {
    /// When it began, UTC.
    pub began: OffsetDateTime,
    /// What it is called.
    pub name: &'static str,
    /// On which side of a call it is.
    pub kind: Kind,
    /// It did not do what it was asked.
    pub failed: bool,
    /// What there is to say of it. Never a secret: each is written down in this crate's source.
    pub attributes: Vec<(&'static str, Attribute)>,
}

/// On which side of a call a span is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// On neither.
    Internal,
    /// It answers.
    Server,
    /// It asks.
    Client,
}

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub enum Attribute {
    /// Text.
    Text(String),
    /// A number.
    Integer(i64),
    /// Yes or no.
    Flag(bool),
}

/// A span at its end, ready for export.
#[derive(Debug)]
pub struct Finished {
    /// Which one.
    pub traced: Traced,
    /// When it ended, UTC.
    pub ended: OffsetDateTime,
}

/// The span of one HTTP request.
#[must_use]
pub fn request(id: &RequestId, method: &'static str, caller: Option<&Caller>) -> Span {
    error_span!(
        parent: None,
        "request",
        otel.kind = "server",
        otel.caller = caller.map(|(parent, _)| display(parent)),
        otel.state = caller.and_then(|(_, state)| state.as_ref()).map(display),
        otel.failed = Empty,
        request.id = %id,
        tenant.id = Empty,
        tenant.slug = Empty,
        upload.id = Empty,
        http.request.method = method,
        http.route = Empty,
        http.response.status_code = Empty,
    )
}

/// The span of one piece of work that no request asked for, with a trace of its own unless it is a part of something else.
#[must_use]
pub fn work(name: &'static str) -> Span {
    part_of(Span::current().id(), name)
}

/// The same, whatever it is begun by: work that outlives whoever began it.
#[must_use]
pub fn detached_work(name: &'static str) -> Span {
    part_of(None, name)
}

fn part_of(whole: Option<Id>, name: &'static str) -> Span {
    error_span!(
        parent: whole,
        "work",
        otel.name = name,
        otel.failed = Empty,
        request.id = Empty,
        tenant.id = Empty,
        tenant.slug = Empty,
        upload.id = Empty,
    )
}

/// Does one step in its span, and notes there whether it failed.
///
/// # Errors
/// As the step has them.
pub fn step<T, E>(span: Span, work: impl Future<Output = Result<T, E>>) -> impl Future<Output = Result<T, E>> {
    let noted = span.clone();
    // Not an `async fn`, which would hold the work twice: as it was given, and as it is waited for.
    let work = work.inspect_err(move |_| {
        noted.record("otel.failed", true);
    });
    work.instrument(span)
}

/// From here on it is known under which request's name the work at hand is on record.
pub fn note_request(id: &RequestId) {
    Span::current().record("request.id", display(id));
}

/// From here on it is known whose the work at hand is.
pub fn note_tenant(tenant: &Tenant) {
    Span::current().record("tenant.id", display(tenant.id)).record("tenant.slug", tenant.slug.as_str());
}

/// From here on it is known which upload the work at hand is about.
pub fn note_upload(id: UploadId) {
    Span::current().record("upload.id", display(id));
}

/// The work at hand did not do what it was asked, through a fault of ours.
pub fn note_failure() {
    Span::current().record("otel.failed", true);
}

/// The trace of the work at hand; none, when nothing gives spans their ids.
#[must_use]
pub fn id() -> Option<TraceId> {
    traced(|traced| traced.own.trace)
}

/// The headers `traceparent` and `tracestate` of a call on behalf of the work at hand; none, when nothing gives spans their ids.
#[must_use]
pub fn outgoing() -> Vec<(&'static str, String)> {
    let headers = traced(|traced| {
        let state = traced.state.as_ref().map(|state| ("tracestate", state.to_string()));
        std::iter::once(("traceparent", traced.own.to_string())).chain(state).collect()
    });
    headers.unwrap_or_default()
}

/// What the innermost span of the work at hand, of those that have ids, is in its trace.
fn traced<T>(ask: impl Fn(&Traced) -> T) -> Option<T> {
    let found = Span::current().with_subscriber(|(id, dispatch)| {
        let span = dispatch.downcast_ref::<Registry>()?.span(id)?;
        span.scope().find_map(|span| span.extensions().get::<Traced>().map(&ask))
    });
    found.flatten()
}
