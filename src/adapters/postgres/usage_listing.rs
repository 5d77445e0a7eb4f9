//! What have the tenants of a page used? For the platform admins' listing: one question for all of them, whatever their number.

use std::ops::RangeInclusive;

use sqlx::PgExecutor;
use time::Date;
use uuid::Uuid;

use super::DatabaseError;
use super::usage::{DayUsage, Usage};
use crate::model::{Tenant, TenantId};

/// What each of these tenants used in that month, if anything.
///
/// # Errors
/// When Postgres does not answer.
pub async fn month(
    connection: impl PgExecutor<'_>,
    tenants: &[Tenant],
    month: Date,
) -> Result<Vec<(TenantId, Usage)>, DatabaseError> {
    let rows = sqlx::query!(
        r#"select tenant_id as "tenant_id!", month as "month!", reserved_uploads + used_uploads as "uploads!", reserved_bytes + used_bytes as "bytes!", reserved_bytes as "reserved_bytes!"
           from tenant_usage_now where tenant_id = any ($1) and month = $2"#,
        &ids(tenants),
        month,
    );
    let rows = rows.fetch_all(connection).await?.into_iter().map(|row| {
        let usage =
            Usage { month: row.month, uploads: row.uploads, bytes: row.bytes, reserved_bytes: row.reserved_bytes };
        (TenantId::from(row.tenant_id), usage)
    });
    Ok(rows.collect())
}

/// The days on which anything of these tenants was completed, of these.
///
/// # Errors
/// When Postgres does not answer.
pub async fn days(
    connection: impl PgExecutor<'_>,
    tenants: &[Tenant],
    days: RangeInclusive<Date>,
) -> Result<Vec<(TenantId, DayUsage)>, DatabaseError> {
    let rows = sqlx::query!(
        "select tenant_id, day, uploads, bytes from tenant_days where tenant_id = any ($1) and day between $2 and $3",
        &ids(tenants),
        days.start(),
        days.end(),
    );
    let rows = rows.fetch_all(connection).await?.into_iter().map(|row| {
        let day = DayUsage { day: row.day, uploads: row.uploads, bytes: row.bytes };
        (TenantId::from(row.tenant_id), day)
    });
    Ok(rows.collect())
}

fn ids(tenants: &[Tenant]) -> Vec<Uuid> {
    tenants.iter().map(|tenant| tenant.id.as_uuid()).collect()
}
