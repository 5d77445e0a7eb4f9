//! What does an event of S3's change? Nothing by itself: it makes us look.

use std::sync::Arc;

use serde_json::json;

use super::Uploads;
use super::settle::Witness;
use crate::adapters::postgres::settlement::{self, Step};
use crate::adapters::postgres::{DatabaseError, audit, reconcile, tenants};
use crate::domain::Error;
use crate::model::{ObjectCreated, ObjectKey, Provenance, Tenant, Upload, UploadStatus};
use crate::trace;

/// How often an object is looked at once more that is never what it was a moment ago.
const MOST_LOOKS: u8 = 5;

/// What came of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noticed {
    /// The upload moved on.
    Settled,
    /// Nothing: a stranger's key, a duplicate, or somebody was first.
    Nothing,
}

impl Uploads {
    /// Looks at the object that S3 says was created. Events of strangers, duplicates and events out of order change nothing.
    ///
    /// # Errors
    /// When S3, STS or Postgres do not answer; the event should come again then.
    pub async fn notice(&self, event: &ObjectCreated, provenance: Provenance) -> Result<Noticed, Error> {
        if event.bucket != self.bucket_name {
            return Ok(Noticed::Nothing);
        }
        let witness = Witness::event(provenance);
        witness.note();
        let noticed = match self.granted_under(&event.key).await? {
            Some((tenant, upload)) => self.heed(&tenant, &upload, event, &witness).await?,
            None => Box::pin(self.notice_foreign(event, &witness)).await?,
        };
        if let Some(created_at) = event.created_at {
            // Clocks differ: an event from the future came at once.
            self.metrics.event_lag_seconds.observe((self.clock.now() - created_at).as_seconds_f64().max(0.0));
        }
        Ok(noticed)
    }

    /// The upload that this key was made for, and its tenant.
    async fn granted_under(&self, key: &str) -> Result<Option<(Arc<Tenant>, Upload)>, Error> {
        let Some(id) = ObjectKey::upload_of(key) else { return Ok(None) };
        let Some(claimed) = reconcile::find(&self.pool, id).await? else { return Ok(None) };
        let Some(tenant) = tenants::find(&self.pool, claimed.tenant).await? else { return Ok(None) };
        trace::note_tenant(&tenant);
        trace::note_upload(id);
        let upload = claimed.into_upload(&tenant).map_err(DatabaseError::from)?;
        Ok((upload.grant.key.as_str() == key).then(|| (Arc::new(tenant), upload)))
    }

    /// What the event says of an upload on record, unless a later one was heeded before.
    pub(super) async fn heed(
        &self,
        tenant: &Arc<Tenant>,
        upload: &Upload,
        event: &ObjectCreated,
        witness: &Witness,
    ) -> Result<Noticed, Error> {
        if is_stale(upload, event) {
            return Ok(Noticed::Nothing);
        }
        let noticed = self.look_again(tenant, upload, witness).await?;
        // Last, so that an event whose work was not done counts as unheard when it comes again.
        if let Some(sequencer) = event.sequencer.as_ref().filter(|_| noticed == Noticed::Settled) {
            settlement::heed(&self.pool, tenant, upload.grant.id, sequencer).await?;
        }
        Ok(noticed)
    }

    /// What S3 holds now, whatever the upload's status.
    async fn look_again(&self, tenant: &Arc<Tenant>, upload: &Upload, witness: &Witness) -> Result<Noticed, Error> {
        let moved = match upload.status {
            UploadStatus::Pending => match self.look(tenant, upload, witness).await? {
                Some(stored) => self.accept(tenant, upload, &stored, witness).await?.0,
                None => false,
            },
            // Whoever holds credentials of the tenant's may write over anything of its own.
            UploadStatus::Completed if upload.grant.may_be_written_again() || tenant.credential_vending => {
                self.refresh(tenant, upload, witness).await?
            }
            UploadStatus::Completed => false,
            UploadStatus::Failed | UploadStatus::Expired | UploadStatus::Aborted | UploadStatus::Deleted => {
                self.clear(tenant, upload, witness).await?
            }
        };
        Ok(if moved { Noticed::Settled } else { Noticed::Nothing })
    }

    /// What may be written twice has the second object in the first one's place: the record follows, as far as the grant allows,
    /// or, where there was none, the tenant's limits.
    ///
    /// Of two who look, the one who looked earlier may be the one who writes later. So whoever has written looks again, until
    /// what is on record is what is there.
    pub(in crate::domain) async fn refresh(
        &self,
        tenant: &Arc<Tenant>,
        upload: &Upload,
        witness: &Witness,
    ) -> Result<bool, Error> {
        // Boxed, because this is the largest of what an event may lead to.
        if !Box::pin(self.follow(tenant, upload, witness)).await? {
            return Ok(false);
        }
        for _ in 0..MOST_LOOKS {
            let now = self.reread(tenant, upload).await?;
            if now.status != UploadStatus::Completed || !Box::pin(self.follow(tenant, &now, witness)).await? {
                return Ok(true);
            }
        }
        // Its writer is at it still, and others wait for us.
        let look = self.clock.now() + self.lease;
        settlement::check_at(&self.pool, tenant, upload.grant.id, UploadStatus::Completed, Some(look)).await?;
        Ok(true)
    }

    /// Looks once, and says whether the record had to follow.
    async fn follow(&self, tenant: &Arc<Tenant>, upload: &Upload, witness: &Witness) -> Result<bool, Error> {
        let Some(stored) = self.look(tenant, upload, witness).await? else { return Ok(false) };
        if upload.stored.as_ref().is_some_and(|known| known.is_same_as(&stored)) {
            return Ok(false);
        }
        // Where people write with credentials of their own, the tenant's limits are what they keep to, and not a grant.
        let by_limits = upload.grant.is_adopted() || tenant.credential_vending;
        if by_limits && let Some(rule) = self.broken_by_writing_again(tenant, upload, &stored).await? {
            return self.turn_out(tenant, upload, &stored, rule, witness).await;
        }
        let within_grant = upload.grant.is_adopted() || upload.accepts(&stored).is_ok();
        let detail = json!({"size": stored.size, "etag": stored.etag, "withinGrant": within_grant});
        let event = self.event(tenant, upload, "object.overwritten", detail, witness);
        if !within_grant && !by_limits {
            audit::record(&self.pool, &event).await?;
            return Ok(false);
        }
        let (completed, check_at) = (UploadStatus::Completed, self.next_look(upload, self.clock.now()));
        let step = Step { from: completed, to: completed, stored: Some(&stored), check_at, expired_by: None };
        Ok(settlement::take(&self.pool, tenant, upload.grant.id, step, &event).await?)
    }
}

/// Was an event of this key heeded that came later, or this one itself?
pub(super) fn is_stale(upload: &Upload, event: &ObjectCreated) -> bool {
    event.sequencer.is_some() && upload.sequencer >= event.sequencer
}
