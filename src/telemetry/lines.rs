//! Which lines are written? Those that the operator's filter lets through, and of other crates no more than is safe.

use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::{Context, Filter};
use tracing_subscriber::registry::LookupSpan;

use super::spans::{OURS, SpansOfInterest};

/// The operator's filter, capped: at `DEBUG` and `TRACE` the AWS SDK, the HTTP clients and the database driver write the requests and
/// answers that hold our secrets, so these levels of whatever is not ours are never written.
pub(super) struct Lines {
    asked_for: EnvFilter,
    /// Does the filter ask about spans and their fields? Only then must it see each, which costs every request a lock.
    looks_at_spans: bool,
    spans: SpansOfInterest,
}

impl Lines {
    pub(super) fn new(filter: &str, spans: SpansOfInterest) -> Self {
        Self { asked_for: EnvFilter::new(filter), looks_at_spans: filter.contains('['), spans }
    }
}

fn is_capped(metadata: &Metadata<'_>) -> bool {
    *metadata.level() > Level::INFO && !metadata.target().starts_with(OURS)
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Filter<S> for Lines {
    fn enabled(&self, metadata: &Metadata<'_>, context: &Context<'_, S>) -> bool {
        if metadata.is_span() {
            return self.spans.has(metadata);
        }
        !is_capped(metadata) && Filter::<S>::enabled(&self.asked_for, metadata, context)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        let asked_for = Filter::<S>::callsite_enabled(&self.asked_for, metadata);
        if metadata.is_span() {
            return if self.spans.has(metadata) { Interest::always() } else { Interest::never() };
        }
        if is_capped(metadata) { Interest::never() } else { asked_for }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        // Spans of interest count as well, or a filter of `off` would take them away from the others who look at them.
        let asked_for = Filter::<S>::max_level_hint(&self.asked_for)?;
        Some(asked_for.max(self.spans.most_talkative()))
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if self.looks_at_spans {
            Filter::<S>::on_new_span(&self.asked_for, attributes, id, context);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if self.looks_at_spans {
            Filter::<S>::on_record(&self.asked_for, id, values, context);
        }
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        if self.looks_at_spans {
            Filter::<S>::on_enter(&self.asked_for, id, context);
        }
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        if self.looks_at_spans {
            Filter::<S>::on_exit(&self.asked_for, id, context);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        if self.looks_at_spans {
            Filter::<S>::on_close(&self.asked_for, id, context);
        }
    }
}
