//! Who may read what is on record of whom, page by page or all of it?

use sqlx::PgPool;
use time::OffsetDateTime;

use super::{Error, access};
use crate::adapters::postgres::audit_listing::{self, Filter, MOST, Recorded};
use crate::model::{ActionPattern, Admin, AuditId, CursorScope, Principal, Subject, TenantId};

/// Whose events somebody may see.
#[derive(Debug, Clone, Copy)]
pub struct Reach(Option<TenantId>);

impl Reach {
    /// A tenant admin's: its own tenant's.
    ///
    /// # Errors
    /// When the principal is none.
    pub fn of_principal(principal: &Principal) -> Result<Self, Error> {
        Ok(Self(Some(access::administered(principal)?.id)))
    }

    /// A platform admin's: everything, or that tenant's.
    #[must_use]
    pub const fn of_admin(_admin: &Admin, tenant: Option<TenantId>) -> Self {
        Self(tenant)
    }

    /// An operator's, who may open the database anyhow: everything, or that tenant's.
    #[must_use]
    pub const fn of_operator(tenant: Option<TenantId>) -> Self {
        Self(tenant)
    }
}

/// Events that somebody looks for.
#[derive(Debug, Clone)]
pub struct Search {
    /// Among these.
    pub reach: Reach,
    /// Only these of them.
    pub filter: Filter,
}

impl Search {
    /// What a cursor of this listing is tied to.
    #[must_use]
    pub fn cursor_scope(&self) -> CursorScope {
        let filter = &self.filter;
        let time = |time: OffsetDateTime| time.unix_timestamp_nanos().to_be_bytes();
        CursorScope::new("audit")
            .with(self.reach.0.map(|tenant| tenant.as_uuid()))
            .with(filter.subject.as_ref().map(Subject::as_str))
            .with(filter.action.as_ref().map(ActionPattern::as_str))
            .with(filter.upload.map(|upload| upload.as_uuid()))
            .with(filter.from.map(time))
            .with(filter.until.map(time))
    }

    /// The next events, newest first, and whether there are more.
    ///
    /// # Errors
    /// When Postgres does not answer, or too much would have to be looked through.
    pub async fn page(&self, pool: &PgPool, limit: u8) -> Result<(Vec<Recorded>, bool), Error> {
        let mut found = self.find(pool, i64::from(limit) + 1).await?;
        let more = found.len() > usize::from(limit);
        found.truncate(limit.into());
        Ok((found, more))
    }

    async fn find(&self, pool: &PgPool, limit: i64) -> Result<Vec<Recorded>, Error> {
        let found = match self.reach {
            Reach(Some(tenant)) => audit_listing::of_tenant(pool, tenant, &self.filter, limit).await,
            Reach(None) => audit_listing::of_everybody(pool, &self.filter, limit).await,
        };
        // What the filters leave out is looked through, and of that there may be any amount. The same again would take as long.
        found.map_err(|error| if error.is_of_time() { Error::SearchTooWide(error) } else { error.into() })
    }
}

/// Everything that a search finds, in batches, of which no more than one is held at a time.
#[derive(Debug)]
pub struct Export {
    pool: PgPool,
    /// What is still to be found; nothing when all was.
    rest: Option<Search>,
}

impl Export {
    /// Of that search, from its beginning.
    #[must_use]
    pub const fn new(pool: PgPool, search: Search) -> Self {
        Self { pool, rest: Some(search) }
    }

    /// The next events, newest first; none when all were given.
    ///
    /// # Errors
    /// When Postgres does not answer, or too much would have to be looked through.
    pub async fn next(&mut self) -> Result<Option<Vec<Recorded>>, Error> {
        let Some(search) = &mut self.rest else { return Ok(None) };
        let found = search.find(&self.pool, MOST).await?;
        let is_full = i64::try_from(found.len()).is_ok_and(|count| count == MOST);
        match found.last().filter(|_| is_full) {
            Some(last) => search.filter.before = Some(AuditId::from(last.id)),
            None => self.rest = None,
        }
        Ok(Some(found))
    }
}
