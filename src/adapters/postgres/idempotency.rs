//! How do several grants, or one that may be asked for again, go on record as a whole?

use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

use super::DatabaseError;
use super::ledger_rows::{self, GrantRow, OverQuota};
use crate::model::{Subject, Tenant, UploadId};

/// A key that a client chose for a request that it may repeat, and what the request said.
#[derive(Debug, Clone)]
pub struct RepeatableRequest {
    /// The key, which belongs to its subject alone.
    pub key: String,
    /// SHA-256 of what was asked for.
    pub digest: Vec<u8>,
    /// Until when a repetition is known as one.
    pub expires_at: OffsetDateTime,
}

/// What a request made the first time.
#[derive(Debug, Clone)]
pub struct Made {
    /// SHA-256 of what was asked for then.
    pub digest: Vec<u8>,
    /// What came of it, in its order.
    pub uploads: Vec<UploadId>,
}

/// What became of a recording.
#[derive(Debug)]
pub enum Recorded {
    /// Every grant is on record.
    All,
    /// None is: the month has no room for all of them.
    OverQuota(OverQuota),
    /// None is: the request was made before.
    Before(Made),
}

/// What this subject's request of that key made before, if it is still known.
///
/// # Errors
/// When Postgres does not answer.
pub async fn find(
    connection: &mut PgConnection,
    tenant: &Tenant,
    subject: &Subject,
    key: &str,
    now: OffsetDateTime,
) -> Result<Option<Made>, DatabaseError> {
    let row = sqlx::query!(
        "select request_digest, upload_ids from idempotency_keys
         where tenant_id = $1 and subject = $2 and key = $3 and expires_at > $4",
        tenant.id.as_uuid(),
        subject.as_str(),
        key,
        now,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| Made {
        digest: row.request_digest,
        uploads: row.upload_ids.into_iter().map(UploadId::from).collect(),
    }))
}

/// Records all of the grants, which are one subject's, or none. Of any number of requests with one key that come at once, to
/// whatever replica, one records; the others wait for it and learn what it made.
///
/// # Errors
/// When Postgres does not answer.
pub async fn record(
    pool: &PgPool,
    tenant: &Tenant,
    rows: &[GrantRow],
    request: Option<&RepeatableRequest>,
) -> Result<Recorded, DatabaseError> {
    let Some(first) = rows.first() else { return Ok(Recorded::All) };
    let (subject, now) = (&first.grant.subject, first.created_at);
    let mut transaction = super::begin(pool).await?;
    if let Some(request) = request
        && !claim(&mut transaction, tenant, rows, request).await?
    {
        let before = find(&mut transaction, tenant, subject, &request.key, now).await?;
        // It can only have run out this very moment; the next repetition finds it gone.
        let vanished = || DatabaseError::Unavailable(sqlx::Error::RowNotFound);
        return before.map(Recorded::Before).ok_or_else(vanished);
    }
    let verdicts = ledger_rows::admit(&mut transaction, &rows.iter().collect::<Vec<_>>(), None)
        .await
        .map_err(DatabaseError::from)?;
    if let Some(over) = verdicts.into_iter().find_map(Result::err) {
        transaction.rollback().await?;
        return Ok(Recorded::OverQuota(over));
    }
    transaction.commit().await?;
    Ok(Recorded::All)
}

/// Is this the first request of its key? A key that has run out counts as never used.
async fn claim(
    connection: &mut PgConnection,
    tenant: &Tenant,
    rows: &[GrantRow],
    request: &RepeatableRequest,
) -> Result<bool, DatabaseError> {
    let Some(first) = rows.first() else { return Ok(true) };
    let ids: Vec<Uuid> = rows.iter().map(|row| row.grant.id.as_uuid()).collect();
    let done = sqlx::query!(
        "insert into idempotency_keys as k (tenant_id, subject, key, request_digest, upload_ids, expires_at)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (tenant_id, subject, key) do update
             set request_digest = excluded.request_digest, upload_ids = excluded.upload_ids, expires_at = excluded.expires_at
             where k.expires_at <= $7",
        tenant.id.as_uuid(),
        first.grant.subject.as_str(),
        request.key,
        request.digest,
        &ids,
        request.expires_at,
        first.created_at,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Forgets keys that have run out, so many at most, and says how many they were. Of every tenant: it is the reconciler's.
///
/// # Errors
/// When Postgres does not answer.
pub async fn forget_expired(pool: &PgPool, now: OffsetDateTime, most: i64) -> Result<u64, DatabaseError> {
    let done = sqlx::query!(
        "delete from idempotency_keys where (tenant_id, subject, key) in (
             select tenant_id, subject, key from idempotency_keys where expires_at <= $1
             order by expires_at limit $2 for update skip locked
         )",
        now,
        most,
    )
    .execute(pool)
    .await?;
    Ok(done.rows_affected())
}
