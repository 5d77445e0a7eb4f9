//! Where are Uppy sessions kept, without their secrets?

use sqlx::{PgConnection, PgExecutor, PgPool};
use time::OffsetDateTime;

use super::DatabaseError;
use crate::model::{Subject, Tenant, TenantId, UppySession, UppySessionId};

/// Adds a session; of its secret, only the digest.
///
/// # Errors
/// When Postgres does not answer.
pub async fn insert(
    connection: &mut PgConnection,
    tenant: &Tenant,
    session: &UppySession,
    digest: &[u8],
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "insert into uppy_sessions (id, tenant_id, subject, secret_digest, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6)",
        session.id.as_uuid(),
        tenant.id.as_uuid(),
        session.subject.as_str(),
        digest,
        session.created_at,
        session.expires_at,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// For which tenant and as whom the session with that digest uploads, if it is neither revoked nor expired. The secret is all
/// that its bearer has, so it is what names the tenant.
///
/// # Errors
/// When Postgres does not answer.
pub async fn find(
    connection: impl PgExecutor<'_>,
    digest: &[u8],
    now: OffsetDateTime,
) -> Result<Option<(TenantId, Subject)>, DatabaseError> {
    let row = sqlx::query!(
        "select tenant_id, subject from uppy_sessions where secret_digest = $1 and revoked_at is null and expires_at > $2",
        digest,
        now,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row
        .map(|row| Subject::parse(&row.subject).map(|subject| (TenantId::from(row.tenant_id), subject)))
        .transpose()?)
}

/// Ends the tenant's session of that id, which must be that subject's when one is given. Says whether it is ended only now;
/// nothing, when there is no such session.
///
/// # Errors
/// When Postgres does not answer.
pub async fn revoke(
    connection: &mut PgConnection,
    tenant: &Tenant,
    id: UppySessionId,
    of: Option<&Subject>,
    now: OffsetDateTime,
) -> Result<Option<bool>, DatabaseError> {
    let newly = sqlx::query_scalar!(
        r#"with found as (
               select id, revoked_at from uppy_sessions
               where tenant_id = $1 and id = $2 and ($3::text is null or subject = $3) for update
           ), revoked as (
               update uppy_sessions s set revoked_at = $4 from found where s.id = found.id and found.revoked_at is null
           )
           select revoked_at is null as "newly!" from found"#,
        tenant.id.as_uuid(),
        id.as_uuid(),
        of.map(Subject::as_str),
        now,
    );
    Ok(newly.fetch_optional(connection).await?)
}

/// Ends every session of the tenant, and says how many they were.
///
/// # Errors
/// When Postgres does not answer.
pub async fn revoke_all(
    connection: &mut PgConnection,
    tenant: &Tenant,
    now: OffsetDateTime,
) -> Result<u64, DatabaseError> {
    let done = sqlx::query!(
        "update uppy_sessions set revoked_at = $2 where tenant_id = $1 and revoked_at is null and expires_at > $2",
        tenant.id.as_uuid(),
        now,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

/// Forgets sessions that were over by then, so many at most, and says how many they were. Of every tenant: it is the reconciler's.
///
/// # Errors
/// When Postgres does not answer.
pub async fn forget_expired(pool: &PgPool, by: OffsetDateTime, most: i64) -> Result<u64, DatabaseError> {
    let done = sqlx::query!(
        "delete from uppy_sessions where id in (
             select id from uppy_sessions where expires_at <= $1 order by expires_at limit $2 for update skip locked
         )",
        by,
        most,
    )
    .execute(pool)
    .await?;
    Ok(done.rows_affected())
}
