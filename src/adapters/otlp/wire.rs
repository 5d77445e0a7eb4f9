//! How does OTLP write a span? <https://github.com/open-telemetry/opentelemetry-proto>

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use time::OffsetDateTime;

use crate::trace::{Attribute, Finished, Kind};

/// One request with all these spans of this service.
pub(super) fn request(service_name: &str, finished: &[Finished]) -> ExportTraceServiceRequest {
    let attributes = vec![text("service.name", service_name), text("service.version", env!("CARGO_PKG_VERSION"))];
    let resource = Resource { attributes, ..Resource::default() };
    let scope = InstrumentationScope { name: env!("CARGO_PKG_NAME").to_owned(), ..InstrumentationScope::default() };
    let spans = finished.iter().filter_map(span).collect();
    let scope_spans = vec![ScopeSpans { scope: Some(scope), spans, schema_url: String::new() }];
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans { resource: Some(resource), scope_spans, schema_url: String::new() }],
    }
}

fn span(Finished { traced, ended }: &Finished) -> Option<Span> {
    let exported = traced.exported.as_ref()?;
    let kind = match exported.kind {
        Kind::Internal => SpanKind::Internal,
        Kind::Server => SpanKind::Server,
        Kind::Client => SpanKind::Client,
    };
    let code = if exported.failed { StatusCode::Error } else { StatusCode::Unset };
    Some(Span {
        trace_id: traced.own.trace.to_bytes().to_vec(),
        span_id: traced.own.span.to_bytes().to_vec(),
        trace_state: traced.state.as_ref().map(ToString::to_string).unwrap_or_default(),
        parent_span_id: traced.parent.map(|parent| parent.to_bytes().to_vec()).unwrap_or_default(),
        flags: u32::from(traced.own.sampled),
        name: name(exported.name, &exported.attributes),
        kind: kind.into(),
        start_time_unix_nano: nanoseconds(exported.began),
        end_time_unix_nano: nanoseconds(*ended),
        attributes: exported.attributes.iter().filter(|(name, _)| *name != "otel.name").map(attribute).collect(),
        status: Some(Status { message: String::new(), code: code.into() }),
        ..Span::default()
    })
}

/// A server's span is called by its method and route, as the conventions for HTTP ask.
fn name(name: &'static str, attributes: &[(&'static str, Attribute)]) -> String {
    let attribute = |wanted: &str| {
        attributes.iter().find_map(|(name, value)| match value {
            Attribute::Text(text) if *name == wanted => Some(text.as_str()),
            Attribute::Text(_) | Attribute::Integer(_) | Attribute::Flag(_) => None,
        })
    };
    match (attribute("http.request.method"), attribute("http.route"), attribute("otel.name")) {
        (Some(method), Some(route), _) => format!("{method} {route}"),
        (Some(method), None, _) => method.to_owned(),
        (None, _, Some(called)) => called.to_owned(),
        (None, _, None) => name.to_owned(),
    }
}

fn attribute((name, value): &(&'static str, Attribute)) -> KeyValue {
    match value {
        Attribute::Text(value) => text(name, value),
        Attribute::Integer(value) => with_value(name, Value::IntValue(*value)),
        Attribute::Flag(value) => with_value(name, Value::BoolValue(*value)),
    }
}

fn text(name: &str, value: &str) -> KeyValue {
    with_value(name, Value::StringValue(value.to_owned()))
}

fn with_value(name: &str, value: Value) -> KeyValue {
    KeyValue { key: name.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}

fn nanoseconds(time: OffsetDateTime) -> u64 {
    u64::try_from(time.unix_timestamp_nanos()).unwrap_or_default()
}
