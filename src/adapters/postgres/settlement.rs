//! How does an upload on record move on? One statement for each step, so that a step is either whole or was never made.

use sqlx::PgExecutor;
use time::OffsetDateTime;

use super::DatabaseError;
use super::audit::AuditEvent;
use crate::model::{Sequencer, StoredObject, Tenant, UploadId, UploadStatus};

/// A step from one status to the next.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// The status that it starts from.
    pub from: UploadStatus,
    /// The status that it ends in.
    pub to: UploadStatus,
    /// What S3 holds; nothing leaves what is on record.
    pub stored: Option<&'a StoredObject>,
    /// When the reconciler is to look at it again, if ever.
    pub check_at: Option<OffsetDateTime>,
    /// Only if it ran out by then: a client may have been given more time meanwhile.
    pub expired_by: Option<OffsetDateTime>,
}

/// Takes the step, with its audit event, if the upload still stands where the step starts. Says whether it did: whoever comes second changes nothing.
///
/// # Errors
/// When Postgres does not answer.
pub async fn take(
    connection: impl PgExecutor<'_>,
    tenant: &Tenant,
    id: UploadId,
    step: Step<'_>,
    event: &AuditEvent,
) -> Result<bool, DatabaseError> {
    let Step { from, to, stored, check_at, expired_by } = step;
    let checksum = stored.and_then(|stored| stored.checksum.as_ref());
    let proof = event.proof();
    // Only a step that is taken may make a link, so what makes it hangs on what was taken.
    let done = sqlx::query!(
        "with settled as (
             update uploads set
                 status = $4, check_at = $5,
                 completed_at = case when $7::bigint is null then completed_at else coalesce(completed_at, $6) end,
                 stored_size_bytes = coalesce($7, stored_size_bytes), stored_etag = coalesce($8, stored_etag),
                 stored_content_type = coalesce($9, stored_content_type),
                 stored_checksum_algorithm = case when $7::bigint is null then stored_checksum_algorithm else $10 end,
                 stored_checksum_value = case when $7::bigint is null then stored_checksum_value else $11 end
             where tenant_id = $1 and id = $2 and status = $3 and ($17::timestamptz is null or expires_at <= $17)
             returning id, $20::bytea as digest
         )
         insert into audit_events (id, at, tenant_id, subject, action, upload_id, request_id, detail, trace_id, address,
                                   chain, number, place, digest, seal)
         select $12, $6, $1, $13, $14, id, $15, $16, $18, $19, chain, number, 1, digest, seal
         from settled, lateral audit_seal(digest)",
        tenant.id.as_uuid(),
        id.as_uuid(),
        from.as_str(),
        to.as_str(),
        check_at,
        event.at,
        stored.map(|stored| stored.size),
        stored.map(|stored| stored.etag.as_str()),
        stored.and_then(|stored| stored.content_type.as_deref()),
        checksum.map(|checksum| checksum.algorithm.as_str()),
        checksum.map(|checksum| checksum.value.as_str()),
        proof.id,
        event.subject.as_str(),
        event.action,
        event.provenance.request.as_str(),
        event.detail,
        expired_by,
        proof.trace,
        proof.address,
        proof.digest.as_slice(),
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// When the reconciler is to look again at an upload that still has that status.
///
/// # Errors
/// When Postgres does not answer.
pub async fn check_at(
    connection: impl PgExecutor<'_>,
    tenant: &Tenant,
    id: UploadId,
    status: UploadStatus,
    at: Option<OffsetDateTime>,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "update uploads set check_at = $4 where tenant_id = $1 and id = $2 and status = $3",
        tenant.id.as_uuid(),
        id.as_uuid(),
        status.as_str(),
        at,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A pending upload may go on for longer; never for less long than was said before. Says whether it is still pending.
///
/// # Errors
/// When Postgres does not answer.
pub async fn extend(
    connection: impl PgExecutor<'_>,
    tenant: &Tenant,
    id: UploadId,
    until: OffsetDateTime,
) -> Result<bool, DatabaseError> {
    let done = sqlx::query!(
        "update uploads set expires_at = greatest(expires_at, $3), check_at = greatest(check_at, $3)
         where tenant_id = $1 and id = $2 and status = 'pending'",
        tenant.id.as_uuid(),
        id.as_uuid(),
        until,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Remembers what S3 calls a pending upload's multipart upload, unless it has one already, and until when parts are waited for.
///
/// # Errors
/// When Postgres does not answer.
pub async fn attach_multipart(
    connection: impl PgExecutor<'_>,
    tenant: &Tenant,
    id: UploadId,
    multipart_id: &str,
    until: OffsetDateTime,
) -> Result<bool, DatabaseError> {
    let done = sqlx::query!(
        "update uploads set multipart_id = $3, expires_at = greatest(expires_at, $4), check_at = greatest(check_at, $4)
         where tenant_id = $1 and id = $2 and status = 'pending' and multipart_id is null",
        tenant.id.as_uuid(),
        id.as_uuid(),
        multipart_id,
        until,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Remembers the last event of S3's that was heeded. Only a later one takes its place, which the caller has made sure of.
///
/// # Errors
/// When Postgres does not answer.
pub async fn heed(
    connection: impl PgExecutor<'_>,
    tenant: &Tenant,
    id: UploadId,
    sequencer: &Sequencer,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "update uploads set event_sequencer = $3 where tenant_id = $1 and id = $2",
        tenant.id.as_uuid(),
        id.as_uuid(),
        sequencer.as_str(),
    )
    .execute(connection)
    .await?;
    Ok(())
}
