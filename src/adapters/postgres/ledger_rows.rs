//! What does the ledger write for a grant?

use sqlx::PgConnection;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::model::{AuditId, Grant, RequestId, Tenant, TenantId};

/// A grant with what only the moment of granting knows.
#[derive(Debug, Clone)]
pub struct GrantRow {
    /// Whose.
    pub tenant: TenantId,
    /// What.
    pub grant: Grant,
    /// When.
    pub created_at: OffsetDateTime,
    /// Until when its URL works.
    pub expires_at: OffsetDateTime,
    /// In which request.
    pub request: RequestId,
}

impl GrantRow {
    /// Of that tenant.
    #[must_use]
    pub fn new(
        tenant: &Tenant,
        grant: Grant,
        created_at: OffsetDateTime,
        expires_at: OffsetDateTime,
        request: RequestId,
    ) -> Self {
        Self { tenant: tenant.id, grant, created_at, expires_at, request }
    }
}

/// Uploads and their audit events in one statement, which is one transaction and one round trip, whatever their number.
/// What is there already stays as it is.
pub(super) async fn insert(connection: &mut PgConnection, rows: &[GrantRow]) -> Result<(), sqlx::Error> {
    fn column<'a, T>(rows: &'a [GrantRow], value: impl Fn(&'a GrantRow) -> T) -> Vec<T> {
        rows.iter().map(value).collect()
    }
    let checksums = |part: fn(&crate::model::Checksum) -> &str| column(rows, |r| r.grant.checksum.as_ref().map(part));
    let audit_ids: Vec<Uuid> = column(rows, |r| AuditId::new(r.created_at).as_uuid());
    sqlx::query!(
        r#"
        with row as (
            select * from unnest(
                $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[],
                $9::text[], $10::text[], $11::jsonb[], $12::text[], $13::timestamptz[], $14::timestamptz[], $15::uuid[], $16::text[]
            ) as row (
                id, tenant_id, subject, object_key, collection, file_name, content_type, size_bytes,
                checksum_algorithm, checksum_value, metadata, method, created_at, expires_at, audit_id, request_id
            )
        ), granted as (
            insert into uploads (
                id, tenant_id, subject, object_key, collection, file_name, content_type, size_bytes,
                checksum_algorithm, checksum_value, metadata, method, created_at, expires_at
            )
            select id, tenant_id, subject, object_key, collection, file_name, content_type, size_bytes,
                   checksum_algorithm, checksum_value, metadata, method, created_at, expires_at
            from row
            on conflict (id) do nothing
            returning id
        )
        insert into audit_events (id, at, tenant_id, subject, action, upload_id, request_id)
        select audit_id, created_at, tenant_id, subject, 'upload.granted', id, request_id
        from row join granted using (id)
        "#,
        &column(rows, |r| r.grant.id.as_uuid()),
        &column(rows, |r| r.tenant.as_uuid()),
        &column(rows, |r| r.grant.subject.as_str()) as &[&str],
        &column(rows, |r| r.grant.key.as_str()) as &[&str],
        &column(rows, |r| r.grant.collection.as_str()) as &[&str],
        &column(rows, |r| r.grant.file_name.as_str()) as &[&str],
        &column(rows, |r| r.grant.content_type.as_str()) as &[&str],
        &column(rows, |r| r.grant.size.most().bytes()),
        &checksums(|c| c.algorithm.as_str()) as &[Option<&str>],
        &checksums(|c| c.value.as_str()) as &[Option<&str>],
        &column(rows, |r| Json(r.grant.metadata.entries())) as _,
        &column(rows, |r| r.grant.method.as_str()) as &[&str],
        &column(rows, |r| r.created_at),
        &column(rows, |r| r.expires_at),
        &audit_ids,
        &column(rows, |r| r.request.as_str()) as &[&str],
    )
    .execute(connection)
    .await?;
    Ok(())
}
