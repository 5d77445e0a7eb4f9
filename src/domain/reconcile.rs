//! Is the ledger still what S3 holds? Looks at what nobody told of, and ends what was abandoned.
//!
//! A due upload is claimed for a while, so any number of replicas share the work; each outcome says when to look again, if
//! ever. A pending upload expires only when its grant and the grace after it are over and S3 then holds nothing: an upload may
//! begin a second before its URL dies and land minutes later.

mod waiting;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use sqlx::PgPool;
use time::OffsetDateTime;
use tracing::{Instrument as _, warn};

use super::uploads::Uploads;
use super::uploads::settle::Witness;
use super::{Error, audit_months};
use crate::adapters::postgres::reconcile::{self, Claimed};
use crate::adapters::postgres::{idempotency, tenants, uppy_sessions};
use crate::config;
use crate::metrics::Metrics;
use crate::model::{Clock, Finding, Method, Tenant, TenantId, Upload, UploadStatus};
use crate::trace;
use waiting::Waiting;

/// How many uploads are looked at side by side.
const AT_ONCE: usize = 8;
/// How often a pending upload is looked at between its URL's end and its expiry: ever less often.
const SOONEST: Duration = Duration::from_secs(30);
const LATEST: Duration = Duration::from_secs(15 * 60);
/// How long an upload is put off at most that could not be looked at.
const LONGEST_PUT_OFF: Duration = Duration::from_secs(3600);
/// Idempotency keys, and Uppy sessions, that one sweep forgets at most.
const FORGOTTEN: i64 = 10_000;
/// How long an Uppy session is still on record after its end.
const SESSIONS_KEPT: Duration = Duration::from_secs(24 * 3600);

/// Keeps the ledger in step with S3.
pub struct Reconciler {
    uploads: Arc<Uploads>,
    pool: PgPool,
    settings: config::Reconcile,
    retention: Option<Duration>,
    clock: Clock,
    metrics: Metrics,
}

/// What one sweep did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sweep {
    /// Uploads that were claimed.
    pub claimed: usize,
    /// There may be more that are due.
    pub more: bool,
}

/// What came of a look.
struct Looked {
    outcome: &'static str,
    next: Next,
}

impl Looked {
    const fn settled(outcome: &'static str) -> Self {
        Self { outcome, next: Next::Recorded }
    }
}

/// When is the upload due next?
enum Next {
    /// That was recorded with the step that was taken.
    Recorded,
    /// Then, or never.
    At(Option<OffsetDateTime>),
}

impl Reconciler {
    /// For these uploads.
    #[must_use]
    pub fn new(uploads: Arc<Uploads>, settings: config::Reconcile, retention: Option<Duration>) -> Self {
        let (pool, clock, metrics) = (uploads.pool.clone(), uploads.clock.clone(), uploads.metrics.clone());
        Self { uploads, pool, settings, retention, clock, metrics }
    }

    /// Claims a batch of due uploads and looks at each.
    ///
    /// # Errors
    /// When Postgres does not answer, or nothing could be looked at. What was claimed comes again when its lease is over.
    pub async fn sweep(&self) -> Result<Sweep, Error> {
        let began = Instant::now();
        let swept = self.sweep_once().await;
        self.metrics.reconcile_sweep_seconds.observe(began.elapsed().as_secs_f64());
        if swept.is_err() {
            self.metrics.reconcile_failures.inc();
        }
        swept
    }

    async fn sweep_once(&self) -> Result<Sweep, Error> {
        let now = self.clock.now();
        let most = i64::from(self.settings.batch);
        idempotency::forget_expired(&self.pool, now, FORGOTTEN).await?;
        uppy_sessions::forget_expired(&self.pool, now - SESSIONS_KEPT, FORGOTTEN).await?;
        audit_months::turn(&self.pool, &self.clock, self.retention).await?;
        let leased_until = now + self.settings.lease;
        let claimed = reconcile::claim_due(&self.pool, now, leased_until, most).await?;
        if claimed.is_empty() {
            return Ok(Sweep { claimed: 0, more: false });
        }
        let count = claimed.len();
        let known = self.tenants_of(&claimed).await?;
        let mut due = Vec::with_capacity(count);
        for claim in claimed {
            let tenant = known.get(&claim.tenant).ok_or(Error::NotFound("tenant"))?;
            match claim.into_upload(tenant) {
                Ok(upload) => due.push((Arc::clone(tenant), upload)),
                // One row that cannot be read must not stop the rest. It comes again, and is logged again.
                Err(error) => warn!(tenant.id = %tenant.id, %error, "a recorded upload cannot be read"),
            }
        }
        self.look_at(due, now, leased_until).await?;
        Ok(Sweep { claimed: count, more: i64::try_from(count).is_ok_and(|count| count == most) })
    }

    async fn tenants_of(&self, claimed: &[Claimed]) -> Result<HashMap<TenantId, Arc<Tenant>>, Error> {
        let ids: HashSet<TenantId> = claimed.iter().map(|claim| claim.tenant).collect();
        let ids: Vec<_> = ids.into_iter().map(|id| id.as_uuid()).collect();
        let found = tenants::find_all(&self.pool, &ids).await?;
        Ok(found.into_iter().map(|tenant| (tenant.id, Arc::new(tenant))).collect())
    }

    /// Side by side. An upload that cannot be looked at is put off and keeps nobody else waiting; only without Postgres there
    /// is no going on.
    async fn look_at(
        &self,
        due: Vec<(Arc<Tenant>, Upload)>,
        now: OffsetDateTime,
        leased_until: OffsetDateTime,
    ) -> Result<(), Error> {
        let (broken_off, waiting) = (AtomicBool::new(false), Waiting::new(&self.pool, &self.clock, leased_until));
        let mut looks = futures_util::stream::iter(due)
            .map(|(tenant, upload)| {
                let (broken_off, waiting) = (&broken_off, &waiting);
                async move {
                    if broken_off.load(Ordering::Relaxed) {
                        return None;
                    }
                    let look = self.look_at_one(&tenant, &upload, now).instrument(trace::work("reconcile"));
                    let (next, mut looked) = look.await;
                    if let Next::At(moment) = next {
                        looked = looked.and(waiting.add(upload.grant.id, moment).await);
                    }
                    if matches!(looked, Err(Error::DatabaseUnavailable(_))) {
                        broken_off.store(true, Ordering::Relaxed);
                    }
                    Some(looked)
                }
            })
            .buffer_unordered(AT_ONCE);
        let (mut any_went_well, mut failed) = (false, Ok(()));
        while let Some(looked) = looks.next().await {
            match looked {
                Some(Err(error)) => failed = Err(error),
                Some(Ok(())) => any_went_well = true,
                None => {}
            }
        }
        drop(looks);
        waiting.record().await?;
        if any_went_well { Ok(()) } else { failed }
    }

    async fn look_at_one(
        &self,
        tenant: &Arc<Tenant>,
        upload: &Upload,
        now: OffsetDateTime,
    ) -> (Next, Result<(), Error>) {
        trace::note_tenant(tenant);
        trace::note_upload(upload.grant.id);
        let outcome = self.reconcile(tenant, upload, now).await;
        let label = outcome.as_ref().map_or("error", |looked| looked.outcome);
        self.metrics.reconciled.with_label_values(&[label]).inc();
        let error = match outcome {
            Ok(looked) => return (looked.next, Ok(())),
            Err(error) => error,
        };
        trace::note_failure();
        warn!(%error, "an upload could not be looked at");
        // Ever later, so that what can never be looked at does not crowd out the rest.
        let age = Duration::try_from(now - upload.created_at).unwrap_or_default();
        let next = now + (age / 4).clamp(self.settings.lease, LONGEST_PUT_OFF.max(self.settings.lease));
        (Next::At(Some(next)), Err(error))
    }

    /// One upload, whatever its status.
    async fn reconcile(&self, tenant: &Arc<Tenant>, upload: &Upload, now: OffsetDateTime) -> Result<Looked, Error> {
        let witness = Witness::reconciler(now);
        witness.note();
        match upload.status {
            UploadStatus::Pending => self.reconcile_pending(tenant, upload, now, &witness).await,
            UploadStatus::Completed => {
                let overwritten = self.uploads.refresh(tenant, upload, &witness).await?;
                let again = self.uploads.next_look(upload, now).filter(|_| upload.grant.may_be_written_again());
                let outcome = if overwritten { "overwritten" } else { "unchanged" };
                Ok(Looked { outcome, next: Next::At(again) })
            }
            UploadStatus::Failed | UploadStatus::Expired | UploadStatus::Aborted | UploadStatus::Deleted => {
                let removed = self.uploads.clear(tenant, upload, &witness).await?;
                Ok(Looked::settled(if removed { "object_deleted" } else { "cleared" }))
            }
        }
    }

    async fn reconcile_pending(
        &self,
        tenant: &Arc<Tenant>,
        upload: &Upload,
        now: OffsetDateTime,
        witness: &Witness,
    ) -> Result<Looked, Error> {
        if let Some(stored) = self.uploads.look(tenant, upload, witness).await? {
            let (moved, verdict) = self.uploads.accept(tenant, upload, &stored, witness).await?;
            return Ok(Looked::settled(match (moved, verdict) {
                (false, _) => "unchanged",
                (true, Ok(())) => "completed",
                (true, Err(_violation)) => "failed",
            }));
        }
        if now >= upload.expires_at + self.settings.grace {
            if !self.uploads.step(tenant, upload, Finding::Absent, None, witness).await? {
                return Ok(Looked::settled("unchanged"));
            }
            if upload.grant.method == Method::Multipart {
                self.uploads.clear_now(tenant, upload, witness).await;
            }
            return Ok(Looked::settled("expired"));
        }
        let waited = Duration::try_from(now - upload.expires_at).unwrap_or_default();
        // Before its end only somebody who was about to complete it makes it due.
        let next = if now < upload.expires_at {
            upload.expires_at.min(now + LATEST)
        } else {
            (now + waited.clamp(SOONEST, LATEST)).min(upload.expires_at + self.settings.grace)
        };
        Ok(Looked { outcome: "waiting", next: Next::At(Some(next)) })
    }
}
