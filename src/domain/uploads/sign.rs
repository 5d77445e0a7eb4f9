//! What may a browser that talks to S3 by itself, as Uppy 6 does, ask S3 next? One URL for each of its requests.

use std::time::Duration;

use serde_json::json;
use time::OffsetDateTime;

use super::Uploads;
use super::create::Request;
use super::settle::Witness;
use crate::adapters::s3::{Operation, PresignedRequest, SignedForm, presign_operation, presign_put, sign_form};
use crate::domain::Error;
use crate::model::{Finding, Method, MultipartId, ObjectKey, PartNumber, Principal, Provenance, Upload, UploadStatus};

/// The request that the browser is about to make.
#[derive(Debug, Clone)]
pub enum Wanted {
    /// Something new: an object in one request, or the beginning of one in parts.
    New(Request),
    /// One of a multipart upload's.
    OfParts {
        /// The key, as it was given with the beginning.
        key: String,
        /// What S3 called it.
        multipart: MultipartId,
        /// Which.
        step: Step,
    },
    /// The object's deletion.
    Deletion {
        /// The key.
        key: String,
    },
}

/// A request of a multipart upload's that has begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Send that part.
    Send(PartNumber),
    /// List the parts.
    List,
    /// Put them together.
    Complete,
    /// Give up.
    Abort,
}

/// The permission to make it.
#[derive(Debug, Clone)]
pub enum Permission {
    /// With no body, or the bytes.
    Request(PresignedRequest),
    /// As a form, with the file as its last field.
    Form(SignedForm),
}

impl Permission {
    const fn expires_at(&self) -> OffsetDateTime {
        match self {
            Self::Request(request) => request.expires_at,
            Self::Form(form) => form.expires_at,
        }
    }
}

impl Uploads {
    /// The permission to make that one request, for `expires_in` at most, and the key that it is for. What is new is on record
    /// first.
    ///
    /// # Errors
    /// When there is no such upload, it has ended or is not as far, the tenant's limits forbid it, or credentials, the record
    /// or S3 are not to be had.
    pub async fn sign(
        &self,
        principal: &Principal,
        wanted: Wanted,
        expires_in: Option<Duration>,
        provenance: Provenance,
    ) -> Result<(ObjectKey, Permission), Error> {
        let expires_in = expires_in.map_or(self.url_expiry, |wanted| wanted.min(self.url_expiry));
        match wanted {
            Wanted::New(request) => self.sign_new(principal, request, expires_in, provenance).await,
            Wanted::OfParts { key, multipart, step } => {
                // Boxed, so that what only parts need is not carried by everybody.
                let (key, request) =
                    Box::pin(self.sign_of_parts(principal, &key, &multipart, step, expires_in, provenance)).await?;
                Ok((key, Permission::Request(request)))
            }
            Wanted::Deletion { key } => {
                let (key, request) = Box::pin(self.sign_deletion(principal, &key, expires_in, provenance)).await?;
                Ok((key, Permission::Request(request)))
            }
        }
    }

    /// A multipart upload is not begun here: the browser does it, and tells us S3's name for it with its next request.
    async fn sign_new(
        &self,
        principal: &Principal,
        request: Request,
        expires_in: Duration,
        provenance: Provenance,
    ) -> Result<(ObjectKey, Permission), Error> {
        let now = self.clock.now();
        let mut upload = self.draft(principal, request, now)?;
        let credentials = self.session(&principal.tenant, principal.session_subject()).await?;
        let (bucket, grant) = (&self.bucket, &upload.grant);
        let permission = match grant.method {
            Method::Post => Permission::Form(sign_form(bucket, &credentials, grant, expires_in, now)),
            Method::Put => Permission::Request(presign_put(bucket, &credentials, grant, expires_in, now)),
            Method::Multipart => {
                let begin = Operation::Begin(grant);
                Permission::Request(presign_operation(bucket, &credentials, &grant.key, begin, expires_in, now))
            }
        };
        upload.expires_at = permission.expires_at();
        self.record(principal, &upload, provenance).await?;
        self.count(&principal.tenant, UploadStatus::Pending);
        Ok((upload.grant.key, permission))
    }

    /// The end is on record before the URL leaves. Should the browser never use it, the reconciler clears the object away.
    async fn sign_deletion(
        &self,
        principal: &Principal,
        key: &str,
        expires_in: Duration,
        provenance: Provenance,
    ) -> Result<(ObjectKey, PresignedRequest), Error> {
        let upload = self.find_by_key(principal, key).await?;
        let (id, key) = (upload.grant.id, upload.grant.key.clone());
        let ended = [UploadStatus::Pending, UploadStatus::Completed];
        let status = self.end(principal, upload, &ended, provenance.clone()).await?;
        match status {
            UploadStatus::Aborted | UploadStatus::Deleted => {}
            // What broke its grant, or came too late, is the gateway's to delete, or to keep for who wants to know why.
            UploadStatus::Pending | UploadStatus::Completed | UploadStatus::Failed | UploadStatus::Expired => {
                return Err(Error::AlreadyEnded(status));
            }
        }
        self.issue(principal, Some(id), json!({"operation": "delete"}), provenance).await?;
        let request = self.sign_operation(principal, &key, Operation::Delete, expires_in).await?;
        Ok((key, request))
    }

    /// Its owner takes the upload back, if it still stands in one of these. Gives back where it stands then.
    pub(super) async fn end(
        &self,
        principal: &Principal,
        mut upload: Upload,
        from: &[UploadStatus],
        provenance: Provenance,
    ) -> Result<UploadStatus, Error> {
        let (tenant, witness) = (&principal.tenant, Witness::caller(principal, provenance));
        while from.contains(&upload.status) {
            self.step(tenant, &upload, Finding::Withdrawn, None, &witness).await?;
            // At most twice: every step leads on, whoever takes it, and never back.
            upload = self.reread(tenant, &upload).await?;
        }
        Ok(upload.status)
    }

    /// Signs it for a key that was found to be the principal's.
    pub(super) async fn sign_operation(
        &self,
        principal: &Principal,
        key: &ObjectKey,
        operation: Operation<'_>,
        expires_in: Duration,
    ) -> Result<PresignedRequest, Error> {
        let credentials = self.session(&principal.tenant, principal.session_subject()).await?;
        Ok(presign_operation(&self.bucket, &credentials, key, operation, expires_in, self.clock.now()))
    }
}
