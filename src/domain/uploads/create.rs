//! How does a caller get the permission to write one object? Access, limits, key, grant, record, in this order.

use time::OffsetDateTime;
use tracing::field::Empty;
use tracing::info_span;

use super::Uploads;
use crate::adapters::postgres::GrantRow;
use crate::adapters::postgres::ledger::LedgerError;
use crate::adapters::s3::{PresignedRequest, SignedForm, presign_put, sign_form};
use crate::adapters::sts::TemporaryCredentials;
use crate::domain::Error;
use crate::model::{
    Checksum, Collection, ContentType, FileName, FileSize, Grant, GrantedSize, Metadata, Method, ObjectKey, PartPlan,
    Principal, Provenance, Upload, UploadId, UploadStatus,
};
use crate::trace;

/// What the caller asks for.
#[derive(Debug, Clone)]
pub struct Request {
    /// The name for people.
    pub file_name: FileName,
    /// The media type, which will be signed.
    pub content_type: ContentType,
    /// The size in bytes, which will be signed; a form and parts do without.
    pub size: Option<FileSize>,
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

/// What the client is to do next.
#[derive(Debug, Clone)]
pub enum Next {
    /// Make this one request.
    Put(PresignedRequest),
    /// Send this form, with the file as its last field.
    Form(SignedForm),
    /// Ask for URLs of parts.
    Parts(Option<PartPlan>),
    /// Nothing: the upload has ended.
    Nothing,
}

/// A grant on record, and what it allows.
pub type Granted = (Upload, Next);

impl Uploads {
    /// Grants one upload. What it allows is returned only after its record is committed.
    ///
    /// # Errors
    /// When the tenant's limits forbid it, or credentials, the record or S3 are not to be had.
    pub async fn create(
        &self,
        principal: &Principal,
        request: Request,
        provenance: Provenance,
    ) -> Result<Granted, Error> {
        let now = self.clock.now();
        let (upload, next) = self.grant(principal, request, now).await?;
        self.record(principal, &upload, provenance.clone()).await?;
        match next {
            Next::Parts(_) => {
                // Boxed, so that the hot path does not carry what only parts need.
                let begun = Box::pin(self.begin(principal, upload.clone(), next)).await;
                if begun.is_err() {
                    Box::pin(self.take_back(principal, [upload], provenance)).await;
                }
                begun
            }
            Next::Put(_) | Next::Form(_) | Next::Nothing => {
                self.count(&principal.tenant, UploadStatus::Pending);
                Ok((upload, next))
            }
        }
    }

    /// Puts one grant on record, on the way of nearly all: one trip to the group-commit writer.
    pub(super) async fn record(
        &self,
        principal: &Principal,
        upload: &Upload,
        provenance: Provenance,
    ) -> Result<(), Error> {
        trace::note_upload(upload.grant.id);
        let span = info_span!("record grant", otel.failed = Empty);
        trace::step(span, self.ledger.record(row(principal, upload, provenance))).await.map_err(|error| {
            if let LedgerError::OverQuota(over) = error {
                self.over_quota(over)
            } else {
                Error::LedgerUnavailable(error)
            }
        })
    }

    /// The grant and what it allows, neither of them on record yet.
    pub(super) async fn grant(
        &self,
        principal: &Principal,
        request: Request,
        now: OffsetDateTime,
    ) -> Result<Granted, Error> {
        let mut upload = self.draft(principal, request, now)?;
        let credentials = self.session(&principal.tenant, principal.session_subject()).await?;
        let next = self.allow(&credentials, &mut upload, now);
        Ok((upload, next))
    }

    /// What the tenant's limits let the caller have, with nothing signed yet.
    pub(super) fn draft(&self, principal: &Principal, request: Request, now: OffsetDateTime) -> Result<Upload, Error> {
        let (size, method) = self.check_limits(&principal.tenant.limits, &request)?;
        Ok(Upload {
            grant: self.write_down(principal, request, size, method, UploadId::new(now)),
            status: UploadStatus::Pending,
            created_at: now,
            expires_at: now,
            completed_at: None,
            stored: None,
            multipart_id: None,
            sequencer: None,
        })
    }

    /// Signs what the upload needs next, and sets until when it is waited for.
    pub(super) fn allow(&self, credentials: &TemporaryCredentials, upload: &mut Upload, now: OffsetDateTime) -> Next {
        let grant = &upload.grant;
        let _presigning = info_span!("presign").entered();
        let (next, expires_at) = match grant.method {
            Method::Put => {
                let put = presign_put(&self.bucket, credentials, grant, self.url_expiry, now);
                let expires_at = put.expires_at;
                (Next::Put(put), expires_at)
            }
            Method::Post => {
                let form = sign_form(&self.bucket, credentials, grant, self.url_expiry, now);
                let expires_at = form.expires_at;
                (Next::Form(form), expires_at)
            }
            // Until it has begun at S3, it is waited for no longer than a URL would be.
            Method::Multipart if upload.multipart_id.is_none() => (Next::Parts(grant.parts), now + self.url_expiry),
            Method::Multipart => (Next::Parts(grant.parts), now + self.multipart_expiry),
        };
        upload.expires_at = expires_at;
        next
    }

    /// Begins at S3 what is on record now, when there is anything to begin.
    pub(super) async fn begin(&self, principal: &Principal, mut upload: Upload, next: Next) -> Result<Granted, Error> {
        self.count(&principal.tenant, UploadStatus::Pending);
        if matches!(next, Next::Parts(_)) {
            upload.multipart_id = Some(self.begin_parts(principal, &upload).await?);
        }
        Ok((upload, next))
    }

    fn write_down(
        &self,
        principal: &Principal,
        request: Request,
        size: GrantedSize,
        method: Method,
        id: UploadId,
    ) -> Grant {
        let Request { file_name, content_type, checksum, collection, metadata, .. } = request;
        let key = ObjectKey::new(&principal.tenant, &principal.subject, &collection, id, &file_name);
        #[cfg(feature = "walls-off-for-tests")]
        let key = request.unwalled_key.map_or(key, ObjectKey::unwalled);
        let exact = size.exact().filter(|_| method == Method::Multipart);
        let parts = exact.map(|size| PartPlan::new(size, self.part_size));
        let subject = principal.subject.clone();
        Grant { id, subject, key, collection, file_name, content_type, size, checksum, metadata, method, parts }
    }
}

/// What the ledger writes for it.
pub(super) fn row(principal: &Principal, upload: &Upload, provenance: Provenance) -> GrantRow {
    GrantRow::new(&principal.tenant, upload.grant.clone(), upload.created_at, upload.expires_at, provenance)
}
