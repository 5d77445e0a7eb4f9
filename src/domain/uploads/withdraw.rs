//! How does an owner take an upload back? A pending one is aborted, a completed one deleted. The record stays.
//! Who may only abort it, as at S3, does not reach what is completed.

use super::Uploads;
use super::settle::Witness;
use crate::domain::Error;
use crate::model::{Finding, Principal, Provenance, UploadId, UploadStatus};

impl Uploads {
    /// Records the end first and then clears away what S3 holds. Should that fail, the reconciler does it: the end is decided.
    /// Doing it again changes nothing.
    ///
    /// # Errors
    /// When there is no such upload, or Postgres does not answer.
    pub async fn withdraw(&self, principal: &Principal, id: UploadId, provenance: Provenance) -> Result<(), Error> {
        let witness = Witness::caller(principal, provenance);
        let tenant = &principal.tenant;
        loop {
            let upload = self.find(principal, id).await?;
            if upload.status.after(Finding::Withdrawn).is_none() {
                return Ok(());
            }
            if self.step(tenant, &upload, Finding::Withdrawn, None, &witness).await? {
                self.clear_now(tenant, &upload, &witness).await;
                return Ok(());
            }
            // It moved on between our look and our step; at most twice, because every step leads to an end.
        }
    }

    /// Gives up what is pending still. What has ended stays as it is; that is no error, unless it ended well.
    ///
    /// # Errors
    /// When there is no such upload, it is completed, or Postgres does not answer.
    pub async fn abort(&self, principal: &Principal, id: UploadId, provenance: Provenance) -> Result<(), Error> {
        let witness = Witness::caller(principal, provenance);
        let tenant = &principal.tenant;
        loop {
            let upload = self.find(principal, id).await?;
            match upload.status {
                UploadStatus::Pending => {}
                UploadStatus::Completed => return Err(Error::AlreadyEnded(upload.status)),
                UploadStatus::Failed | UploadStatus::Expired | UploadStatus::Aborted | UploadStatus::Deleted => {
                    return Ok(());
                }
            }
            if self.step(tenant, &upload, Finding::Withdrawn, None, &witness).await? {
                self.clear_now(tenant, &upload, &witness).await;
                return Ok(());
            }
            // It has ended between our look and our step.
        }
    }
}
