//! How much is there?

use std::collections::HashMap;
use std::ops::RangeInclusive;

use time::{Date, Duration, UtcOffset};

use super::Uploads;
use crate::adapters::postgres::usage::{self, CollectionUsage, DayUsage, Usage};
use crate::adapters::postgres::usage_listing;
use crate::domain::{Error, access};
use crate::model::{CursorScope, Principal, Subject, Tenant, TenantId};

/// The most collections that one answer names.
pub const MOST_COLLECTIONS: usize = 1000;

/// The most months that one answer names.
const MOST_MONTHS: i64 = 12;

/// The days that one answer names.
const DAYS: i64 = 30;

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
        Ok(latest.unwrap_or(nothing_in(month)))
    }

    /// What arrived for the tenant on each of the last thirty days (UTC), oldest first; today is the last.
    ///
    /// # Errors
    /// When Postgres does not answer.
    pub async fn days(&self, tenant: &Tenant) -> Result<Vec<DayUsage>, Error> {
        let days = self.latest_days();
        let found = usage::days(&self.pool, tenant, days.clone()).await?;
        Ok(each_day(days, &found))
    }

    /// [`Self::usage`] and [`Self::days`] of each of these tenants, in their order, by two questions to Postgres.
    ///
    /// # Errors
    /// When Postgres does not answer.
    pub async fn usage_of_page(&self, tenants: &[Tenant]) -> Result<Vec<(Usage, Vec<DayUsage>)>, Error> {
        let (month, days) = (self.month(), self.latest_days());
        let months: HashMap<TenantId, Usage> =
            usage_listing::month(&self.pool, tenants, month).await?.into_iter().collect();
        let mut found: HashMap<TenantId, Vec<DayUsage>> = HashMap::new();
        for (tenant, day) in usage_listing::days(&self.pool, tenants, days.clone()).await? {
            found.entry(tenant).or_default().push(day);
        }
        let of_tenant = |tenant: &Tenant| {
            let usage = months.get(&tenant.id).copied().unwrap_or(nothing_in(month));
            (usage, each_day(days.clone(), found.get(&tenant.id).map_or(&[], Vec::as_slice)))
        };
        Ok(tenants.iter().map(of_tenant).collect())
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
        let today = self.today();
        today.replace_day(1).unwrap_or(today)
    }

    fn latest_days(&self) -> RangeInclusive<Date> {
        let today = self.today();
        today.saturating_sub(Duration::days(DAYS - 1))..=today
    }

    fn today(&self) -> Date {
        self.clock.now().to_offset(UtcOffset::UTC).date()
    }
}

const fn nothing_in(month: Date) -> Usage {
    Usage { month, uploads: 0, bytes: 0, reserved_bytes: 0 }
}

/// Each of the days, also those on which nothing arrived.
fn each_day(days: RangeInclusive<Date>, found: &[DayUsage]) -> Vec<DayUsage> {
    let (first, last) = days.into_inner();
    let each = std::iter::successors(Some(first), |day| day.next_day()).take_while(|day| *day <= last);
    let found = |day| found.iter().find(|usage| usage.day == day).copied();
    each.map(|day| found(day).unwrap_or(DayUsage { day, uploads: 0, bytes: 0 })).collect()
}
