//! How does a large file travel? In parts, each with a URL that is made when it is needed, so that none dies on the way.

use serde_json::json;

use super::Uploads;
use crate::adapters::postgres::settlement;
use crate::adapters::s3::{ObjectError, PresignedRequest, presign_part};
use crate::domain::Error;
use crate::model::{
    Invalid, Method, MultipartId, PartNumber, Principal, Provenance, StoredPart, Tenant, Upload, UploadId, UploadStatus,
};

impl Uploads {
    /// A URL for each of these parts. The upload is waited for anew from now on.
    ///
    /// # Errors
    /// When the upload is none in parts or has ended, has no such part, or S3, STS or Postgres do not answer.
    pub async fn sign_parts(
        &self,
        principal: &Principal,
        id: UploadId,
        numbers: &[PartNumber],
        provenance: Provenance,
    ) -> Result<Vec<(PartNumber, PresignedRequest)>, Error> {
        let upload = self.find_in_parts(principal, id).await?;
        if let Some(plan) = upload.grant.parts
            && let Some(beyond) = numbers.iter().find(|number| plan.size_of(**number).is_none())
        {
            let text = format!("must be at most {}, the last part; {} is beyond", plan.count(), beyond.get());
            return Err(Error::NotAllowed(vec![("/partNumbers", text.into())]));
        }
        let multipart = self.begin_parts(principal, &upload).await?;
        let now = self.clock.now();
        if !settlement::extend(&self.pool, &principal.tenant, id, now + self.multipart_expiry).await? {
            return Err(Error::AlreadyEnded(self.reread(&principal.tenant, &upload).await?.status));
        }
        let credentials = self.session(&principal.tenant, principal.session_subject()).await?;
        let asked: Vec<u16> = numbers.iter().map(|number| number.get()).collect();
        let detail = json!({"operation": "part", "partNumbers": asked});
        self.issue(principal, Some(id), detail, provenance).await?;
        let sign = |number: &PartNumber| {
            let size = upload.grant.parts.and_then(|plan| plan.size_of(*number));
            let key = &upload.grant.key;
            let url = presign_part(&self.bucket, &credentials, key, &multipart, *number, size, self.url_expiry, now);
            (*number, url)
        };
        Ok(numbers.iter().map(sign).collect())
    }

    /// The parts that S3 has, for a client that lost count.
    ///
    /// # Errors
    /// When the upload is none in parts or has ended, or S3 or Postgres do not answer.
    pub async fn stored_parts(&self, principal: &Principal, id: UploadId) -> Result<Vec<StoredPart>, Error> {
        let upload = self.find_in_parts(principal, id).await?;
        let Some(multipart) = upload.multipart_id.as_deref() else { return Ok(Vec::new()) };
        let credentials = self.session(&principal.tenant, principal.session_subject()).await?;
        match self.objects.list_parts(&credentials, &upload.grant.key, multipart).await {
            Ok(parts) => Ok(parts),
            // Completed or aborted at S3, which the ledger has yet to hear of.
            Err(ObjectError::Missing) => Ok(Vec::new()),
            Err(error) => Err(Error::StoreUnavailable(error)),
        }
    }

    /// What S3 calls the multipart upload, which is begun now if it was not yet: a process may have died in between.
    pub(super) async fn begin_parts(&self, principal: &Principal, upload: &Upload) -> Result<String, Error> {
        if let Some(known) = &upload.multipart_id {
            return Ok(known.clone());
        }
        let (tenant, key) = (&principal.tenant, &upload.grant.key);
        let credentials = self.session(tenant, principal.session_subject()).await?;
        let begun =
            self.objects.create_multipart(&credentials, &upload.grant).await.map_err(Error::StoreUnavailable)?;
        let until = self.clock.now() + self.multipart_expiry;
        if settlement::attach_multipart(&self.pool, tenant, upload.grant.id, &begun, until).await? {
            return Ok(begun);
        }
        // Another request was first, or the upload has ended; ours is of no use.
        self.objects.abort_multipart(&credentials, key, &begun).await.map_err(Error::StoreUnavailable)?;
        self.begun_by_another(tenant, upload).await
    }

    async fn begun_by_another(&self, tenant: &Tenant, upload: &Upload) -> Result<String, Error> {
        let now = self.reread(tenant, upload).await?;
        match (now.status, now.multipart_id) {
            (UploadStatus::Pending, Some(id)) => Ok(id),
            (status, _) => Err(Error::AlreadyEnded(status)),
        }
    }

    /// The upload that travels in parts under that key and name of S3's, wherever it stands.
    ///
    /// # Errors
    /// When there is none, it is none in parts, or Postgres does not answer.
    pub async fn find_multipart(
        &self,
        principal: &Principal,
        key: &str,
        multipart: &MultipartId,
    ) -> Result<Upload, Error> {
        let upload = self.find_by_key(principal, key).await?;
        if upload.grant.method != Method::Multipart {
            return Err(Error::NotInParts);
        }
        let is_it = upload.multipart_id.as_deref() == Some(multipart.as_str());
        if is_it { Ok(upload) } else { Err(Error::NotFound("multipart upload")) }
    }

    async fn find_in_parts(&self, principal: &Principal, id: UploadId) -> Result<Upload, Error> {
        let upload = self.find(principal, id).await?;
        if upload.grant.method != Method::Multipart {
            return Err(Error::NotInParts);
        }
        if upload.status == UploadStatus::Pending { Ok(upload) } else { Err(Error::AlreadyEnded(upload.status)) }
    }
}

/// Which parts a client may ask for in one call.
///
/// # Errors
/// When there is none, more than 1,000, a number that S3 does not have, or one twice.
pub fn part_numbers(numbers: &[i64]) -> Result<Vec<PartNumber>, Invalid> {
    if numbers.is_empty() || numbers.len() > 1000 {
        return Err(Invalid::rule("must be 1 to 1000 part numbers"));
    }
    let parsed: Vec<PartNumber> = numbers.iter().map(|number| PartNumber::parse(*number)).collect::<Result<_, _>>()?;
    let mut sorted = parsed.clone();
    sorted.sort_unstable();
    sorted.dedup();
    if sorted.len() < parsed.len() {
        return Err(Invalid::rule("must not hold a part number twice"));
    }
    Ok(parsed)
}
