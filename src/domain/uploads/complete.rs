//! Does S3 hold what was granted? Asked when the client says that it is done; the answer is recorded once.

use std::collections::BTreeMap;

use super::Uploads;
use super::settle::Witness;
use crate::adapters::postgres::settlement;
use crate::adapters::s3::ObjectError;
use crate::domain::Error;
use crate::model::{Invalid, Method, PartNumber, Principal, Provenance, StoredPart, Upload, UploadId, UploadStatus};

/// A part as the client says that it was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartClaim {
    /// Its number.
    pub number: PartNumber,
    /// The entity tag that S3 answered, with or without its quotes.
    pub etag: String,
}

impl Uploads {
    /// Puts the parts together if there are any, looks at the object, compares it with the grant, and records the outcome.
    /// Doing it again changes nothing.
    ///
    /// # Errors
    /// When the object is not there or breaks its grant, the parts are not all there or not as said, the upload has ended
    /// otherwise, or S3 or Postgres do not answer.
    pub async fn complete(
        &self,
        principal: &Principal,
        id: UploadId,
        parts: Option<&[PartClaim]>,
        provenance: Provenance,
    ) -> Result<Upload, Error> {
        let upload = self.find(principal, id).await?;
        if upload.status == UploadStatus::Completed {
            return Ok(upload);
        }
        if upload.status != UploadStatus::Pending {
            return Err(Error::AlreadyEnded(upload.status));
        }
        let tenant = &principal.tenant;
        let in_parts = upload.grant.method == Method::Multipart;
        if let Some(claimed) = parts.filter(|_| in_parts) {
            self.put_together(principal, &upload, claimed).await?;
        }
        let witness = Witness::caller(principal, provenance);
        let found = self.look(tenant, &upload, &witness).await?;
        // A browser that put the parts together by itself has no list of them, and needs none: the object is there.
        let stored = match found {
            Some(stored) => stored,
            None if in_parts && parts.is_none() => return Err(about_parts("is required for a multipart upload")),
            None => return Err(Error::ObjectMissing),
        };
        let (_moved, verdict) = self.accept(tenant, &upload, &stored, &witness).await?;
        verdict.map_err(Error::GrantBroken)?;
        // Somebody else may have been first, and with another outcome.
        let settled = self.reread(tenant, &upload).await?;
        if settled.status == UploadStatus::Completed { Ok(settled) } else { Err(Error::AlreadyEnded(settled.status)) }
    }

    /// Completes the multipart upload, unless that was done before: then the object is there already.
    async fn put_together(&self, principal: &Principal, upload: &Upload, claimed: &[PartClaim]) -> Result<(), Error> {
        check_order(upload, claimed)?;
        let multipart = upload.multipart_id.as_deref().ok_or(Error::ObjectMissing)?;
        let (tenant, key) = (&principal.tenant, &upload.grant.key);
        let credentials = self.session(tenant, principal.session_subject()).await?;
        let stored = match self.objects.list_parts(&credentials, key, multipart).await {
            Ok(stored) => stored,
            Err(ObjectError::Missing) => return Ok(()),
            Err(error) => return Err(Error::StoreUnavailable(error)),
        };
        let parts = check_against_store(upload, claimed, stored)?;
        let (id, now) = (upload.grant.id, self.clock.now());
        if !settlement::extend(&self.pool, tenant, id, now + self.multipart_expiry).await? {
            return Err(Error::AlreadyEnded(self.reread(tenant, upload).await?.status));
        }
        // Should this process die between S3's answer and our record, the reconciler finds the object soon.
        settlement::check_at(&self.pool, tenant, id, UploadStatus::Pending, Some(now + self.lease)).await?;
        // S3 may take longer than the client waits; what was begun goes on without it.
        let (objects, key, multipart) = (self.objects.clone(), key.clone(), multipart.to_owned());
        let whole =
            tokio::spawn(async move { objects.complete_multipart(&credentials, &key, &multipart, &parts).await });
        let interrupted = |_| ObjectError::Unavailable("putting the parts together was interrupted".to_owned());
        match whole.await.map_err(interrupted).and_then(|result| result) {
            Ok(()) | Err(ObjectError::Missing) => Ok(()),
            Err(ObjectError::Refused(why)) => Err(about_parts(format!("is refused by S3: {why}"))),
            Err(error @ ObjectError::Unavailable(_)) => Err(Error::StoreUnavailable(error)),
        }
    }
}

fn about_parts(rule: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::NotAllowed(vec![("/parts", Invalid(rule.into()))])
}

/// Parts are numbered 1, 2, 3 … without a gap, as many as the plan has.
fn check_order(upload: &Upload, claimed: &[PartClaim]) -> Result<(), Error> {
    for (expected, part) in (1_i64..).zip(claimed) {
        let number = i64::from(part.number.get());
        if number != expected {
            return Err(about_parts(format!("must be numbered 1, 2, 3 …: {number} stands where {expected} belongs")));
        }
    }
    let count = i64::try_from(claimed.len()).unwrap_or(i64::MAX);
    match upload.grant.parts {
        Some(plan) if plan.count() != count => {
            Err(about_parts(format!("must be all {} parts; {count} are given", plan.count())))
        }
        None if count == 0 => Err(about_parts("must hold at least one part")),
        _ => Ok(()),
    }
}

/// The parts as S3 holds them, when they are the ones that the client means and add up to what was granted.
fn check_against_store(
    upload: &Upload,
    claimed: &[PartClaim],
    stored: Vec<StoredPart>,
) -> Result<Vec<StoredPart>, Error> {
    let mut held: BTreeMap<PartNumber, StoredPart> = stored.into_iter().map(|part| (part.number, part)).collect();
    let mut parts = Vec::with_capacity(claimed.len());
    for claim in claimed {
        let part = held.remove(&claim.number).ok_or(Error::PartMissing(claim.number))?;
        if part.etag != claim.etag.trim_matches('"') {
            return Err(about_parts(format!("holds another etag than S3 for part {}", claim.number.get())));
        }
        parts.push(part);
    }
    let sum: i64 = parts.iter().map(|part| part.size).sum();
    let (least, most) = (upload.grant.size.least(), upload.grant.size.most().bytes());
    if !(least..=most).contains(&sum) {
        return Err(about_parts(format!("add up to {sum} bytes where {least} to {most} were granted")));
    }
    Ok(parts)
}

#[cfg(test)]
#[path = "complete_tests.rs"]
mod tests;
