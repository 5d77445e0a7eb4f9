//! How do uploads and tenants look on the wire? camelCase, RFC 3339 times in UTC, sizes in bytes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use super::schema;
use crate::adapters::postgres::usage::{CollectionUsage, DayUsage, Usage};
use crate::adapters::s3::{PresignedRequest, SignedForm};
use crate::domain::uploads::create::Next;
use crate::model::{self, FileSize};

/// An upload.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Upload {
    id: Uuid,
    #[schema(value_type = schema::UploadStatus)]
    status: &'static str,
    /// Where the object lies in the bucket.
    key: String,
    /// Whose upload it is.
    #[schema(value_type = schema::Subject)]
    subject: String,
    #[schema(value_type = schema::CollectionName)]
    collection: String,
    #[schema(value_type = schema::FileName)]
    file_name: String,
    #[schema(value_type = schema::ContentType)]
    content_type: String,
    /// Null while it is pending and the caller could not say.
    #[schema(value_type = Option<schema::FileSize>)]
    size: Option<i64>,
    /// The most bytes that it may have, when its size was not known beforehand.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = schema::FileSize)]
    max_size: Option<i64>,
    /// What S3 holds, once the upload is completed; before that, what the caller said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = schema::Checksum)]
    checksum: Option<Checksum>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = schema::Metadata)]
    metadata: BTreeMap<String, String>,
    #[schema(value_type = schema::UploadMethod)]
    method: &'static str,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, format = DateTime)]
    completed_at: Option<OffsetDateTime>,
    /// The entity tag that S3 gave the object.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = schema::EntityTag)]
    etag: Option<String>,
    /// The request that the client must make; only in the answer that grants it, and null when there is none to make.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Request>)]
    request: Option<Option<Request>>,
    /// How to cut it; only in the answer that grants a multipart upload. URLs come from `POST /v1/uploads/{id}/parts`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Multipart)]
    multipart: Option<Multipart>,
    /// Where the object can be viewed; only when asked for with `include=downloadUrl`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = schema::SecretUrl)]
    download_url: Option<String>,
    #[serde(with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, format = DateTime)]
    download_url_expires_at: Option<OffsetDateTime>,
}

/// A checksum of the whole object.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Checksum {
    pub(super) algorithm: String,
    pub(super) value: String,
}

/// The request that the client must make to S3, exactly so.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Request {
    /// `PUT` with the file as the body, or `POST` with a form.
    #[schema(value_type = schema::SignedMethod)]
    method: &'static str,
    #[schema(value_type = schema::SecretUrl)]
    url: String,
    /// With `PUT`: every header that must be sent; they are signed. A browser sets `content-length` by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = BTreeMap<String, String>)]
    headers: Option<BTreeMap<&'static str, String>>,
    /// With `POST`: every field that must be sent, as `multipart/form-data`, before the last one, `file`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = BTreeMap<String, String>)]
    fields: Option<BTreeMap<&'static str, String>>,
    /// When S3 stops taking it.
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
}

/// How a file is cut into parts.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Multipart {
    /// Bytes of each part but the last, which is what remains.
    #[schema(minimum = 5_242_880, maximum = 5_368_709_120_i64, example = 16_777_216)]
    part_size: i64,
    #[schema(value_type = schema::PartNumber)]
    part_count: i64,
}

impl From<model::Upload> for Upload {
    fn from(upload: model::Upload) -> Self {
        let grant = upload.grant;
        let (etag, held, size) = match upload.stored {
            Some(stored) => (Some(stored.etag), stored.checksum, Some(stored.size)),
            None => (None, None, grant.size.exact().map(FileSize::bytes)),
        };
        // What S3 holds, once it does, and not what the client said it would.
        let checksum = if etag.is_some() { held } else { grant.checksum };
        Self {
            id: grant.id.as_uuid(),
            status: upload.status.as_str(),
            key: grant.key.to_string(),
            subject: grant.subject.to_string(),
            collection: grant.collection.to_string(),
            file_name: grant.file_name.as_str().to_owned(),
            content_type: grant.content_type.as_str().to_owned(),
            size,
            max_size: grant.size.exact().is_none().then(|| grant.size.most().bytes()),
            checksum: checksum.map(|c| Checksum { algorithm: c.algorithm.as_str().to_owned(), value: c.value }),
            metadata: grant.metadata.entries().clone(),
            method: grant.method.as_str(),
            created_at: upload.created_at,
            completed_at: upload.completed_at,
            etag,
            request: None,
            multipart: None,
            download_url: None,
            download_url_expires_at: None,
        }
    }
}

impl Upload {
    /// With a URL to view it, where there is one.
    pub(super) fn viewable(upload: model::Upload, url: Option<PresignedRequest>) -> Self {
        let (download_url, download_url_expires_at) = url.map(|url| (url.url, url.expires_at)).unzip();
        Self { download_url, download_url_expires_at, ..upload.into() }
    }

    /// With what the client is to do next.
    pub(super) fn granted(upload: model::Upload, next: Next) -> Self {
        let (request, multipart) = match next {
            Next::Put(PresignedRequest { method, url, headers, expires_at }) => {
                let headers = Some(headers.into_iter().collect());
                (Some(Request { method, url, headers, fields: None, expires_at }), None)
            }
            Next::Form(SignedForm { url, fields, expires_at }) => {
                let fields = Some(fields.into_iter().collect());
                (Some(Request { method: "POST", url, headers: None, fields, expires_at }), None)
            }
            Next::Parts(plan) => {
                (None, plan.map(|plan| Multipart { part_size: plan.part_size(), part_count: plan.count() }))
            }
            Next::Nothing => (None, None),
        };
        Self { request: Some(request), multipart, ..upload.into() }
    }
}

/// What a tenant may do at most.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Limits {
    /// The largest object.
    #[schema(value_type = schema::FileSize)]
    max_upload_bytes: i64,
    #[schema(value_type = Vec<schema::ContentTypePattern>, max_items = 100)]
    allowed_content_types: Vec<String>,
    /// Null means no limit.
    #[schema(value_type = Option<schema::MonthlyBytes>)]
    monthly_bytes: Option<i64>,
    /// Of all its people together; null means no limit.
    #[schema(value_type = Option<schema::RequestsPerMinute>)]
    requests_per_minute: Option<i32>,
}

impl From<&model::Limits> for Limits {
    fn from(limits: &model::Limits) -> Self {
        Self {
            max_upload_bytes: limits.max_upload_bytes.bytes(),
            allowed_content_types: limits.allowed_content_types.iter().map(|p| p.as_str().to_owned()).collect(),
            monthly_bytes: limits.monthly_bytes,
            requests_per_minute: limits.requests_per_minute,
        }
    }
}

/// What the tenant used in a calendar month (UTC): uploads that are pending or were completed, the deleted ones too.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct MonthlyUsage {
    #[schema(value_type = schema::Count)]
    uploads: i64,
    #[schema(value_type = schema::Count)]
    bytes: i64,
    /// Of these bytes, those that are pending.
    #[schema(value_type = schema::Count)]
    reserved_bytes: i64,
}

impl From<Usage> for MonthlyUsage {
    fn from(usage: Usage) -> Self {
        Self { uploads: usage.uploads, bytes: usage.bytes, reserved_bytes: usage.reserved_bytes }
    }
}

/// A day (UTC), and the uploads that were completed then, the deleted ones too.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Day {
    #[schema(value_type = schema::CalendarDay)]
    day: String,
    #[schema(value_type = schema::Count)]
    uploads: i64,
    /// As S3 holds them.
    #[schema(value_type = schema::Count)]
    bytes: i64,
}

impl From<DayUsage> for Day {
    fn from(usage: DayUsage) -> Self {
        // As RFC 3339 writes it.
        Self { day: usage.day.to_string(), uploads: usage.uploads, bytes: usage.bytes }
    }
}

/// What a collection holds: completed uploads.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Collection {
    #[schema(value_type = schema::CollectionName)]
    collection: String,
    #[schema(value_type = schema::Count)]
    uploads: i64,
    #[schema(value_type = schema::Count)]
    bytes: i64,
}

impl From<CollectionUsage> for Collection {
    fn from(usage: CollectionUsage) -> Self {
        Self { collection: usage.collection, uploads: usage.uploads, bytes: usage.bytes }
    }
}
