//! What is each span in its trace? Gives it its ids when it begins, notes what becomes known of it, and hands it on at its end.

use std::fmt;
use std::sync::Arc;

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Filter, Layer};
use tracing_subscriber::registry::LookupSpan;

use super::Export;
use crate::model::{Clock, SpanId, TraceId, TraceParent, TraceState};
use crate::trace::{Attribute, Exported, Finished, Kind, LINE_FIELDS, Traced};

/// What every target of this crate begins with.
pub(super) const OURS: &str = "upload_gateway";

/// Our own spans: those of whole requests always, and those of their steps while they are exported.
#[derive(Debug, Clone, Copy)]
pub(super) struct SpansOfInterest {
    pub(super) steps: bool,
}

impl SpansOfInterest {
    pub(super) fn has(self, metadata: &Metadata<'_>) -> bool {
        let level = *metadata.level();
        metadata.is_span()
            && metadata.target().starts_with(OURS)
            && (level == Level::ERROR || (self.steps && level <= Level::INFO))
    }

    pub(super) const fn most_talkative(self) -> LevelFilter {
        if self.steps { LevelFilter::INFO } else { LevelFilter::ERROR }
    }
}

impl<S> Filter<S> for SpansOfInterest {
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        self.has(metadata)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.has(metadata) { Interest::always() } else { Interest::never() }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.most_talkative())
    }
}

/// Keeps a [`Traced`] with each span.
pub(super) struct Spans {
    export: Option<Export>,
    clock: Clock,
}

impl Spans {
    pub(super) const fn new(export: Option<Export>, clock: Clock) -> Self {
        Self { export, clock }
    }

    /// A span that begins a trace here, or goes on with its caller's.
    fn first(&self, beginning: Beginning) -> Traced {
        let (parent, state) = (beginning.caller, beginning.state.map(Arc::new));
        let own = match parent {
            Some(caller) => TraceParent { span: SpanId::new(rand::random()), ..caller },
            None => {
                let trace = TraceId::new(rand::random());
                let sampled = self.export.as_ref().is_some_and(|export| trace.is_among(export.share));
                TraceParent { trace, span: SpanId::new(rand::random()), sampled }
            }
        };
        Traced { own, state, parent: parent.map(|parent| parent.span), fields: Vec::new(), exported: None }
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Spans {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut beginning = Beginning::default();
        attributes.record(&mut beginning);
        let kind = beginning.kind.unwrap_or(Kind::Internal);
        let part = span.parent().and_then(|parent| {
            let extensions = parent.extensions();
            let whole = extensions.get::<Traced>()?;
            let own = TraceParent { span: SpanId::new(rand::random()), ..whole.own };
            Some(Traced {
                own,
                state: whole.state.clone(),
                parent: Some(whole.own.span),
                fields: Vec::new(),
                exported: None,
            })
        });
        let is_part = part.is_some();
        let mut traced = part.unwrap_or_else(|| self.first(beginning));
        let is_exported = self.export.is_some() && traced.own.sampled;
        if is_part && !is_exported && *attributes.metadata().level() > Level::ERROR {
            // Nobody hears of this step: its lines and calls are the whole's.
            return;
        }
        if is_exported {
            traced.exported = Some(Box::new(Exported {
                began: self.clock.now(),
                name: attributes.metadata().name(),
                kind,
                failed: false,
                attributes: Vec::new(),
            }));
        }
        attributes.record(&mut Known(&mut traced));
        span.extensions_mut().insert(traced);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(traced) = span.extensions_mut().get_mut::<Traced>() {
            values.record(&mut Known(traced));
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let (Some(export), Some(span)) = (&self.export, context.span(&id)) else { return };
        let Some(traced) = span.extensions_mut().remove::<Traced>() else { return };
        if traced.exported.is_some() {
            let finished = Finished { traced, ended: self.clock.now() };
            // The exporter tells of a full queue; nobody waits for it.
            let _dropped_when_full = export.queue.try_send(finished);
        }
    }
}

/// What a span says of itself when it begins, and never again.
#[derive(Default)]
struct Beginning {
    caller: Option<TraceParent>,
    state: Option<TraceState>,
    kind: Option<Kind>,
}

impl Visit for Beginning {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "otel.kind" {
            let kinds = [("server", Kind::Server), ("client", Kind::Client)];
            self.kind = kinds.into_iter().find(|(name, _)| *name == value).map(|(_, kind)| kind);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        match field.name() {
            "otel.caller" => self.caller = TraceParent::parse(&format!("{value:?}")).ok(),
            "otel.state" => self.state = TraceState::parse(&format!("{value:?}")).ok(),
            _ => {}
        }
    }
}

/// Notes what becomes known of a span. Nothing is copied that neither its lines nor an export will say. A value is written down while the
/// span is locked, so writing it down must not log.
struct Known<'a>(&'a mut Traced);

impl Known<'_> {
    fn text(&mut self, field: &Field, text: impl Fn() -> String) {
        let name = field.name();
        if matches!(name, "otel.caller" | "otel.state" | "otel.kind") {
            return;
        }
        if LINE_FIELDS.contains(&name) {
            replace(&mut self.0.fields, name, text());
        }
        if let Some(exported) = &mut self.0.exported {
            replace(&mut exported.attributes, name, Attribute::Text(text()));
        }
    }

    fn value(&mut self, field: &Field, value: Attribute) {
        if let Some(exported) = &mut self.0.exported {
            replace(&mut exported.attributes, field.name(), value);
        }
    }
}

fn replace<T>(values: &mut Vec<(&'static str, T)>, name: &'static str, value: T) {
    match values.iter_mut().find(|(known, _)| *known == name) {
        Some(known) => known.1 = value,
        None => values.push((name, value)),
    }
}

impl Visit for Known<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, || value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.text(field, || format!("{value:?}"));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.value(field, Attribute::Integer(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.record_i64(field, i64::try_from(value).unwrap_or(i64::MAX));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        if field.name() != "otel.failed" {
            self.value(field, Attribute::Flag(value));
        } else if let Some(exported) = &mut self.0.exported {
            exported.failed |= value;
        }
    }
}
