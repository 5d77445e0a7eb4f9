//! How does a browser that talks to S3 by itself send a large file? It begins and completes the multipart upload; what we
//! do not sign, it cannot do.

use std::time::Duration;

use serde_json::json;

use super::Uploads;
use super::settle::Witness;
use super::sign::Step;
use crate::adapters::postgres::settlement;
use crate::adapters::s3::{ObjectError, Operation, PresignedRequest, presign_part};
use crate::domain::Error;
use crate::model::{
    Invalid, Method, MultipartId, ObjectKey, PartNumber, Principal, Provenance, StoredPart, Upload, UploadStatus,
};

impl Uploads {
    /// The permission to take that step of the multipart upload, and the key that it is for.
    pub(super) async fn sign_of_parts(
        &self,
        principal: &Principal,
        key: &str,
        multipart: &MultipartId,
        step: Step,
        expires_in: Duration,
        provenance: Provenance,
    ) -> Result<(ObjectKey, PresignedRequest), Error> {
        let upload = self.find_begun(principal, key, multipart).await?;
        if upload.status != UploadStatus::Pending && step != Step::Abort {
            return Err(Error::AlreadyEnded(upload.status));
        }
        let (id, key) = (upload.grant.id, upload.grant.key.clone());
        let (operation, name) = match step {
            Step::Send(number) => {
                let part = self.sign_one_part(principal, &upload, multipart, number, expires_in, provenance).await?;
                return Ok((key, part));
            }
            Step::List => (Operation::ListParts(multipart), "list-parts"),
            Step::Complete => {
                self.check_parts(principal, &upload, multipart, &provenance).await?;
                (Operation::Complete(multipart), "complete")
            }
            Step::Abort => {
                // Parts that became an object are no longer there to be given up; the object is deleted, not aborted.
                self.end(principal, upload, &[UploadStatus::Pending], provenance.clone()).await?;
                (Operation::Abort(multipart), "abort")
            }
        };
        self.issue(principal, Some(id), json!({"operation": name}), provenance).await?;
        let request = self.sign_operation(principal, &key, operation, expires_in).await?;
        Ok((key, request))
    }

    /// The upload under that key, if it is this multipart upload. The first that S3 knows is kept for good, so whoever uses the
    /// URL of its beginning again begins one that nothing is signed for.
    async fn find_begun(&self, principal: &Principal, key: &str, multipart: &MultipartId) -> Result<Upload, Error> {
        let mut upload = self.find_by_key(principal, key).await?;
        if upload.grant.method != Method::Multipart {
            return Err(Error::NotInParts);
        }
        if upload.multipart_id.is_none() && upload.status == UploadStatus::Pending {
            // A name that S3 does not know would keep out the one that it does.
            self.parts_at_s3(principal, &upload, multipart).await?.ok_or(Error::NotFound("multipart upload"))?;
            let until = self.clock.now() + self.multipart_expiry;
            let (tenant, id) = (&principal.tenant, upload.grant.id);
            settlement::attach_multipart(&self.pool, tenant, id, multipart.as_str(), until).await?;
            upload = self.reread(tenant, &upload).await?;
        }
        match &upload.multipart_id {
            Some(known) if known != multipart.as_str() => Err(Error::NotFound("multipart upload")),
            // One that has ended without a name had no parts; what was begun for it may be given up.
            Some(_) | None => Ok(upload),
        }
    }

    async fn sign_one_part(
        &self,
        principal: &Principal,
        upload: &Upload,
        multipart: &MultipartId,
        number: PartNumber,
        expires_in: Duration,
        provenance: Provenance,
    ) -> Result<PresignedRequest, Error> {
        let size = match upload.grant.parts {
            Some(plan) => Some(plan.size_of(number).ok_or_else(|| {
                let text = format!("must be at most {}, the last part", plan.count());
                Error::NotAllowed(vec![("/partNumber", text.into())])
            })?),
            None => None,
        };
        let now = self.clock.now();
        self.wait_longer(principal, upload).await?;
        let credentials = self.session(&principal.tenant, principal.session_subject()).await?;
        let detail = json!({"operation": "part", "partNumbers": [number.get()]});
        self.issue(principal, Some(upload.grant.id), detail, provenance).await?;
        let (bucket, key) = (&self.bucket, &upload.grant.key);
        Ok(presign_part(bucket, &credentials, key, multipart.as_str(), number, size, expires_in, now))
    }

    /// Completing is the one step that makes an object, so it is signed only for parts that the grant allows. Parts may still be
    /// sent after this; an object that has grown too large by them is found out when it is there.
    async fn check_parts(
        &self,
        principal: &Principal,
        upload: &Upload,
        multipart: &MultipartId,
        provenance: &Provenance,
    ) -> Result<(), Error> {
        let Some(parts) = self.parts_at_s3(principal, upload, multipart).await? else {
            return Err(self.put_together_before(principal, upload, provenance).await?);
        };
        check_sum(upload, &parts)?;
        self.wait_longer(principal, upload).await?;
        // Should neither S3 nor the browser tell that it is done, the reconciler finds the object soon.
        let look = self.clock.now() + self.lease;
        let (tenant, id) = (&principal.tenant, upload.grant.id);
        Ok(settlement::check_at(&self.pool, tenant, id, UploadStatus::Pending, Some(look)).await?)
    }

    /// S3 does not know the multipart upload any more: the browser put it together, or gave it up, and nobody told us yet.
    async fn put_together_before(
        &self,
        principal: &Principal,
        upload: &Upload,
        provenance: &Provenance,
    ) -> Result<Error, Error> {
        let (tenant, witness) = (&principal.tenant, Witness::caller(principal, provenance.clone()));
        let Some(stored) = self.look(tenant, upload, &witness).await? else {
            return Ok(Error::NotFound("multipart upload"));
        };
        let (_moved, verdict) = self.accept(tenant, upload, &stored, &witness).await?;
        verdict.map_err(Error::GrantBroken)?;
        Ok(Error::AlreadyEnded(self.reread(tenant, upload).await?.status))
    }

    /// The parts that S3 has; nothing when it does not know the multipart upload.
    async fn parts_at_s3(
        &self,
        principal: &Principal,
        upload: &Upload,
        multipart: &MultipartId,
    ) -> Result<Option<Vec<StoredPart>>, Error> {
        let credentials = self.session(&principal.tenant, principal.session_subject()).await?;
        match self.objects.list_parts(&credentials, &upload.grant.key, multipart.as_str()).await {
            Ok(parts) => Ok(Some(parts)),
            Err(ObjectError::Missing) => Ok(None),
            Err(error) => Err(Error::StoreUnavailable(error)),
        }
    }

    /// The upload is waited for anew from now on.
    async fn wait_longer(&self, principal: &Principal, upload: &Upload) -> Result<(), Error> {
        let until = self.clock.now() + self.multipart_expiry;
        if settlement::extend(&self.pool, &principal.tenant, upload.grant.id, until).await? {
            return Ok(());
        }
        Err(Error::AlreadyEnded(self.reread(&principal.tenant, upload).await?.status))
    }
}

fn check_sum(upload: &Upload, parts: &[StoredPart]) -> Result<(), Error> {
    let about_parts = |rule: Invalid| Err(Error::NotAllowed(vec![("/uploadId", rule)]));
    if parts.is_empty() {
        return about_parts(Invalid::rule("has no parts yet: send at least one"));
    }
    let sum: i64 = parts.iter().map(|part| part.size).sum();
    let (least, most) = (upload.grant.size.least(), upload.grant.size.most().bytes());
    if (least..=most).contains(&sum) {
        return Ok(());
    }
    about_parts(format!("has parts of {sum} bytes together where {least} to {most} were granted").into())
}
