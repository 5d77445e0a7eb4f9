//! How do uploads and tenants look on the wire? camelCase, RFC 3339 times in UTC, sizes in bytes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::adapters::postgres::usage::{CollectionUsage, Usage};
use crate::adapters::s3::{PresignedRequest, SignedForm};
use crate::domain::uploads::create::Next;
use crate::model::{self, FileSize};

/// An upload.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Upload {
    id: Uuid,
    /// `pending`, `completed`, `failed`, `expired`, `aborted` or `deleted`.
    #[schema(example = "pending")]
    status: &'static str,
    /// Where the object lies in the bucket.
    #[schema(example = "acme/7c0e…/default/0193…/photo.jpg")]
    key: String,
    /// Whose upload it is: the token's `sub`.
    subject: String,
    #[schema(example = "default")]
    collection: String,
    #[schema(example = "photo.jpg")]
    file_name: String,
    #[schema(example = "image/jpeg")]
    content_type: String,
    /// Bytes; null while it is pending and the caller could not say.
    #[schema(example = 12345)]
    size: Option<i64>,
    /// The most bytes that it may have, when its size was not known beforehand.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_size: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    checksum: Option<Checksum>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    metadata: BTreeMap<String, String>,
    method: &'static str,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    completed_at: Option<OffsetDateTime>,
    /// The entity tag that S3 gave the object.
    #[serde(skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
    /// The request that the client must make; only in the answer that grants it, and null when there is none to make.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Request>)]
    request: Option<Option<Request>>,
    /// How to cut it; only in the answer that grants a multipart upload. URLs come from `POST /v1/uploads/{id}/parts`.
    #[serde(skip_serializing_if = "Option::is_none")]
    multipart: Option<Multipart>,
    /// Where the object can be viewed; only when asked for with `include=downloadUrl`.
    #[serde(skip_serializing_if = "Option::is_none")]
    download_url: Option<String>,
    #[serde(with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    download_url_expires_at: Option<OffsetDateTime>,
}

/// A checksum of the whole object.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(super) struct Checksum {
    /// `SHA256`, `CRC32C` or `CRC64NVME`.
    #[schema(example = "SHA256")]
    pub(super) algorithm: String,
    /// Base64.
    #[schema(example = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")]
    pub(super) value: String,
}

/// The request that the client must make to S3, exactly so.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Request {
    /// `PUT` with the file as the body, or `POST` with a form.
    #[schema(example = "PUT")]
    method: &'static str,
    url: String,
    /// With `PUT`: every header that must be sent; they are signed. A browser sets `content-length` by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<BTreeMap<&'static str, String>>,
    /// With `POST`: every field that must be sent, as `multipart/form-data`, before the last one, `file`.
    #[serde(skip_serializing_if = "Option::is_none")]
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
    #[schema(example = 16_777_216)]
    part_size: i64,
    #[schema(example = 7)]
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
    /// The largest object, in bytes.
    max_upload_bytes: i64,
    /// `image/png`, `image/*` or `*/*`.
    allowed_content_types: Vec<String>,
    /// Bytes in a calendar month (UTC); null means no limit.
    monthly_bytes: Option<i64>,
    /// Requests in a minute of all its people together; null means no limit.
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
    uploads: i64,
    bytes: i64,
    /// Of these bytes, those that are pending.
    reserved_bytes: i64,
}

impl From<Usage> for MonthlyUsage {
    fn from(usage: Usage) -> Self {
        Self { uploads: usage.uploads, bytes: usage.bytes, reserved_bytes: usage.reserved_bytes }
    }
}

/// What a collection holds: completed uploads.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Collection {
    #[schema(example = "default")]
    collection: String,
    uploads: i64,
    bytes: i64,
}

impl From<CollectionUsage> for Collection {
    fn from(usage: CollectionUsage) -> Self {
        Self { collection: usage.collection, uploads: usage.uploads, bytes: usage.bytes }
    }
}

/// A tenant, as a platform admin sees it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Tenant {
    id: Uuid,
    /// Its name in object keys, session tags and policies; never changes.
    #[schema(example = "acme")]
    slug: String,
    #[schema(example = "Acme Inc.")]
    name: String,
    /// `active` or `suspended`.
    status: &'static str,
    /// The values of the tenant claim that mean this tenant, exactly as the identity provider sends them.
    claim_values: Vec<String>,
    email_domains: Vec<String>,
    identity_provider: Option<String>,
    limits: Limits,
    /// `tenant` or `user`.
    isolation: &'static str,
    /// May its people have temporary S3 credentials, which write below their own prefix?
    credential_vending: bool,
    /// May these also read and list what is below that prefix?
    credential_reading: bool,
    /// Only in the answer about one tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<MonthlyUsage>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
}

impl From<&model::Tenant> for Tenant {
    fn from(tenant: &model::Tenant) -> Self {
        Self {
            id: tenant.id.as_uuid(),
            slug: tenant.slug.to_string(),
            name: tenant.name.as_str().to_owned(),
            status: tenant.status.as_str(),
            claim_values: tenant.claim_values.iter().map(|v| v.as_str().to_owned()).collect(),
            email_domains: tenant.email_domains.iter().map(|d| d.as_str().to_owned()).collect(),
            identity_provider: tenant.identity_provider.clone(),
            limits: Limits::from(&tenant.limits),
            isolation: tenant.isolation.as_str(),
            credential_vending: tenant.credential_vending,
            credential_reading: tenant.credential_reading,
            usage: None,
            created_at: tenant.created_at,
            updated_at: tenant.updated_at,
        }
    }
}

impl Tenant {
    /// With what it used in this month.
    pub(super) fn with_usage(tenant: &model::Tenant, usage: Usage) -> Self {
        Self { usage: Some(usage.into()), ..Self::from(tenant) }
    }
}
