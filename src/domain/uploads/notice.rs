//! What does an event of S3's change? Nothing by itself: it makes us look.

use std::sync::Arc;

use serde_json::json;
use uuid::Uuid;

use super::Uploads;
use super::settle::Witness;
use crate::adapters::postgres::settlement::{self, Step};
use crate::adapters::postgres::{DatabaseError, audit, reconcile, tenants};
use crate::domain::Error;
use crate::model::{Method, ObjectCreated, RequestId, StoredObject, Tenant, Upload, UploadId, UploadStatus};

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
    pub async fn notice(&self, event: &ObjectCreated, request: RequestId) -> Result<Noticed, Error> {
        let Some(id) = upload_of(&event.key).filter(|_| event.bucket == self.bucket_name) else {
            return Ok(Noticed::Nothing);
        };
        let Some(claimed) = reconcile::find(&self.pool, id).await? else { return Ok(Noticed::Nothing) };
        let Some(tenant) = tenants::find(&self.pool, claimed.tenant).await? else { return Ok(Noticed::Nothing) };
        let upload = claimed.into_upload(&tenant).map_err(DatabaseError::from)?;
        let tenant = Arc::new(tenant);
        let stale = event.sequencer.is_some() && upload.sequencer >= event.sequencer;
        if upload.grant.key.as_str() != event.key || stale {
            return Ok(Noticed::Nothing);
        }
        let noticed = self.look_again(&tenant, &upload, &Witness::event(request)).await?;
        // Last, so that an event whose work was not done counts as unheard when it comes again.
        if let Some(sequencer) = event.sequencer.as_ref().filter(|_| noticed == Noticed::Settled) {
            settlement::heed(&self.pool, &tenant, id, sequencer).await?;
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
            // A PUT writes once, so nothing can have changed.
            UploadStatus::Completed if upload.grant.method != Method::Post => false,
            UploadStatus::Completed => self.refresh(tenant, upload, witness).await?,
            UploadStatus::Failed | UploadStatus::Expired | UploadStatus::Aborted | UploadStatus::Deleted => {
                self.clear(tenant, upload, witness).await?
            }
        };
        Ok(if moved { Noticed::Settled } else { Noticed::Nothing })
    }

    /// A form may be sent twice, and the second object takes the first one's place: the record follows, as far as the grant allows.
    pub(in crate::domain) async fn refresh(
        &self,
        tenant: &Arc<Tenant>,
        upload: &Upload,
        witness: &Witness,
    ) -> Result<bool, Error> {
        let Some(stored) = self.look(tenant, upload, witness).await? else { return Ok(false) };
        let same = |known: &StoredObject| (known.size, &known.etag) == (stored.size, &stored.etag);
        if upload.stored.as_ref().is_some_and(same) {
            return Ok(false);
        }
        let within_grant = upload.accepts(&stored).is_ok();
        let detail = json!({"size": stored.size, "etag": stored.etag, "withinGrant": within_grant});
        let event = self.event(tenant, upload, "object.overwritten", detail, witness);
        if !within_grant {
            audit::record(&self.pool, &event).await?;
            return Ok(false);
        }
        let (completed, check_at) = (UploadStatus::Completed, self.next_look(upload, self.clock.now()));
        let step = Step { from: completed, to: completed, stored: Some(&stored), check_at, expired_by: None };
        Ok(settlement::take(&self.pool, tenant, upload.grant.id, step, &event).await?)
    }
}

/// The fourth segment of a key of ours is the upload's id.
pub(super) fn upload_of(key: &str) -> Option<UploadId> {
    let mut segments = key.split('/');
    let id = segments.nth(3).and_then(|segment| Uuid::try_parse(segment).ok());
    let has_a_name = segments.next().is_some_and(|name| !name.is_empty());
    id.filter(|_| has_a_name && segments.next().is_none()).map(UploadId::from)
}
