//! What is on record?

use time::{OffsetDateTime, Time};

use super::Uploads;
use crate::adapters::postgres::uploads::{self, Usage};
use crate::domain::{Error, access};
use crate::model::{Principal, Tenant, Upload, UploadId};

impl Uploads {
    /// One upload that the principal may see.
    ///
    /// # Errors
    /// When there is none, or Postgres does not answer.
    pub async fn find(&self, principal: &Principal, id: UploadId) -> Result<Upload, Error> {
        access::check(principal, uploads::find(&self.pool, &principal.tenant, id).await?)
    }

    /// What the tenant has been granted in this calendar month (UTC) and did not give up.
    ///
    /// # Errors
    /// When Postgres does not answer.
    pub async fn usage(&self, tenant: &Tenant) -> Result<Usage, Error> {
        Ok(uploads::usage_since(&self.pool, tenant, start_of_month(self.clock.now())).await?)
    }
}

fn start_of_month(now: OffsetDateTime) -> OffsetDateTime {
    now.replace_day(1).unwrap_or(now).replace_time(Time::MIDNIGHT)
}
