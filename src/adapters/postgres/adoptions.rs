//! Which upload follows an object that was written without a grant? The latest that came to be for its key.

use sqlx::{PgConnection, PgExecutor, PgPool};
use uuid::Uuid;

use super::audit::{self, AuditEvent};
use super::settlement::{self, Step};
use super::uploads::uploads;
use super::{DatabaseError, OverQuota};
use crate::model::{ObjectKey, Sequencer, Tenant, Upload, UploadId};

/// An object that becomes an upload.
#[derive(Debug)]
pub struct Adoption<'a> {
    /// The upload as it begins: pending, and with the most that the object may ever have.
    pub upload: &'a Upload,
    /// The bytes that the object has.
    pub bytes: i64,
    /// Of the event that told of it.
    pub sequencer: Option<&'a Sequencer>,
    /// The upload that followed the key before, and has ended.
    pub before: Option<UploadId>,
    /// That it is adopted.
    pub event: &'a AuditEvent,
    /// That it is completed at once, and what the audit says of that.
    pub completion: (Step<'a>, &'a AuditEvent),
}

/// What became of an adoption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// It is on record.
    Adopted,
    /// It is not: the month has no room for it.
    OverQuota(OverQuota),
    /// It is not: somebody was first, and another upload follows the key.
    Before,
}

/// The upload that follows that key.
///
/// # Errors
/// When Postgres does not answer.
pub async fn find(
    connection: impl PgExecutor<'_>,
    tenant: &Tenant,
    key: &str,
) -> Result<Option<Upload>, DatabaseError> {
    let row = uploads!(
        "uploads where tenant_id = $1
             and id = (select upload_id from adopted_objects where tenant_id = $1 and object_key = $2)",
        tenant.id.as_uuid(),
        key,
    );
    Ok(row.fetch_optional(connection).await?.map(|row| row.into_upload(tenant)).transpose()?)
}

/// Which upload follows that key?
///
/// # Errors
/// When Postgres does not answer.
pub async fn follower(
    connection: impl PgExecutor<'_>,
    tenant: &Tenant,
    key: &ObjectKey,
) -> Result<Option<UploadId>, DatabaseError> {
    let id: Option<Uuid> = sqlx::query_scalar!(
        "select upload_id from adopted_objects where tenant_id = $1 and object_key = $2",
        tenant.id.as_uuid(),
        key.as_str(),
    )
    .fetch_optional(connection)
    .await?;
    Ok(id.map(UploadId::from))
}

/// Records the upload, whose it is from now on, that it is completed, and both audit events: all or nothing. Of any number
/// of replicas that hear of one object, one records.
///
/// # Errors
/// When Postgres does not answer.
pub async fn record(pool: &PgPool, tenant: &Tenant, adoption: &Adoption<'_>) -> Result<Recorded, DatabaseError> {
    let mut transaction = super::begin(pool).await?;
    if let Err(over) = admit(&mut transaction, tenant, adoption).await? {
        return Ok(Recorded::OverQuota(over));
    }
    insert(&mut transaction, tenant, adoption).await?;
    if !follow(&mut transaction, tenant, adoption).await? {
        return Ok(Recorded::Before);
    }
    audit::record(&mut *transaction, adoption.event).await?;
    let (step, event) = adoption.completion;
    settlement::take(&mut *transaction, tenant, adoption.upload.grant.id, step, event).await?;
    widen(&mut transaction, tenant, adoption).await?;
    transaction.commit().await?;
    Ok(Recorded::Adopted)
}

/// Has the month room for what the object has? Its counter is locked until the end, so that grants and adoptions of any number
/// of replicas are judged one after the other.
async fn admit(
    connection: &mut PgConnection,
    tenant: &Tenant,
    adoption: &Adoption<'_>,
) -> Result<Result<(), OverQuota>, DatabaseError> {
    let Some(limit) = tenant.limits.monthly_bytes else { return Ok(Ok(())) };
    let (id, at) = (tenant.id.as_uuid(), adoption.upload.created_at);
    sqlx::query!(
        "insert into tenant_usage (tenant_id, month) values ($1, upload_month($2)) on conflict do nothing",
        id,
        at,
    )
    .execute(&mut *connection)
    .await?;
    let taken = sqlx::query_scalar!(
        r#"select reserved_bytes + used_bytes as "taken!" from tenant_usage
           where tenant_id = $1 and month = upload_month($2) for update"#,
        id,
        at,
    )
    .fetch_one(connection)
    .await?;
    let remaining = limit.saturating_sub(taken).max(0);
    Ok(if adoption.bytes <= remaining { Ok(()) } else { Err(OverQuota { limit, remaining }) })
}

/// With the bytes that it has, for that is what the counters take it for while it is pending.
async fn insert(connection: &mut PgConnection, tenant: &Tenant, adoption: &Adoption<'_>) -> Result<(), DatabaseError> {
    let Adoption { upload, bytes, sequencer, .. } = adoption;
    let grant = &upload.grant;
    sqlx::query!(
        "insert into uploads (id, tenant_id, subject, object_key, collection, file_name, content_type, size_bytes, size_is_exact,
                              method, created_at, expires_at, event_sequencer)
         values ($1, $2, $3, $4, $5, $6, $7, $8, false, $9, $10, $11, $12)",
        grant.id.as_uuid(),
        tenant.id.as_uuid(),
        grant.subject.as_str(),
        grant.key.as_str(),
        grant.collection.as_str(),
        grant.file_name.as_str(),
        grant.content_type.as_str(),
        bytes,
        grant.method.as_str(),
        upload.created_at,
        upload.expires_at,
        sequencer.map(Sequencer::as_str),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Does this upload follow the key from now on? Not if somebody else had it do so since it was last looked at.
async fn follow(
    connection: &mut PgConnection,
    tenant: &Tenant,
    adoption: &Adoption<'_>,
) -> Result<bool, DatabaseError> {
    let done = sqlx::query!(
        "insert into adopted_objects as a (tenant_id, object_key, upload_id) values ($1, $2, $3)
         on conflict (tenant_id, object_key) do update set upload_id = excluded.upload_id where a.upload_id = $4",
        tenant.id.as_uuid(),
        adoption.upload.grant.key.as_str(),
        adoption.upload.grant.id.as_uuid(),
        adoption.before.map(|id| id.as_uuid()),
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Up to the most that it may ever have: the counters go by what a completed upload has, and no longer by this.
async fn widen(connection: &mut PgConnection, tenant: &Tenant, adoption: &Adoption<'_>) -> Result<(), DatabaseError> {
    let grant = &adoption.upload.grant;
    sqlx::query!(
        "update uploads set size_bytes = $3 where tenant_id = $1 and id = $2 and status = 'completed'",
        tenant.id.as_uuid(),
        grant.id.as_uuid(),
        grant.size.most().bytes(),
    )
    .execute(connection)
    .await?;
    Ok(())
}
