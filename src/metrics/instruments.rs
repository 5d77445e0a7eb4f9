//! How is an instrument made, registered and entered in the catalogue?

use prometheus::core::Collector;
use prometheus::{
    Gauge, GaugeVec, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts,
    Registry,
};

/// One name of the contract with dashboards and alerts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// As Prometheus knows it; a histogram's series have `_bucket`, `_sum` and `_count` after it.
    pub name: String,
    /// `counter`, `gauge` or `histogram`.
    pub kind: &'static str,
    /// The labels whose values vary.
    pub labels: Vec<String>,
    /// Meaning and unit.
    pub help: String,
}

/// Makes instruments, each under a name of its own.
pub(super) struct Instruments {
    prefix: &'static str,
    registry: Registry,
    catalogue: Vec<Described>,
}

type Made<T> = Result<T, prometheus::Error>;

impl Instruments {
    /// None yet; `prefix` and an underscore go before every name.
    pub(super) fn new(prefix: &'static str) -> Made<Self> {
        Ok(Self { prefix, registry: Registry::new_custom(Some(prefix.to_owned()), None)?, catalogue: Vec::new() })
    }

    /// Where they are read, and what they are.
    pub(super) fn finish(self) -> (Registry, Vec<Described>) {
        (self.registry, self.catalogue)
    }

    pub(super) fn counter(&mut self, name: &str, help: &str) -> Made<IntCounter> {
        self.keep("counter", IntCounter::new(name, help)?)
    }

    pub(super) fn counters(&mut self, name: &str, help: &str, labels: &[&str]) -> Made<IntCounterVec> {
        self.keep("counter", IntCounterVec::new(Opts::new(name, help), labels)?)
    }

    /// Counters that stand at zero from the start, for an increase from nothing at all is none to Prometheus.
    pub(super) fn known_counters(
        &mut self,
        name: &str,
        help: &str,
        label: &str,
        values: &[&str],
    ) -> Made<IntCounterVec> {
        let counters = self.counters(name, help, &[label])?;
        values.iter().for_each(|value| drop(counters.with_label_values(&[value])));
        Ok(counters)
    }

    pub(super) fn gauge(&mut self, name: &str, help: &str) -> Made<IntGauge> {
        self.keep("gauge", IntGauge::new(name, help)?)
    }

    /// A gauge of one, whose constant label says something.
    pub(super) fn fact(&mut self, name: &str, help: &str, label: &str, value: &str) -> Made<()> {
        self.keep("gauge", IntGauge::with_opts(Opts::new(name, help).const_label(label, value))?)?.set(1);
        Ok(())
    }

    pub(super) fn fraction(&mut self, name: &str, help: &str) -> Made<Gauge> {
        self.keep("gauge", Gauge::new(name, help)?)
    }

    pub(super) fn gauges(&mut self, name: &str, help: &str, labels: &[&str]) -> Made<IntGaugeVec> {
        self.keep("gauge", IntGaugeVec::new(Opts::new(name, help), labels)?)
    }

    /// Without labels it is one gauge that may be absent.
    pub(super) fn fractions(&mut self, name: &str, help: &str, labels: &[&str]) -> Made<GaugeVec> {
        self.keep("gauge", GaugeVec::new(Opts::new(name, help), labels)?)
    }

    pub(super) fn histogram(&mut self, name: &str, help: &str, buckets: &[f64]) -> Made<Histogram> {
        self.keep("histogram", Histogram::with_opts(HistogramOpts::new(name, help).buckets(buckets.to_vec()))?)
    }

    pub(super) fn histograms(
        &mut self,
        name: &str,
        help: &str,
        labels: &[&str],
        buckets: &[f64],
    ) -> Made<HistogramVec> {
        self.keep("histogram", HistogramVec::new(HistogramOpts::new(name, help).buckets(buckets.to_vec()), labels)?)
    }

    pub(super) fn keep<T: Collector + Clone + 'static>(&mut self, kind: &'static str, made: T) -> Made<T> {
        self.registry.register(Box::new(made.clone()))?;
        for desc in made.desc() {
            let constant = desc.const_label_pairs.iter().map(|pair| pair.name().to_owned());
            self.catalogue.push(Described {
                name: format!("{}_{}", self.prefix, desc.fq_name),
                kind,
                labels: desc.variable_labels.iter().cloned().chain(constant).collect(),
                help: desc.help.clone(),
            });
        }
        Ok(made)
    }
}
