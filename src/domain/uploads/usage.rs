//! How much is there?

use time::Date;

use super::Uploads;
use crate::adapters::postgres::usage::{self, CollectionUsage, Usage};
use crate::domain::{Error, access};
use crate::model::{CursorScope, Principal, Subject, Tenant};

/// The most collections that one answer names.
pub const MOST_COLLECTIONS: usize = 1000;

/// The most months that one answer names.
const MOST_MONTHS: i64 = 12;

/// What a cursor of [`Uploads::collections`] is tied to: the tenant, and whose uploads the principal may see.
#[must_use]
pub fn cursor_scope(principal: &Principal) -> CursorScope {
    CursorScope::new("collections")
        .with(Some(principal.tenant.id.as_uuid()))
        .with(access::reach(principal).map(Subject::as_str))
}

impl Uploads {
    /// What the tenant has been granted in this calendar month (UTC) and did not give up.
    ///
    /// # Errors
    /// When Postgres does not answer.
    pub async fn usage(&self, tenant: &Tenant) -> Result<Usage, Error> {
        let month = self.month();
        let latest = usage::months(&self.pool, tenant, month, 1).await?.into_iter().find(|usage| usage.month == month);
        Ok(latest.unwrap_or(Usage { month, uploads: 0, bytes: 0, reserved_bytes: 0 }))
    }

    /// The latest months in which the tenant was granted anything, at most twelve, newest first.
    ///
    /// # Errors
    /// When Postgres does not answer.
    pub async fn months(&self, tenant: &Tenant) -> Result<Vec<Usage>, Error> {
        Ok(usage::months(&self.pool, tenant, self.month(), MOST_MONTHS).await?)
    }

    /// The collections of the uploads that the principal may see, by name from after `after`, and whether there are more.
    ///
    /// # Errors
    /// When Postgres does not answer.
    pub async fn collections(&self, principal: &Principal, after: &str) -> Result<(Vec<CollectionUsage>, bool), Error> {
        self.collections_of(&principal.tenant, access::reach(principal), after).await
    }

    /// The tenant's first collections by name.
    ///
    /// # Errors
    /// When Postgres does not answer.
    pub async fn tenant_collections(&self, tenant: &Tenant) -> Result<Vec<CollectionUsage>, Error> {
        Ok(self.collections_of(tenant, None, "").await?.0)
    }

    async fn collections_of(
        &self,
        tenant: &Tenant,
        subject: Option<&Subject>,
        after: &str,
    ) -> Result<(Vec<CollectionUsage>, bool), Error> {
        let limit = i64::try_from(MOST_COLLECTIONS).unwrap_or(i64::MAX).saturating_add(1);
        let mut found = usage::collections(&self.pool, tenant, subject, after, limit).await?;
        let more = found.len() > MOST_COLLECTIONS;
        found.truncate(MOST_COLLECTIONS);
        Ok((found, more))
    }

    /// The first day of this month, in UTC.
    fn month(&self) -> Date {
        let today = self.clock.now().to_offset(time::UtcOffset::UTC).date();
        today.replace_day(1).unwrap_or(today)
    }
}
