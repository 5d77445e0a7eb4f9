//! How does a caller see what was uploaded? By a short-lived URL whose headers we choose.

use serde_json::json;

use super::Uploads;
use crate::adapters::s3::{PresignedRequest, presign_get};
use crate::adapters::sts::TemporaryCredentials;
use crate::domain::Error;
use crate::model::{Disposition, Principal, Provenance, Upload, UploadId, UploadStatus};

impl Uploads {
    /// A URL that reads the object under its own name and type, to be saved or, where that is safe, to be shown.
    ///
    /// # Errors
    /// When the upload is not completed, its type may not be shown, or credentials or Postgres are not to be had.
    pub async fn download(
        &self,
        principal: &Principal,
        id: UploadId,
        disposition: Disposition,
        provenance: Provenance,
    ) -> Result<PresignedRequest, Error> {
        let upload = self.find(principal, id).await?;
        if upload.status == UploadStatus::Pending {
            return Err(Error::ObjectMissing);
        }
        if upload.status != UploadStatus::Completed {
            return Err(Error::AlreadyEnded(upload.status));
        }
        if !disposition.allowed_for(&upload.grant.content_type) {
            let text = format!("must be attachment for {}", upload.grant.content_type.as_str());
            return Err(Error::NotAllowed(vec![("?disposition", text.into())]));
        }
        let credentials = self.session(&principal.tenant, principal.session_subject()).await?;
        self.issue(principal, Some(id), json!({"operation": "download"}), provenance).await?;
        Ok(self.download_url(&credentials, &upload, disposition))
    }

    pub(super) fn download_url(
        &self,
        credentials: &TemporaryCredentials,
        upload: &Upload,
        disposition: Disposition,
    ) -> PresignedRequest {
        let (grant, now) = (&upload.grant, self.clock.now());
        let (disposition, content_type) = (disposition.header(&grant.file_name), grant.content_type.as_str());
        presign_get(&self.bucket, credentials, &grant.key, &disposition, content_type, self.url_expiry, now)
    }
}
