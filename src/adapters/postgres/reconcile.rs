//! Which uploads are due to be looked at? With `tenants` the only SQL that crosses tenants: the reconciler and S3's events serve all.

use sqlx::{PgExecutor, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

use super::DatabaseError;
use super::uploads::{Row, uploads};
use crate::model::{Invalid, Tenant, TenantId, Upload, UploadId};

/// An upload of a tenant that is not known yet.
pub struct Claimed {
    /// Whose it is.
    pub tenant: TenantId,
    row: Row,
}

impl Claimed {
    /// The upload, once its tenant is known.
    ///
    /// # Errors
    /// When the record is not this tenant's.
    pub fn into_upload(self, tenant: &Tenant) -> Result<Upload, Invalid> {
        self.row.into_upload(tenant)
    }
}

impl From<Row> for Claimed {
    fn from(row: Row) -> Self {
        Self { tenant: TenantId::from(row.tenant_id), row }
    }
}

/// Takes up to `most` due uploads, longest due first, and keeps every other replica away from them until `leased_until`.
/// A replica that dies with its claim loses it then.
///
/// # Errors
/// When Postgres does not answer.
pub async fn claim_due(
    pool: &PgPool,
    now: OffsetDateTime,
    leased_until: OffsetDateTime,
    most: i64,
) -> Result<Vec<Claimed>, DatabaseError> {
    let ids: Vec<Uuid> = sqlx::query_scalar!(
        "update uploads set check_at = $2 where id = any (array(
             select id from uploads where check_at <= $1 order by check_at limit $3 for update skip locked
         )) returning id",
        now,
        leased_until,
        most,
    )
    .fetch_all(pool)
    .await?;
    let rows = uploads!("uploads where id = any ($1)", &ids).fetch_all(pool).await?;
    Ok(rows.into_iter().map(Claimed::from).collect())
}

/// Says for each of these claimed uploads when it is due next; `None` is never. Whom somebody else gave another time since it was
/// claimed keeps that.
///
/// # Errors
/// When Postgres does not answer.
pub async fn due_next(
    pool: &PgPool,
    leased_until: OffsetDateTime,
    next: &[(UploadId, Option<OffsetDateTime>)],
) -> Result<(), DatabaseError> {
    let (ids, moments): (Vec<Uuid>, Vec<Option<OffsetDateTime>>) =
        next.iter().map(|(id, at)| (id.as_uuid(), *at)).unzip();
    sqlx::query!(
        "update uploads set check_at = next.at from unnest($1::uuid[], $2::timestamptz[]) as next (id, at)
         where uploads.id = next.id and uploads.check_at = $3",
        &ids,
        &moments as &[Option<OffsetDateTime>],
        leased_until,
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// What waits for the reconciler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// How many uploads are due, counted up to [`MOST_COUNTED`].
    pub uploads: i64,
    /// Since when the first of them has been.
    pub since: Option<OffsetDateTime>,
}

/// A backlog that is larger is no worse, and should not be slow to count.
pub const MOST_COUNTED: i64 = 10_000;

/// How many uploads are due now, whosever they are, and since when: a short walk along the index of what is due.
///
/// # Errors
/// When Postgres does not answer.
pub async fn due(connection: impl PgExecutor<'_>, now: OffsetDateTime) -> Result<Due, DatabaseError> {
    let row = sqlx::query!(
        r#"select count(*) as "uploads!", min(check_at) as since from (
               select check_at from uploads where check_at <= $1 order by check_at limit $2
           ) as due"#,
        now,
        MOST_COUNTED,
    );
    let row = row.fetch_one(connection).await?;
    Ok(Due { uploads: row.uploads, since: row.since })
}

/// The upload of that id, whosever it is.
///
/// # Errors
/// When Postgres does not answer.
pub async fn find(pool: &PgPool, id: UploadId) -> Result<Option<Claimed>, DatabaseError> {
    Ok(uploads!("uploads where id = $1", id.as_uuid()).fetch_optional(pool).await?.map(Claimed::from))
}
