//! What is on record of who did what?
//!
//! The id of an event is a UUIDv7 of its time, so a time's bounds are also an id's, and one index range holds what is looked
//! for. What the other filters leave out is read on the way and passed over.
//!
//! As in `upload_listing`, the order and the range name the index's columns and the inner limit is written out, or the planner
//! would walk the primary key through all tenants. Two more things keep it from reading and sorting all of a tenant's for
//! each page: the range includes its ends, as the planner takes a range without its only tenant for empty; and `coalesce`
//! hides the filters, which together look as if nothing could pass them.

use serde_json::Value;
use sqlx::PgExecutor;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::DatabaseError;
use crate::model::{ActionPattern, AuditId, Subject, TenantId, UploadId};

/// Which events.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only what this subject did.
    pub subject: Option<Subject>,
    /// Only these actions.
    pub action: Option<ActionPattern>,
    /// Only what was done to this upload.
    pub upload: Option<UploadId>,
    /// Only from then on.
    pub from: Option<OffsetDateTime>,
    /// Only before then.
    pub until: Option<OffsetDateTime>,
    /// Only those after which this one comes in a listing.
    pub before: Option<AuditId>,
}

/// An event as it is on record.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// Its own id.
    pub id: Uuid,
    /// When it was.
    pub at: OffsetDateTime,
    /// To or for which tenant.
    pub tenant_id: Option<Uuid>,
    /// Who did it.
    pub subject: String,
    /// What was done.
    pub action: String,
    /// To which upload.
    pub upload_id: Option<Uuid>,
    /// In which request.
    pub request_id: String,
    /// What else is known.
    pub detail: Value,
    /// In which trace, in hexadecimal digits.
    pub trace_id: Option<String>,
    /// From which address.
    pub address: Option<String>,
}

/// The most events that one question answers.
pub const MOST: i64 = 1000;

/// A query for events in that range, newest first, of which `$1` is the least id, `$2` the greatest, and `$9` how many.
macro_rules! events {
    ($connection:ident, $filter:ident, $limit:ident, $range:literal, $order:literal $(, $argument:expr)?) => {{
        let (floor, ceiling) = $filter.range();
        let action = $filter.action.as_ref();
        let events = sqlx::query_as!(
            Recorded,
            "select id, at, tenant_id, subject, action, upload_id, request_id, detail, trace_id, address from (
                 select * from audit_events where " + $range + " and coalesce(
                     ($3::text is null or subject = $3)
                     and ($4::text is null or action = $4)
                     and ($5::text is null or starts_with(action, $5))
                     and ($6::uuid is null or upload_id = $6)
                     and ($7::timestamptz is null or at >= $7)
                     and ($8::timestamptz is null or at < $8),
                     false
                 )
                 order by " + $order + " limit 1000
             ) as page
             order by " + $order + " limit $9",
            floor,
            ceiling,
            $filter.subject.as_ref().map(Subject::as_str),
            action.and_then(ActionPattern::name),
            action.and_then(ActionPattern::beginning),
            $filter.upload.map(|id| id.as_uuid()),
            $filter.from,
            $filter.until,
            $limit,
            $($argument,)?
        );
        events.fetch_all($connection).await?
    }};
}

/// At most `limit` events of the tenant, and never more than [`MOST`], newest first.
///
/// # Errors
/// When Postgres does not answer.
pub async fn of_tenant(
    connection: impl PgExecutor<'_>,
    tenant: TenantId,
    filter: &Filter,
    limit: i64,
) -> Result<Vec<Recorded>, DatabaseError> {
    Ok(events!(
        connection,
        filter,
        limit,
        "(tenant_id, id) >= ($10, $1) and (tenant_id, id) <= ($10, $2) and id >= $1 and id <= $2",
        "tenant_id desc, id desc",
        tenant.as_uuid()
    ))
}

/// The same of all tenants together, and of what is no tenant's: for platform admins.
///
/// # Errors
/// When Postgres does not answer.
pub async fn of_everybody(
    connection: impl PgExecutor<'_>,
    filter: &Filter,
    limit: i64,
) -> Result<Vec<Recorded>, DatabaseError> {
    Ok(events!(connection, filter, limit, "id >= $1 and id <= $2", "id desc"))
}

impl Filter {
    /// The least id, and the greatest.
    fn range(&self) -> (Uuid, Uuid) {
        let floor = self.from.map_or(Uuid::nil(), |from| AuditId::first_of(from).as_uuid());
        let before = |id: AuditId| Uuid::from_u128(id.as_uuid().as_u128().saturating_sub(1));
        // Ids are of milliseconds, and the rest of the last one may belong to it.
        let until = |until: OffsetDateTime| before(AuditId::first_of(until.saturating_add(Duration::MILLISECOND)));
        let ceiling = self.until.map_or(Uuid::max(), until);
        (floor, self.before.map_or(ceiling, |id| ceiling.min(before(id))))
    }
}
