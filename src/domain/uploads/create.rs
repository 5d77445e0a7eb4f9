//! How does a caller get a URL that can write one object? Access, limits, key, grant, record, in this order.

use super::Uploads;
use crate::adapters::postgres::GrantRow;
use crate::adapters::s3::{PresignedRequest, presign_put};
use crate::domain::Error;
use crate::model::{
    Checksum, Collection, ContentType, FileName, FileSize, Grant, GrantedSize, Invalid, Limits, Metadata, Method,
    ObjectKey, Principal, RequestId, Upload, UploadId, UploadStatus,
};

/// What the caller asks for.
#[derive(Debug, Clone)]
pub struct Request {
    /// The name for people.
    pub file_name: FileName,
    /// The media type, which will be signed.
    pub content_type: ContentType,
    /// The size in bytes, which will be signed.
    pub size: FileSize,
    /// The checksum, which will be signed.
    pub checksum: Option<Checksum>,
    /// The folder.
    pub collection: Collection,
    /// What to remember.
    pub metadata: Metadata,
    /// How the bytes travel, when the caller minds.
    pub method: Option<Method>,
    /// The key to sign instead, for the test that proves the other two walls.
    #[cfg(feature = "walls-off-for-tests")]
    pub unwalled_key: Option<String>,
}

/// A grant on record, and the request that it allows.
pub type Granted = (Upload, PresignedRequest);

impl Uploads {
    /// Grants one upload. The URL is returned only after its record is committed.
    ///
    /// # Errors
    /// When the tenant's limits forbid it, or credentials or the record are not to be had.
    pub async fn create(&self, principal: &Principal, request: Request, id: RequestId) -> Result<Granted, Error> {
        check_limits(&principal.tenant.limits, &request, self.multipart_threshold)?;
        let now = self.clock.now();
        let grant = grant(principal, request, UploadId::new(now));
        let credentials = self
            .credentials
            .get(&principal.tenant, principal.session_subject())
            .await
            .map_err(Error::CredentialsUnavailable)?;
        let presigned = presign_put(&self.bucket, &credentials, &grant, self.url_expiry, now);
        let row = GrantRow::new(&principal.tenant, grant.clone(), now, presigned.expires_at, id);
        self.ledger.record(row).await.map_err(Error::LedgerUnavailable)?;
        self.metrics.uploads.with_label_values(&[UploadStatus::Pending.as_str()]).inc();
        let upload = Upload {
            grant,
            status: UploadStatus::Pending,
            created_at: now,
            expires_at: presigned.expires_at,
            completed_at: None,
            stored: None,
            multipart_id: None,
        };
        Ok((upload, presigned))
    }
}

fn grant(principal: &Principal, request: Request, id: UploadId) -> Grant {
    let Request { file_name, content_type, size, checksum, collection, metadata, .. } = request;
    let key = ObjectKey::new(&principal.tenant, &principal.subject, &collection, id, &file_name);
    #[cfg(feature = "walls-off-for-tests")]
    let key = request.unwalled_key.map_or(key, ObjectKey::unwalled);
    let subject = principal.subject.clone();
    let (size, method, parts) = (GrantedSize::Exactly(size), Method::Put, None);
    Grant { id, subject, key, collection, file_name, content_type, size, checksum, metadata, method, parts }
}

/// Every rule that the request breaks, at once.
fn check_limits(limits: &Limits, request: &Request, threshold: FileSize) -> Result<(), Error> {
    let mut broken: Vec<(&'static str, Invalid)> = Vec::new();
    let size = request.size.bytes();
    let largest = limits.max_upload_bytes.bytes();
    if size > largest {
        broken.push(("/size", format!("must be at most {largest} bytes, the tenant's limit").into()));
    } else if size > FileSize::LARGEST_PUT {
        broken
            .push(("/size", Invalid::rule("must be at most 5368709120 bytes (5 GiB), the most that one PUT carries")));
    } else if request.method.is_none() && size > threshold.bytes() {
        let threshold = threshold.bytes();
        let text = format!("is above {threshold} bytes: ask for \"method\": \"put\" to send it in one request");
        broken.push(("/size", text.into()));
    }
    if matches!(request.method, Some(Method::Post | Method::Multipart)) {
        broken.push(("/method", Invalid::rule("must be put; this version offers no other method")));
    }
    if !limits.allowed_content_types.iter().any(|pattern| pattern.allows(&request.content_type)) {
        let allowed: Vec<&str> = limits.allowed_content_types.iter().map(|p| p.as_str()).collect();
        broken.push(("/contentType", format!("must be one of the tenant's types: {}", allowed.join(", ")).into()));
    }
    if broken.is_empty() { Ok(()) } else { Err(Error::NotAllowed(broken)) }
}
