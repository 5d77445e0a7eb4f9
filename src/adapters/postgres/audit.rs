//! How is it remembered who did what?

use serde_json::Value;
use sqlx::PgExecutor;
use time::OffsetDateTime;

use super::DatabaseError;
use crate::model::{AuditId, RequestId, Subject, Tenant, TenantId, UploadId};

/// One thing that someone did.
#[derive(Debug, Clone)]
pub struct AuditEvent {
    /// When.
    pub at: OffsetDateTime,
    /// To or for which tenant.
    pub tenant: Option<TenantId>,
    /// Who did it.
    pub subject: Subject,
    /// What was done, such as `upload.granted`.
    pub action: &'static str,
    /// To which upload.
    pub upload: Option<UploadId>,
    /// In which request.
    pub request: RequestId,
    /// What else is worth knowing; never a secret.
    pub detail: Value,
}

/// Adds an event, in the transaction of the change that it tells of.
///
/// # Errors
/// When Postgres does not take it.
pub async fn record(connection: impl PgExecutor<'_>, event: &AuditEvent) -> Result<(), DatabaseError> {
    sqlx::query!(
        "insert into audit_events (id, at, tenant_id, subject, action, upload_id, request_id, detail)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        AuditId::new(event.at).as_uuid(),
        event.at,
        event.tenant.map(|id| id.as_uuid()),
        event.subject.as_str(),
        event.action,
        event.upload.map(|id| id.as_uuid()),
        event.request.as_str(),
        event.detail,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// When the last of the credentials end that the tenant's people were handed out since then, if there were any.
///
/// # Errors
/// When Postgres does not answer.
pub async fn credentials_until(
    connection: impl PgExecutor<'_>,
    tenant: &Tenant,
    since: OffsetDateTime,
) -> Result<Option<OffsetDateTime>, DatabaseError> {
    let until = sqlx::query_scalar!(
        "select max((detail->>'expiresAt')::timestamptz) from audit_events
         where tenant_id = $1 and id >= $2 and action = 'credentials.issued'",
        tenant.id.as_uuid(),
        AuditId::first_of(since).as_uuid(),
    );
    Ok(until.fetch_one(connection).await?)
}
