//! What does S3 hold, and what does the ledger make of it? The one way in which an upload moves on, whoever found out.
//!
//! The client, S3's events and the reconciler all come through here. Each looks at S3 itself, asks the transition table
//! (`UploadStatus::after`) and takes the step only if the upload still stands where it was seen, so whoever comes first wins.
//! A step says in the same statement when to look again, so a process that dies after it loses nothing.

use std::sync::Arc;

use serde_json::{Value, json};
use time::OffsetDateTime;
use tracing::{info, warn};

use super::Uploads;
use crate::adapters::postgres::audit::{self, AuditEvent};
use crate::adapters::postgres::settlement::{self, Step};
use crate::adapters::postgres::uploads;
use crate::adapters::s3::ObjectError;
use crate::domain::Error;
use crate::model::{
    Finding, Method, ObjectKey, Principal, Provenance, StoredObject, Subject, Tenant, Upload, UploadId, UploadStatus,
    Violation,
};
use crate::trace;

/// On whose word, and where it comes from.
#[derive(Debug, Clone)]
pub struct Witness {
    subject: Subject,
    /// Below whose prefix it may look: everywhere in the tenant's, when there is none.
    reach: Option<Subject>,
    source: &'static str,
    provenance: Provenance,
}

impl Witness {
    /// A caller's own.
    #[must_use]
    pub fn caller(principal: &Principal, provenance: Provenance) -> Self {
        let reach = principal.session_subject().cloned();
        Self { subject: principal.subject.clone(), reach, source: "client", provenance }
    }

    /// An event of S3's.
    #[must_use]
    pub fn event(provenance: Provenance) -> Self {
        Self { subject: Subject::of_gateway("s3-event"), reach: None, source: "event", provenance }
    }

    /// The reconciler's.
    #[must_use]
    pub fn reconciler(now: OffsetDateTime) -> Self {
        let subject = Subject::of_gateway("reconciler");
        Self { subject, reach: None, source: "reconciler", provenance: Provenance::of_gateway(now, trace::id()) }
    }

    /// Lines of the work at hand are under this request's name from here on.
    pub(in crate::domain) fn note(&self) {
        trace::note_request(&self.provenance.request);
    }

    /// That it did this.
    pub(super) fn testifies(
        &self,
        at: OffsetDateTime,
        tenant: &Tenant,
        upload: Option<UploadId>,
        action: &'static str,
        mut detail: Value,
    ) -> AuditEvent {
        if !detail.is_object() {
            detail = json!({});
        }
        if let Some(detail) = detail.as_object_mut() {
            detail.insert("source".to_owned(), self.source.into());
        }
        let (subject, provenance) = (self.subject.clone(), self.provenance.clone());
        AuditEvent { at, tenant: Some(tenant.id), subject, action, upload, provenance, detail }
    }
}

impl Uploads {
    /// What S3 holds under the upload's key, if anything.
    pub(in crate::domain) async fn look(
        &self,
        tenant: &Arc<Tenant>,
        upload: &Upload,
        witness: &Witness,
    ) -> Result<Option<StoredObject>, Error> {
        self.held(tenant, &upload.grant.key, witness).await
    }

    /// What S3 holds under a key of the tenant's, if anything.
    pub(super) async fn held(
        &self,
        tenant: &Arc<Tenant>,
        key: &ObjectKey,
        witness: &Witness,
    ) -> Result<Option<StoredObject>, Error> {
        let credentials = self.session(tenant, witness.reach.as_ref()).await?;
        match self.objects.head(&credentials, key).await {
            Ok(stored) => Ok(Some(stored)),
            Err(ObjectError::Missing) => Ok(None),
            Err(error) => Err(Error::StoreUnavailable(error)),
        }
    }

    /// Records what S3 holds, and clears it away when it breaks the grant.
    ///
    /// # Errors
    /// When Postgres does not answer. That a broken object could not be cleared away is none: the reconciler will.
    pub(in crate::domain) async fn accept(
        &self,
        tenant: &Arc<Tenant>,
        upload: &Upload,
        stored: &StoredObject,
        witness: &Witness,
    ) -> Result<(bool, Result<(), Violation>), Error> {
        let verdict = upload.accepts(stored);
        let finding = if verdict.is_ok() { Finding::Whole } else { Finding::Broken };
        let moved = self.step(tenant, upload, finding, Some(stored), witness).await?;
        if moved && verdict.is_err() {
            self.clear_now(tenant, upload, witness).await;
        }
        Ok((moved, verdict))
    }

    /// Takes the step that the finding leads to. Says whether it was taken by us.
    pub(in crate::domain) async fn step(
        &self,
        tenant: &Tenant,
        upload: &Upload,
        finding: Finding,
        stored: Option<&StoredObject>,
        witness: &Witness,
    ) -> Result<bool, Error> {
        let Some((step, event)) = self.prepare(tenant, upload, finding, stored, witness) else { return Ok(false) };
        let moved = settlement::take(&self.pool, tenant, upload.grant.id, step, &event).await?;
        if moved {
            self.count_step(tenant, step);
        }
        Ok(moved)
    }

    /// The step that the finding leads to, and what the audit will say of it.
    pub(super) fn prepare<'a>(
        &self,
        tenant: &Tenant,
        upload: &Upload,
        finding: Finding,
        stored: Option<&'a StoredObject>,
        witness: &Witness,
    ) -> Option<(Step<'a>, AuditEvent)> {
        let to = upload.status.after(finding)?;
        let now = self.clock.now();
        let check_at = match to {
            // What may be written again may be another object then.
            UploadStatus::Completed if upload.grant.may_be_written_again() => self.next_look(upload, now),
            UploadStatus::Completed => None,
            // Nothing is there, and there are no parts.
            UploadStatus::Expired if upload.grant.method != Method::Multipart => self.next_look(upload, now),
            // What has ended is cleared away right after this, or else when this lease is over.
            UploadStatus::Pending
            | UploadStatus::Failed
            | UploadStatus::Expired
            | UploadStatus::Aborted
            | UploadStatus::Deleted => Some(now + self.lease),
        };
        let expired_by = (finding == Finding::Absent).then(|| now - self.grace);
        let step = Step { from: upload.status, to, stored, check_at, expired_by };
        let detail = stored.map_or(Value::Null, |stored| json!({"size": stored.size, "etag": stored.etag}));
        Some((step, self.event(tenant, upload, action(to), detail, witness)))
    }

    /// Counts a step that was taken.
    pub(super) fn count_step(&self, tenant: &Tenant, step: Step<'_>) {
        self.count(tenant, step.to);
        if let (UploadStatus::Completed, Some(stored)) = (step.to, step.stored) {
            let bytes = u64::try_from(stored.size).unwrap_or_default();
            self.metrics.count_upload_bytes(&tenant.slug, bytes, self.clock.now());
        }
    }

    /// Clears away what S3 holds of an upload that has just ended. Nobody waits for it: what fails now, the reconciler repeats.
    ///
    /// Between the look that ended it and its end it may have been given more time, or parts: so it is read again. From
    /// its end on it gets neither.
    pub(in crate::domain) async fn clear_now(&self, tenant: &Arc<Tenant>, upload: &Upload, witness: &Witness) {
        let clearing = async {
            let ended = self.reread(tenant, upload).await?;
            self.clear(tenant, &ended, witness).await
        };
        if let Err(error) = clearing.await {
            warn!(tenant.id = %tenant.id, upload.id = %upload.grant.id, %error, "an ended upload is not cleared away yet");
        }
    }

    /// Parts and object of an upload that has ended are removed, and what may still land under its URL is looked for later.
    ///
    /// # Errors
    /// When S3 or Postgres do not answer.
    pub(in crate::domain) async fn clear(
        &self,
        tenant: &Arc<Tenant>,
        upload: &Upload,
        witness: &Witness,
    ) -> Result<bool, Error> {
        let (key, status) = (&upload.grant.key, upload.status);
        let is_adopted = upload.grant.is_adopted();
        if is_adopted && self.is_followed_by_another(tenant, upload).await? {
            settlement::check_at(&self.pool, tenant, upload.grant.id, status, None).await?;
            return Ok(false);
        }
        let credentials = self.session(tenant, witness.reach.as_ref()).await?;
        if let Some(multipart) = upload.multipart_id.as_deref().filter(|_| status != UploadStatus::Deleted) {
            self.objects.abort_multipart(&credentials, key, multipart).await.map_err(Error::StoreUnavailable)?;
        }
        let found = self.look(tenant, upload, witness).await?;
        // Under a key of its writer's there may be something new by now, of which S3 has yet to tell.
        let is_new = |stored: &StoredObject| upload.stored.as_ref().is_none_or(|known| known.etag != stored.etag);
        if is_adopted && found.as_ref().is_some_and(is_new) {
            settlement::check_at(&self.pool, tenant, upload.grant.id, status, None).await?;
            return Ok(false);
        }
        if let Some(stored) = &found {
            let unwanted = self.delete_broken || matches!(status, UploadStatus::Aborted | UploadStatus::Deleted);
            let action = if unwanted { "object.deleted" } else { "object.kept" };
            info!(tenant.id = %tenant.id, upload.id = %upload.grant.id, upload.status = status.as_str(), "{action}");
            // On record before it is done: a deletion that nobody can prove would be worse than one that is proved twice.
            let detail = json!({"size": stored.size, "etag": stored.etag, "status": status.as_str()});
            audit::record(&self.pool, &self.event(tenant, upload, action, detail, witness)).await?;
            if unwanted {
                self.objects.delete(&credentials, key).await.map_err(Error::StoreUnavailable)?;
            }
        }
        // No URL of ours can put anything there later; what its writer puts there is something new.
        let check_at = self.next_look(upload, self.clock.now()).filter(|_| !is_adopted);
        settlement::check_at(&self.pool, tenant, upload.grant.id, status, check_at).await?;
        Ok(found.is_some())
    }

    /// When to look for what may still land after the end: S3 judges a URL when a request begins, and a slow one may take
    /// hours from there. So once after the grace, and once long after.
    pub(in crate::domain) fn next_look(&self, upload: &Upload, now: OffsetDateTime) -> Option<OffsetDateTime> {
        [self.grace, self.last_look].into_iter().map(|after| upload.expires_at + after).find(|look| now < *look)
    }

    /// The upload as it is on record now.
    pub(in crate::domain) async fn reread(&self, tenant: &Tenant, upload: &Upload) -> Result<Upload, Error> {
        uploads::find(&self.pool, tenant, upload.grant.id).await?.ok_or(Error::NotFound("upload"))
    }

    pub(in crate::domain) fn event(
        &self,
        tenant: &Tenant,
        upload: &Upload,
        action: &'static str,
        detail: Value,
        witness: &Witness,
    ) -> AuditEvent {
        witness.testifies(self.clock.now(), tenant, Some(upload.grant.id), action, detail)
    }
}

const fn action(to: UploadStatus) -> &'static str {
    match to {
        UploadStatus::Pending => "upload.granted",
        UploadStatus::Completed => "upload.completed",
        UploadStatus::Failed => "upload.failed",
        UploadStatus::Expired => "upload.expired",
        UploadStatus::Aborted => "upload.aborted",
        UploadStatus::Deleted => "upload.deleted",
    }
}
