//! What has a tenant used? Counters that the database itself keeps in step with every upload.

use std::ops::RangeInclusive;

use sqlx::PgExecutor;
use time::Date;

use super::DatabaseError;
use crate::model::{Subject, Tenant};

/// What a tenant used in one calendar month (UTC).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// The month's first day.
    pub month: Date,
    /// Uploads that may still arrive, and those that did, the deleted ones too.
    pub uploads: i64,
    /// Their bytes.
    pub bytes: i64,
    /// Of these bytes, those that may still arrive.
    pub reserved_bytes: i64,
}

/// What arrived on one day (UTC).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayUsage {
    /// Which one.
    pub day: Date,
    /// Uploads that were completed then, the deleted ones too.
    pub uploads: i64,
    /// Their bytes.
    pub bytes: i64,
}

/// What a collection holds at present.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectionUsage {
    /// Its name.
    pub collection: String,
    /// Completed uploads.
    pub uploads: i64,
    /// Their bytes.
    pub bytes: i64,
}

/// The tenant's latest months that have any usage, up to and with the month that begins on `until`, newest first.
///
/// # Errors
/// When Postgres does not answer.
pub async fn months(
    connection: impl PgExecutor<'_>,
    tenant: &Tenant,
    until: Date,
    limit: i64,
) -> Result<Vec<Usage>, DatabaseError> {
    let months = sqlx::query_as!(
        Usage,
        r#"select month as "month!", reserved_uploads + used_uploads as "uploads!", reserved_bytes + used_bytes as "bytes!", reserved_bytes as "reserved_bytes!"
           from tenant_usage_now where tenant_id = $1 and month <= $2 order by month desc limit $3"#,
        tenant.id.as_uuid(),
        until,
        limit,
    );
    Ok(months.fetch_all(connection).await?)
}

/// The tenant's days on which anything was completed, of these.
///
/// # Errors
/// When Postgres does not answer.
pub async fn days(
    connection: impl PgExecutor<'_>,
    tenant: &Tenant,
    days: RangeInclusive<Date>,
) -> Result<Vec<DayUsage>, DatabaseError> {
    let days = sqlx::query_as!(
        DayUsage,
        "select day, uploads, bytes from tenant_days where tenant_id = $1 and day between $2 and $3",
        tenant.id.as_uuid(),
        days.start(),
        days.end(),
    );
    Ok(days.fetch_all(connection).await?)
}

/// The tenant's collections that hold anything, of one subject or of all together, in the order of their names' letters,
/// from after `after`.
///
/// # Errors
/// When Postgres does not answer.
pub async fn collections(
    connection: impl PgExecutor<'_>,
    tenant: &Tenant,
    subject: Option<&Subject>,
    after: &str,
    limit: i64,
) -> Result<Vec<CollectionUsage>, DatabaseError> {
    let collections = match subject {
        Some(subject) => {
            sqlx::query_as!(
                CollectionUsage,
                r#"select collection, uploads, bytes from collection_usage
                   where tenant_id = $1 and subject = $2 and collection collate "C" > $3 and uploads > 0
                   order by collection collate "C" limit $4"#,
                tenant.id.as_uuid(),
                subject.as_str(),
                after,
                limit,
            )
            .fetch_all(connection)
            .await?
        }
        None => {
            sqlx::query_as!(
                CollectionUsage,
                r#"select collection, sum(uploads)::bigint as "uploads!", sum(bytes)::bigint as "bytes!" from collection_usage
                   where tenant_id = $1 and collection collate "C" > $2 and uploads > 0
                   group by collection order by collection collate "C" limit $3"#,
                tenant.id.as_uuid(),
                after,
                limit,
            )
            .fetch_all(connection)
            .await?
        }
    };
    Ok(collections)
}
