//! Where are uploads kept once they are granted?

use std::collections::BTreeMap;

use sqlx::PgExecutor;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::DatabaseError;
use crate::model::{
    Checksum, ChecksumAlgorithm, Collection, ContentType, FileName, FileSize, Grant, GrantedSize, Invalid, Metadata,
    Method, ObjectKey, PartPlan, Sequencer, StoredObject, Subject, Tenant, Upload, UploadId, UploadStatus,
};

/// An upload as its columns have it. sqlx makes one wherever the macro below is used, so its members are visible there.
pub(super) struct Row {
    pub(super) tenant_id: Uuid,
    pub(super) id: Uuid,
    pub(super) subject: String,
    pub(super) object_key: String,
    pub(super) collection: String,
    pub(super) file_name: String,
    pub(super) content_type: String,
    pub(super) size_bytes: i64,
    pub(super) size_is_exact: bool,
    pub(super) part_size_bytes: Option<i64>,
    pub(super) multipart_id: Option<String>,
    pub(super) checksum_algorithm: Option<String>,
    pub(super) checksum_value: Option<String>,
    pub(super) metadata: Json<BTreeMap<String, String>>,
    pub(super) method: String,
    pub(super) status: String,
    pub(super) created_at: OffsetDateTime,
    pub(super) expires_at: OffsetDateTime,
    pub(super) event_sequencer: Option<String>,
    pub(super) completed_at: Option<OffsetDateTime>,
    pub(super) stored_size_bytes: Option<i64>,
    pub(super) stored_etag: Option<String>,
    pub(super) stored_content_type: Option<String>,
    pub(super) stored_checksum_algorithm: Option<String>,
    pub(super) stored_checksum_value: Option<String>,
}

/// A query for whole uploads, of which the callers write only where from. Of a union sqlx does not know which columns are never
/// null.
macro_rules! uploads {
    ($source:literal, $($argument:expr),+ $(,)?) => {
        sqlx::query_as!(
            $crate::adapters::postgres::uploads::Row,
            r#"select tenant_id as "tenant_id!", id as "id!", subject as "subject!", object_key as "object_key!",
                      collection as "collection!", file_name as "file_name!", content_type as "content_type!",
                      size_bytes as "size_bytes!", size_is_exact as "size_is_exact!", part_size_bytes, multipart_id,
                      checksum_algorithm, checksum_value, metadata as "metadata!: _", method as "method!", status as "status!",
                      created_at as "created_at!", expires_at as "expires_at!", event_sequencer, completed_at,
                      stored_size_bytes, stored_etag, stored_content_type, stored_checksum_algorithm, stored_checksum_value
               from "# + $source,
            $($argument),+
        )
    };
}
pub(super) use uploads;

/// The tenant's upload of that id.
///
/// # Errors
/// When Postgres does not answer.
pub async fn find(
    connection: impl PgExecutor<'_>,
    tenant: &Tenant,
    id: UploadId,
) -> Result<Option<Upload>, DatabaseError> {
    let row = uploads!("uploads where tenant_id = $1 and id = $2", tenant.id.as_uuid(), id.as_uuid());
    Ok(row.fetch_optional(connection).await?.map(|row| row.into_upload(tenant)).transpose()?)
}

impl Row {
    pub(super) fn into_upload(self, tenant: &Tenant) -> Result<Upload, Invalid> {
        let stored = match (self.stored_size_bytes, self.stored_etag) {
            (Some(size), Some(etag)) => Some(StoredObject {
                size,
                etag,
                content_type: self.stored_content_type,
                checksum: checksum(self.stored_checksum_algorithm, self.stored_checksum_value)?,
            }),
            _ => None,
        };
        let most = FileSize::parse(self.size_bytes)?;
        let size = if self.size_is_exact { GrantedSize::Exactly(most) } else { GrantedSize::AtMost(most) };
        let parts = self.part_size_bytes.map(|part| PartPlan::recorded(most, part)).transpose()?;
        Ok(Upload {
            grant: Grant {
                id: UploadId::from(self.id),
                subject: Subject::parse(&self.subject)?,
                key: ObjectKey::recorded(tenant, self.object_key)?,
                collection: Collection::parse(&self.collection)?,
                file_name: FileName::parse(&self.file_name)?,
                content_type: ContentType::parse(&self.content_type)?,
                size,
                checksum: checksum(self.checksum_algorithm, self.checksum_value)?,
                metadata: Metadata::parse(self.metadata.0)?,
                method: Method::parse(&self.method)?,
                parts,
            },
            status: UploadStatus::parse(&self.status)?,
            created_at: self.created_at,
            expires_at: self.expires_at,
            completed_at: self.completed_at,
            stored,
            multipart_id: self.multipart_id,
            sequencer: self.event_sequencer.as_deref().and_then(Sequencer::parse),
        })
    }
}

fn checksum(algorithm: Option<String>, value: Option<String>) -> Result<Option<Checksum>, Invalid> {
    match (algorithm, value) {
        (Some(algorithm), Some(value)) => {
            Ok(Some(Checksum { algorithm: ChecksumAlgorithm::parse(&algorithm)?, value }))
        }
        _ => Ok(None),
    }
}
