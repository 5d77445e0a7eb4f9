//! How does a line of the log look to programs? One JSON object: time, level, the event's fields, and those of the request that it
//! happened in, side by side.

use std::fmt;

use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::trace::Traced;

/// Writes lines as JSON.
pub(super) struct Line;

/// Writes nothing when a span begins: what a line needs of it, [`Traced`] holds.
pub(super) struct Nothing;

impl<'w> FormatFields<'w> for Nothing {
    fn format_fields<R: RecordFields>(&self, _: Writer<'w>, _: R) -> fmt::Result {
        Ok(())
    }
}

impl<S, N> FormatEvent<S, N> for Line
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'w> FormatFields<'w> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let metadata = event.metadata();
        writer.write_str("{\"timestamp\":\"")?;
        SystemTime.format_time(&mut writer)?;
        write!(writer, "\",\"level\":\"{}\"", metadata.level())?;
        let mut members = Members { line: Vec::with_capacity(256) };
        event.record(&mut members);
        // The innermost span says which part of the trace it is; a field that several have is the innermost one's, and the event's
        // own goes over all.
        let own = metadata.fields();
        let mut written: Vec<&'static str> = Vec::new();
        for span in context.event_scope().into_iter().flatten() {
            let extensions = span.extensions();
            let Some(traced) = extensions.get::<Traced>() else { continue };
            for (name, value) in &traced.fields {
                if own.field(name).is_none() && !written.contains(name) {
                    members.put(name, value);
                    written.push(name);
                }
            }
            if !written.contains(&"trace.id") {
                members.put_shown("trace.id", traced.own.trace);
                members.put_shown("span.id", traced.own.span);
                written.push("trace.id");
            }
        }
        members.put("target", metadata.target());
        writer.write_str(std::str::from_utf8(&members.line).map_err(|_not_utf8| fmt::Error)?)?;
        writer.write_str("}\n")
    }
}

/// The members of a JSON object, each after a comma.
struct Members {
    line: Vec<u8>,
}

impl Members {
    fn put(&mut self, name: &str, value: impl serde::Serialize) {
        let begin = self.line.len();
        self.line.extend_from_slice(b",");
        let written = serde_json::to_writer(&mut self.line, name).and_then(|()| {
            self.line.extend_from_slice(b":");
            serde_json::to_writer(&mut self.line, &value)
        });
        if written.is_err() {
            self.line.truncate(begin);
        }
    }

    fn put_shown(&mut self, name: &str, value: impl fmt::Display) {
        self.put(name, Shown(value));
    }
}

/// As its `Display` has it.
struct Shown<T>(T);

impl<T: fmt::Display> serde::Serialize for Shown<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl Visit for Members {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put_shown(field.name(), format_args!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field.name(), value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field.name(), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field.name(), value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field.name(), value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        // JSON has no infinity.
        self.put(field.name(), Value::from(value));
    }
}
