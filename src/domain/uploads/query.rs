//! What is on record?

use super::Uploads;
use crate::adapters::postgres::uploads;
use crate::domain::{Error, access};
use crate::model::{Principal, Upload, UploadId};

impl Uploads {
    /// One upload that the principal may see.
    ///
    /// # Errors
    /// When there is none, or Postgres does not answer.
    pub async fn find(&self, principal: &Principal, id: UploadId) -> Result<Upload, Error> {
        access::check(principal, uploads::find(&self.pool, &principal.tenant, id).await?)
    }
}
