//! Which uploads are on the next page?
//!
//! A page has two legs, one of what is pending and one of what is settled, which is everything else, because they are in
//! indexes of their own: a grant is written into few, and enters those with many columns once, when it is settled. Both are one
//! statement, which sees one moment: an upload that is settled meanwhile is in one leg, never in both or in none.
//!
//! Each leg is read from one index and stops when it is full, whatever the tenant's size and whatever the planner believes.
//! Four things see to that, because a prepared statement is planned once for every tenant:
//!
//! - The order names the index's last columns and the range is a row comparison over them. `tenant_id = … order by id` would
//!   say the same, and lets the planner walk the primary key backwards through all tenants until it has found enough. Of two
//!   filters the subject is an equality all the same: compared in the row as well, it has the planner take the index of the
//!   other filter and sort each subject.
//! - The inner limits are written out. Of a limit that is a parameter the planner assumes a tenth of all rows, and sorts.
//! - `status = 'pending'` and `status <> 'pending'` are written out too. Of a status that is a parameter the planner cannot
//!   tell that the index has all the rows.
//! - What is settled comes first, and once it has filled the page, what is pending is looked for no further down than its
//!   last row. Whatever was settled since the table was last vacuumed has left its entry among what is pending: without an end, a
//!   tenant's few pending uploads are looked for through all of those.
//!
//! The index of what is settled leads with every filter that is given, so what a filter leaves out is not read, with one
//! exception: a collection and a status together, with a subject or without. There one of the two leads and the other is
//! checked on the way. The collection leads to what is completed, as most of a collection is; the status leads to everything
//! else, as little is in it. So two pages can still be sparse: what is completed of a collection where most is not, as after
//! its deletion; and, in a status that very many uploads are in, what is of a collection that few of them are in. Neither
//! reads more than what the leading filter alone would list; one more index on each set of columns would end it, at the cost
//! of every upload that is settled.
//!
//! What is pending is in one index, in the order of its tenant's listing. A subject is checked on the way, inside the index,
//! and a collection in the table. Little is pending, for minutes mostly and up to the expiry of a multipart
//! upload; but the page of a subject or a collection that has too little settled to fill it looks through all that the tenant has
//! pending. So does a page of what is pending alone, and that one walks past what left as well: in the heap once, after that inside the
//! index. An index of each subject's pending uploads would end it, at the cost of one more entry of every grant.

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

/// The rows that a query for whole uploads finds.
macro_rules! rows {
    ($connection:ident, $source:literal, $($argument:expr),+ $(,)?) => {
        uploads!($source, $($argument),+).fetch_all($connection).await?
    };
}

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
    let (id, limit) = (tenant.id.as_uuid(), limit.min(MOST));
    let before = before.map_or(Uuid::max(), |id| id.as_uuid());
    let subject = filter.subject.as_ref().map(Subject::as_str);
    let collection = filter.collection.as_ref().map(Collection::as_str);
    let rows = match (subject, collection, filter.status) {
        (Some(subject), collection, Some(UploadStatus::Pending)) => rows!(
            connection,
            "(select * from uploads
              where status = 'pending' and (tenant_id, id) < ($1, $3) and tenant_id >= $1 and subject = $2
                and ($4::text is null or collection = $4)
              order by tenant_id desc, id desc limit 201) as page
             order by tenant_id desc, id desc limit $5",
            id,
            subject,
            before,
            collection,
            limit,
        ),
        (None, collection, Some(UploadStatus::Pending)) => rows!(
            connection,
            "(select * from uploads
              where status = 'pending' and (tenant_id, id) < ($1, $2) and tenant_id >= $1
                and ($3::text is null or collection = $3)
              order by tenant_id desc, id desc limit 201) as page
             order by tenant_id desc, id desc limit $4",
            id,
            before,
            collection,
            limit,
        ),
        (Some(subject), Some(collection), None | Some(UploadStatus::Completed)) => rows!(
            connection,
            "(with settled as materialized (
                select * from
                  (select * from uploads
                   where status <> 'pending' and tenant_id = $1 and subject = $2 and (collection, id) < ($3, $4)
                     and collection >= $3 and ($5::text is null or status = $5)
                   order by collection desc, id desc limit 201) as leg
                limit $6)
              table settled
              union all
              (select * from uploads
               where status = 'pending' and (tenant_id, id) < ($1, $4)
                 and (tenant_id, id) >= ($1, coalesce((select id from settled order by id desc offset $6 - 1),
                            uuid '00000000-0000-0000-0000-000000000000'))
                 and subject = $2 and collection = $3 and $5::text is null
               order by tenant_id desc, id desc limit 201)) as page
             order by id desc limit $6",
            id,
            subject,
            collection,
            before,
            filter.status.map(UploadStatus::as_str),
            limit,
        ),
        (Some(subject), collection, Some(status)) => rows!(
            connection,
            "(select * from uploads
              where status <> 'pending' and tenant_id = $1 and subject = $2 and (status, id) < ($3, $4) and status >= $3
                and ($5::text is null or collection = $5)
              order by status desc, id desc limit 201) as page
             order by status desc, id desc limit $6",
            id,
            subject,
            status.as_str(),
            before,
            collection,
            limit,
        ),
        (Some(subject), None, None) => rows!(
            connection,
            "(with settled as materialized (
                select * from
                  (select * from uploads
                   where status <> 'pending' and tenant_id = $1 and (subject, id) < ($2, $3) and subject >= $2
                   order by subject desc, id desc limit 201) as leg
                limit $4)
              table settled
              union all
              (select * from uploads
               where status = 'pending' and (tenant_id, id) < ($1, $3)
                 and (tenant_id, id) >= ($1, coalesce((select id from settled order by id desc offset $4 - 1),
                            uuid '00000000-0000-0000-0000-000000000000'))
                 and subject = $2
               order by tenant_id desc, id desc limit 201)) as page
             order by id desc limit $4",
            id,
            subject,
            before,
            limit,
        ),
        (None, Some(collection), None | Some(UploadStatus::Completed)) => rows!(
            connection,
            "(with settled as materialized (
                select * from
                  (select * from uploads
                   where status <> 'pending' and tenant_id = $1 and (collection, id) < ($2, $3) and collection >= $2
                     and ($4::text is null or status = $4)
                   order by collection desc, id desc limit 201) as leg
                limit $5)
              table settled
              union all
              (select * from uploads
               where status = 'pending' and (tenant_id, id) < ($1, $3)
                 and (tenant_id, id) >= ($1, coalesce((select id from settled order by id desc offset $5 - 1),
                            uuid '00000000-0000-0000-0000-000000000000'))
                 and collection = $2 and $4::text is null
               order by tenant_id desc, id desc limit 201)) as page
             order by id desc limit $5",
            id,
            collection,
            before,
            filter.status.map(UploadStatus::as_str),
            limit,
        ),
        (None, collection, Some(status)) => rows!(
            connection,
            "(select * from uploads
              where status <> 'pending' and tenant_id = $1 and (status, id) < ($2, $3) and status >= $2
                and ($4::text is null or collection = $4)
              order by status desc, id desc limit 201) as page
             order by status desc, id desc limit $5",
            id,
            status.as_str(),
            before,
            collection,
            limit,
        ),
        (None, None, None) => rows!(
            connection,
            "(with settled as materialized (
                select * from
                  (select * from uploads
                   where status <> 'pending' and (tenant_id, id) < ($1, $2) and tenant_id >= $1
                   order by tenant_id desc, id desc limit 201) as leg
                limit $3)
              table settled
              union all
              (select * from uploads
               where status = 'pending' and (tenant_id, id) < ($1, $2)
                 and (tenant_id, id) >= ($1, coalesce((select id from settled order by id desc offset $3 - 1),
                            uuid '00000000-0000-0000-0000-000000000000'))
               order by tenant_id desc, id desc limit 201)) as page
             order by id desc limit $3",
            id,
            before,
            limit,
        ),
    };
    rows.into_iter().map(|row| row.into_upload(tenant).map_err(DatabaseError::from)).collect()
}
