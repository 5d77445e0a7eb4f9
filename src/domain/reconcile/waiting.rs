//! When is an upload due next that a sweep looked at and left as it was?
//!
//! That is recorded for many together: a statement, and so a commit, for each costs as much again as the look.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sqlx::PgPool;
use time::OffsetDateTime;

use crate::adapters::postgres::reconcile;
use crate::domain::Error;
use crate::model::{Clock, UploadId};

/// How long it may go unrecorded. A sweep may outlast its lease, so not until its end.
const RECORDED_EVERY: Duration = Duration::from_secs(1);

/// What one sweep found, until it is on record.
pub(super) struct Waiting<'a> {
    pool: &'a PgPool,
    clock: &'a Clock,
    leased_until: OffsetDateTime,
    unrecorded: Mutex<Unrecorded>,
}

struct Unrecorded {
    next: Vec<(UploadId, Option<OffsetDateTime>)>,
    /// When something was recorded last.
    since: OffsetDateTime,
}

impl<'a> Waiting<'a> {
    pub(super) fn new(pool: &'a PgPool, clock: &'a Clock, leased_until: OffsetDateTime) -> Self {
        let unrecorded = Mutex::new(Unrecorded { next: Vec::new(), since: clock.now() });
        Self { pool, clock, leased_until, unrecorded }
    }

    /// One more. The look that adds it records what has waited for long enough, beside the other looks: these have connections of the
    /// pool, and would keep them if they had to stand still for it.
    pub(super) async fn add(&self, id: UploadId, due: Option<OffsetDateTime>) -> Result<(), Error> {
        let ripe = {
            let mut kept = self.unrecorded.lock().unwrap_or_else(PoisonError::into_inner);
            kept.next.push((id, due));
            let now = self.clock.now();
            if now - kept.since < RECORDED_EVERY {
                return Ok(());
            }
            kept.since = now;
            std::mem::take(&mut kept.next)
        };
        Ok(reconcile::due_next(self.pool, self.leased_until, &ripe).await?)
    }

    /// The rest.
    pub(super) async fn record(self) -> Result<(), Error> {
        let rest = self.unrecorded.into_inner().unwrap_or_else(PoisonError::into_inner).next;
        Ok(reconcile::due_next(self.pool, self.leased_until, &rest).await?)
    }
}
