//! Does S3 hold what was granted? Asked when the client says that it is done; the answer is recorded once.

use serde_json::json;

use super::Uploads;
use crate::adapters::postgres::audit::{self, AuditEvent};
use crate::adapters::postgres::uploads;
use crate::adapters::s3::ObjectError;
use crate::domain::{Error, access};
use crate::model::{Principal, RequestId, StoredObject, Upload, UploadId, UploadStatus};

impl Uploads {
    /// Looks at the object with the tenant's credentials, compares it with the grant, and records the outcome. Doing it again changes nothing.
    ///
    /// # Errors
    /// When the object is not there or breaks its grant, the upload has ended otherwise, or S3 or Postgres do not answer.
    pub async fn complete(&self, principal: &Principal, id: UploadId, request: RequestId) -> Result<Upload, Error> {
        let upload = self.find(principal, id).await?;
        match upload.status {
            UploadStatus::Pending => {}
            UploadStatus::Completed => return Ok(upload),
            ended @ (UploadStatus::Failed | UploadStatus::Expired | UploadStatus::Aborted | UploadStatus::Deleted) => {
                return Err(Error::AlreadyEnded(ended));
            }
        }
        let credentials = self
            .credentials
            .get(&principal.tenant, principal.session_subject())
            .await
            .map_err(Error::CredentialsUnavailable)?;
        let stored = self.objects.head(&credentials, &upload.grant.key).await.map_err(|error| match error {
            ObjectError::Missing => Error::ObjectMissing,
            error @ (ObjectError::Unavailable(_) | ObjectError::Refused(_)) => Error::StoreUnavailable(error),
        })?;
        let verdict = upload.accepts(&stored);
        let status = if verdict.is_ok() { UploadStatus::Completed } else { UploadStatus::Failed };
        let settled = self.settle(principal, &upload, status, &stored, request).await?;
        verdict.map_err(Error::GrantBroken)?;
        // Somebody else may have been first, and with another outcome.
        if settled.status == UploadStatus::Completed { Ok(settled) } else { Err(Error::AlreadyEnded(settled.status)) }
    }

    async fn settle(
        &self,
        principal: &Principal,
        upload: &Upload,
        status: UploadStatus,
        stored: &StoredObject,
        request: RequestId,
    ) -> Result<Upload, Error> {
        let (tenant, id) = (&principal.tenant, upload.grant.id);
        let now = self.clock.now();
        let mut transaction = self.pool.begin().await?;
        if uploads::settle(&mut transaction, tenant, id, status, stored, now).await? {
            let event = AuditEvent {
                at: now,
                tenant: Some(tenant.id),
                subject: principal.subject.clone(),
                action: if status == UploadStatus::Completed { "upload.completed" } else { "upload.failed" },
                upload: Some(id),
                request,
                detail: json!({"size": stored.size, "etag": stored.etag}),
            };
            audit::record(&mut *transaction, &event).await?;
            transaction.commit().await?;
            self.metrics.uploads.with_label_values(&[status.as_str()]).inc();
            if status == UploadStatus::Completed {
                self.metrics.upload_bytes.inc_by(u64::try_from(stored.size).unwrap_or_default());
            }
        } else {
            transaction.rollback().await?;
        }
        access::check(principal, uploads::find(&self.pool, tenant, id).await?)
    }
}
