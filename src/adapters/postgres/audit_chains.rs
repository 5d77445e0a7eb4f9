//! Where do the chains of the audit stand, and what are their events? Read in pages, by whoever walks them.

use serde_json::Value;
use sqlx::PgExecutor;
use time::OffsetDateTime;
use uuid::Uuid;

use super::DatabaseError;
use crate::model::audit_seal::Entry;
use crate::model::audit_walk::{Chained, Head};

/// So many events are read at a time.
pub const PAGE: usize = 1000;

/// A page of events as their columns have them.
struct Row {
    id: Uuid,
    at: OffsetDateTime,
    tenant_id: Option<Uuid>,
    subject: String,
    action: String,
    upload_id: Option<Uuid>,
    request_id: String,
    detail: Value,
    trace_id: Option<String>,
    address: Option<String>,
    number: i64,
    place: i32,
    digest: Option<Vec<u8>>,
    seal: Option<Vec<u8>>,
}

/// Events that no chain holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unchained {
    /// From before there were chains: nothing is known of these.
    pub older: i64,
    /// The first of those that came later; no gateway of this version writes such.
    pub first: Option<(Uuid, OffsetDateTime)>,
}

/// Every chain, and where it stands.
///
/// # Errors
/// When Postgres does not answer.
pub async fn heads(connection: impl PgExecutor<'_>) -> Result<Vec<Head>, DatabaseError> {
    Ok(sqlx::query_as!(Head, "select chain, number, seal from audit_chains order by chain")
        .fetch_all(connection)
        .await?)
}

/// Where what is left of each chain begins, after months of it were dropped, and the end of the last of those months.
///
/// # Errors
/// When Postgres does not answer.
pub async fn cuts(connection: impl PgExecutor<'_>) -> Result<Vec<(Head, OffsetDateTime)>, DatabaseError> {
    let cuts = sqlx::query!(
        "select distinct on (chain) chain, number, seal, max(until) over () as \"until!\" from audit_cuts
         order by chain, number desc"
    );
    let cuts = cuts.fetch_all(connection).await?;
    Ok(cuts.into_iter().map(|c| (Head { chain: c.chain, number: c.number, seal: c.seal }, c.until)).collect())
}

/// The next events of the chain behind that place, up to that link.
///
/// # Errors
/// When Postgres does not answer.
pub async fn page(
    connection: impl PgExecutor<'_>,
    chain: i16,
    behind: (i64, i32, Uuid),
    last: i64,
) -> Result<Vec<Chained>, DatabaseError> {
    let (number, place, id) = behind;
    let rows = sqlx::query_as!(
        Row,
        r#"select id, at, tenant_id, subject, action, upload_id, request_id, detail, trace_id, address,
                  number as "number!", coalesce(place, 0) as "place!", digest, seal
           from audit_events where chain = $1 and (number, place, id) > ($2, $3, $4) and number <= $5
           order by number, place, id limit 1000"#,
        chain,
        number,
        place,
        id,
        last,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(Row::into_chained).collect())
}

/// The first event that says of itself that it is in a chain, and is not: behind its end, or in one that is none.
///
/// # Errors
/// When Postgres does not answer.
pub async fn astray(
    connection: impl PgExecutor<'_>,
) -> Result<Option<(i16, i64, Uuid, OffsetDateTime)>, DatabaseError> {
    let found = sqlx::query!(
        r#"select chain as "chain!", number as "number!", id, at from audit_events e
           where chain is not null and not exists (
               select from audit_chains c where c.chain = e.chain and e.number between 1 and c.number and e.place > 0
           )
           order by id limit 1"#
    );
    Ok(found.fetch_optional(connection).await?.map(|row| (row.chain, row.number, row.id, row.at)))
}

/// The events of no chain. Those of a gateway's earlier version, which may have run beside this one for a while, are among them.
///
/// # Errors
/// When Postgres does not answer.
pub async fn unchained(connection: impl PgExecutor<'_>) -> Result<Unchained, DatabaseError> {
    let row = sqlx::query!(
        r#"with alone as (
               select id, at, at < (select min(begun_at) from audit_chains) as older from audit_events where chain is null
           )
           select (select count(*) from alone where older) as "older!",
                  (select id from alone where not older order by id limit 1) as id,
                  (select at from alone where not older order by id limit 1) as at"#
    );
    let row = row.fetch_one(connection).await?;
    Ok(Unchained { older: row.older, first: row.id.zip(row.at) })
}

impl Row {
    fn into_chained(self) -> Chained {
        let computed = Entry {
            id: self.id,
            at: self.at,
            tenant: self.tenant_id,
            subject: &self.subject,
            action: &self.action,
            upload: self.upload_id,
            request: &self.request_id,
            trace: self.trace_id.as_deref(),
            address: self.address.as_deref(),
            detail: &self.detail.to_string(),
        }
        .digest();
        let Self { id, at, action, number, place, digest, seal, .. } = self;
        Chained { id, at, action, number, place, digest: digest.unwrap_or_default(), computed, seal }
    }
}
