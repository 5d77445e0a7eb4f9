//! What is on record?

use super::Uploads;
use crate::adapters::postgres::uploads;
use crate::domain::{Error, access};
use crate::model::{ObjectKey, Principal, Upload, UploadId};
use crate::trace;

impl Uploads {
    /// One upload that the principal may see.
    ///
    /// # Errors
    /// When there is none, or Postgres does not answer.
    pub async fn find(&self, principal: &Principal, id: UploadId) -> Result<Upload, Error> {
        let upload = access::check(principal, uploads::find(&self.pool, &principal.tenant, id).await?)?;
        trace::note_upload(id);
        Ok(upload)
    }

    /// The upload of that object key that the principal may see.
    ///
    /// # Errors
    /// When there is none, or Postgres does not answer.
    pub async fn find_by_key(&self, principal: &Principal, key: &str) -> Result<Upload, Error> {
        let id = ObjectKey::upload_of(key).ok_or(Error::NotFound("upload"))?;
        let upload = self.find(principal, id).await?;
        if upload.grant.key.as_str() == key { Ok(upload) } else { Err(Error::NotFound("upload")) }
    }
}
