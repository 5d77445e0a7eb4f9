//! Where are the limits kept that hold for the whole gateway?

use std::num::NonZeroU32;

use sqlx::{PgConnection, PgExecutor};
use time::OffsetDateTime;

use super::DatabaseError;
use crate::model::{ContentTypePattern, FileSize, GatewayLimits, Invalid, Limits};

struct Row {
    max_upload_bytes: i64,
    allowed_content_types: Vec<String>,
    monthly_bytes: Option<i64>,
    requests_per_minute: Option<i32>,
    subject_requests_per_minute: Option<i32>,
    updated_at: OffsetDateTime,
}

/// What an admin set, and when; nothing while the configuration's hold.
///
/// # Errors
/// When Postgres does not answer.
pub async fn find(connection: impl PgExecutor<'_>) -> Result<Option<(GatewayLimits, OffsetDateTime)>, DatabaseError> {
    let row = sqlx::query_as!(
        Row,
        "select max_upload_bytes, allowed_content_types, monthly_bytes, requests_per_minute, subject_requests_per_minute, updated_at
         from gateway_limits",
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(Row::parse).transpose()?)
}

/// Keeps everybody else from changing them until the transaction ends; who reads does not wait.
///
/// # Errors
/// When Postgres does not answer.
pub async fn lock(connection: &mut PgConnection) -> Result<(), DatabaseError> {
    sqlx::query!("lock table gateway_limits in exclusive mode").execute(connection).await?;
    Ok(())
}

/// Sets all of them.
///
/// # Errors
/// When Postgres does not answer.
pub async fn put(
    connection: &mut PgConnection,
    limits: &GatewayLimits,
    at: OffsetDateTime,
) -> Result<(), DatabaseError> {
    let GatewayLimits { new_tenants, subject_requests_per_minute } = limits;
    let types: Vec<String> = new_tenants.allowed_content_types.iter().map(|one| one.as_str().to_owned()).collect();
    sqlx::query!(
        "insert into gateway_limits (max_upload_bytes, allowed_content_types, monthly_bytes, requests_per_minute,
                                     subject_requests_per_minute, updated_at)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (only_row) do update set max_upload_bytes = $1, allowed_content_types = $2, monthly_bytes = $3,
             requests_per_minute = $4, subject_requests_per_minute = $5, updated_at = $6",
        new_tenants.max_upload_bytes.bytes(),
        &types,
        new_tenants.monthly_bytes,
        new_tenants.requests_per_minute,
        // More than fits is no limit in practice, and none at all would be another promise.
        subject_requests_per_minute.map(|limit| i32::try_from(limit.get()).unwrap_or(i32::MAX)),
        at,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Forgets what was set.
///
/// # Errors
/// When Postgres does not answer.
pub async fn remove(connection: &mut PgConnection) -> Result<(), DatabaseError> {
    sqlx::query!("delete from gateway_limits").execute(connection).await?;
    Ok(())
}

impl Row {
    fn parse(self) -> Result<(GatewayLimits, OffsetDateTime), Invalid> {
        let patterns = self.allowed_content_types.iter().map(|text| ContentTypePattern::parse(text));
        let new_tenants = Limits {
            max_upload_bytes: FileSize::parse(self.max_upload_bytes)?,
            allowed_content_types: patterns.collect::<Result<_, _>>()?,
            monthly_bytes: self.monthly_bytes,
            requests_per_minute: self.requests_per_minute,
        };
        let of_subject = self.subject_requests_per_minute.and_then(|limit| u32::try_from(limit).ok());
        let subject_requests_per_minute = of_subject.and_then(NonZeroU32::new);
        Ok((GatewayLimits { new_tenants, subject_requests_per_minute }, self.updated_at))
    }
}
