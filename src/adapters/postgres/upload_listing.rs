//! Which uploads are on the next page?
//!
//! A page is read from one index and stops when it is full, whatever the tenant's size and whatever the planner believes.
//! Two things see to that, because a prepared statement is planned once for every tenant:
//!
//! - The order names the index's columns and the range is a row comparison over them. `tenant_id = … order by id` would say
//!   the same, and lets the planner walk the primary key backwards through all tenants until it has found enough.
//! - The inner limit is written out. Of a limit that is a parameter the planner assumes a tenth of all rows, and sorts.
//!
//! The filters that do not lead are checked on the way; `($n is null or …)` costs nothing there.

use sqlx::PgExecutor;
use uuid::Uuid;

use super::DatabaseError;
use super::uploads::uploads;
use crate::model::{Collection, Subject, Tenant, Upload, UploadId, UploadStatus};

/// Which uploads of the tenant.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only this subject's.
    pub subject: Option<Subject>,
    /// Only those in this collection.
    pub collection: Option<Collection>,
    /// Only those in this status.
    pub status: Option<UploadStatus>,
}

/// The most rows that one page may have: the largest page that is offered, and one more that tells whether another follows.
pub const MOST: i64 = 201;

/// At most `limit` uploads of the tenant, and never more than [`MOST`], newest first, from after `before`.
///
/// # Errors
/// When Postgres does not answer.
pub async fn page(
    connection: impl PgExecutor<'_>,
    tenant: &Tenant,
    filter: &Filter,
    before: Option<UploadId>,
    limit: i64,
) -> Result<Vec<Upload>, DatabaseError> {
    let id = tenant.id.as_uuid();
    let before = before.map_or(Uuid::max(), |id| id.as_uuid());
    let collection = filter.collection.as_ref().map(Collection::as_str);
    let status = filter.status.map(UploadStatus::as_str);
    let rows = if let Some(subject) = &filter.subject {
        uploads!(
            "(select * from uploads
              where tenant_id = $1 and (subject, id) < ($2, $3) and subject >= $2
                and ($4::text is null or collection = $4) and ($5::text is null or status = $5)
              order by subject desc, id desc limit 201) as page
             order by subject desc, id desc limit $6",
            id,
            subject.as_str(),
            before,
            collection,
            status,
            limit,
        )
        .fetch_all(connection)
        .await?
    } else if let Some(collection) = collection {
        uploads!(
            "(select * from uploads
              where tenant_id = $1 and (collection, id) < ($2, $3) and collection >= $2 and ($4::text is null or status = $4)
              order by collection desc, id desc limit 201) as page
             order by collection desc, id desc limit $5",
            id,
            collection,
            before,
            status,
            limit,
        )
        .fetch_all(connection)
        .await?
    } else if let Some(status) = status.filter(|_| filter.status != Some(UploadStatus::Completed)) {
        uploads!(
            "(select * from uploads
              where tenant_id = $1 and (status, id) < ($2, $3) and status >= $2 and status <> 'completed'
              order by status desc, id desc limit 201) as page
             order by status desc, id desc limit $4",
            id,
            status,
            before,
            limit,
        )
        .fetch_all(connection)
        .await?
    } else {
        uploads!(
            "(select * from uploads
              where (tenant_id, id) < ($1, $2) and tenant_id >= $1 and ($3::text is null or status = $3)
              order by tenant_id desc, id desc limit 201) as page
             order by tenant_id desc, id desc limit $4",
            id,
            before,
            status,
            limit,
        )
        .fetch_all(connection)
        .await?
    };
    rows.into_iter().map(|row| row.into_upload(tenant).map_err(DatabaseError::from)).collect()
}
