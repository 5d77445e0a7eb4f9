//! Which tenants have series of their own?
//!
//! The first that come, up to a cap; all others are counted together as `other`. A tenant that had nothing for an hour loses
//! its series at the next scrape, and its place is free. Its counts go with it, and start from zero should it come back,
//! which Prometheus takes for a restart; `other` only ever grows.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use prometheus::{IntCounter, IntCounterVec};
use time::OffsetDateTime;

use super::instruments::Instruments;
use crate::model::{Slug, UploadStatus};

/// How long a tenant without requests and uploads keeps its series.
const IDLE_SECONDS: i64 = 3600;
/// The label of all tenants without series of their own, and of one that should be called so.
const OTHER: &str = "other";

/// The series of tenants. Cloning shares them.
#[derive(Clone)]
pub struct TenantSeries(Arc<Inner>);

struct Inner {
    most: usize,
    families: Families,
    own: RwLock<HashMap<Slug, Series>>,
    other: Series,
}

struct Families {
    requests: IntCounterVec,
    uploads: IntCounterVec,
    upload_bytes: IntCounterVec,
}

struct Series {
    requests: IntCounter,
    uploads: [(UploadStatus, IntCounter); UploadStatus::ALL.len()],
    upload_bytes: IntCounter,
    /// The Unix time of the latest count.
    counted_at: AtomicI64,
}

impl Families {
    fn series(&self, tenant: &str, now: i64) -> Series {
        let upload = |status: UploadStatus| (status, self.uploads.with_label_values(&[tenant, status.as_str()]));
        Series {
            requests: self.requests.with_label_values(&[tenant]),
            uploads: UploadStatus::ALL.map(upload),
            upload_bytes: self.upload_bytes.with_label_values(&[tenant]),
            counted_at: AtomicI64::new(now),
        }
    }

    fn remove(&self, tenant: &str) {
        // They fail only for series that are not there.
        let _gone = self.requests.remove_label_values(&[tenant]);
        for status in UploadStatus::ALL {
            let _gone = self.uploads.remove_label_values(&[tenant, status.as_str()]);
        }
        let _gone = self.upload_bytes.remove_label_values(&[tenant]);
    }
}

impl TenantSeries {
    /// For at most so many tenants.
    pub(super) fn new(most: usize, instruments: &mut Instruments) -> Result<Self, prometheus::Error> {
        let tenant = "of the tenants with series of their own, and of all others together as \"other\"";
        let families = Families {
            requests: instruments.counters(
                "tenant_requests_total",
                &format!("Requests whose caller was known, {tenant}."),
                &["tenant"],
            )?,
            uploads: instruments.counters(
                "tenant_uploads_total",
                &format!("Uploads that entered a status, {tenant}."),
                &["tenant", "status"],
            )?,
            upload_bytes: instruments.counters(
                "tenant_upload_bytes_total",
                &format!("Bytes of completed uploads, {tenant}."),
                &["tenant"],
            )?,
        };
        let other = families.series(OTHER, 0);
        Ok(Self(Arc::new(Inner { most, families, own: RwLock::default(), other })))
    }

    /// Counts a request whose caller is known.
    pub fn request(&self, tenant: &Slug, now: OffsetDateTime) {
        self.count(tenant, now, |series| series.requests.inc());
    }

    /// Counts an upload that entered a status.
    pub(super) fn upload(&self, tenant: &Slug, status: UploadStatus, now: OffsetDateTime) {
        self.count(tenant, now, |series| {
            if let Some((_, counter)) = series.uploads.iter().find(|(of, _)| *of == status) {
                counter.inc();
            }
        });
    }

    /// Counts the bytes of a completed upload.
    pub(super) fn upload_bytes(&self, tenant: &Slug, bytes: u64, now: OffsetDateTime) {
        self.count(tenant, now, |series| series.upload_bytes.inc_by(bytes));
    }

    /// Frees the places of tenants that had nothing for an hour.
    pub fn forget_idle(&self, now: OffsetDateTime) {
        let now = now.unix_timestamp();
        let mut own = self.0.own.write().unwrap_or_else(PoisonError::into_inner);
        own.retain(|tenant, series| {
            let stays = now - series.counted_at.load(Ordering::Relaxed) < IDLE_SECONDS;
            if !stays {
                self.0.families.remove(tenant.as_str());
            }
            stays
        });
    }

    /// For a tenant that has its place: a shared lock, a look-up and atomic adds. For one of the others the same.
    fn count(&self, tenant: &Slug, now: OffsetDateTime, add: impl Fn(&Series)) {
        let (inner, now) = (&*self.0, now.unix_timestamp());
        let touch = |series: &Series| {
            series.counted_at.store(now, Ordering::Relaxed);
            add(series);
        };
        let is_full = {
            let own = inner.own.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(series) = own.get(tenant) {
                return touch(series);
            }
            own.len() >= inner.most
        };
        if is_full || tenant.as_str() == OTHER {
            return add(&inner.other);
        }
        let mut own = inner.own.write().unwrap_or_else(PoisonError::into_inner);
        // Somebody may have come in between.
        if own.len() >= inner.most && !own.contains_key(tenant) {
            return add(&inner.other);
        }
        touch(own.entry(tenant.clone()).or_insert_with(|| inner.families.series(tenant.as_str(), now)));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::Metrics;
    use super::*;

    const NOON: OffsetDateTime = time::macros::datetime!(2026-11-21 12:00 UTC);

    fn slug(text: &str) -> Slug {
        Slug::parse(text).unwrap()
    }

    fn labels(metrics: &Metrics) -> BTreeSet<String> {
        let text = metrics.render().unwrap();
        text.lines().filter_map(|line| Some(line.split_once("tenant=\"")?.1.split_once('"')?.0.to_owned())).collect()
    }

    fn value(metrics: &Metrics, series: &str) -> u64 {
        let (text, name) = (metrics.render().unwrap(), format!("upload_gateway_{series} "));
        text.lines().find_map(|line| line.strip_prefix(&name)).map_or(0, |value| value.parse().unwrap())
    }

    #[test]
    fn ten_thousand_tenants_make_no_more_series_than_were_asked_for() {
        for most in [0, 1, 50, 1000] {
            let metrics = Metrics::with_tenants(most).unwrap();
            std::thread::scope(|scope| {
                for thread in 0..4 {
                    let metrics = &metrics;
                    scope.spawn(move || {
                        for n in 0..2500 {
                            let tenant = slug(&format!("tenant-{thread}-{n}"));
                            metrics.tenant_series.request(&tenant, NOON);
                            metrics.count_upload(&tenant, UploadStatus::Pending, NOON);
                            metrics.count_upload_bytes(&tenant, 7, NOON);
                        }
                    });
                }
            });
            assert_eq!(labels(&metrics).len(), most + 1);
            let others = 10_000 - u64::try_from(most).unwrap();
            assert_eq!(value(&metrics, "tenant_requests_total{tenant=\"other\"}"), others);
            assert_eq!(value(&metrics, "tenant_uploads_total{status=\"pending\",tenant=\"other\"}"), others);
            assert_eq!(value(&metrics, "tenant_upload_bytes_total{tenant=\"other\"}"), others * 7);
            assert_eq!(metrics.upload_bytes.get(), 70_000);
        }
    }

    #[test]
    fn a_place_is_free_after_an_hour_without_anything_and_not_before() {
        let metrics = Metrics::with_tenants(2).unwrap();
        let series = &metrics.tenant_series;
        let later = |seconds| NOON + time::Duration::seconds(seconds);
        for tenant in ["idle", "busy", "late"] {
            series.request(&slug(tenant), NOON);
        }
        metrics.count_upload(&slug("busy"), UploadStatus::Completed, later(3500));
        series.forget_idle(later(3599));
        assert_eq!(labels(&metrics), ["busy", "idle", "other"].map(str::to_owned).into());
        series.forget_idle(later(3600));
        assert_eq!(labels(&metrics), ["busy", "other"].map(str::to_owned).into());

        series.request(&slug("late"), later(3601));
        series.request(&slug("idle"), later(3602));
        assert_eq!(value(&metrics, "tenant_requests_total{tenant=\"late\"}"), 1);
        assert_eq!(value(&metrics, "tenant_requests_total{tenant=\"busy\"}"), 1);
        assert_eq!(value(&metrics, "tenant_requests_total{tenant=\"other\"}"), 2, "it never goes down");
        assert_eq!(labels(&metrics), ["busy", "late", "other"].map(str::to_owned).into());
    }

    #[test]
    fn a_tenant_that_is_called_other_is_one_of_the_others() {
        let metrics = Metrics::with_tenants(50).unwrap();
        metrics.tenant_series.request(&slug("other"), NOON);
        metrics.tenant_series.forget_idle(NOON + time::Duration::days(1));
        assert_eq!(value(&metrics, "tenant_requests_total{tenant=\"other\"}"), 1);
    }
}
