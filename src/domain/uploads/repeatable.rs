//! How does a client ask twice and get one upload? And how are many uploads granted all or none?

use aws_lc_rs::digest::{SHA256, digest};
use futures_util::{StreamExt as _, TryStreamExt as _};
use serde_json::json;
use tracing::field::Empty;
use tracing::info_span;

use super::Uploads;
use super::create::{Granted, Next, Request, row};
use super::settle::Witness;
use crate::adapters::postgres::idempotency::{self, Made, Recorded, RepeatableRequest};
use crate::adapters::postgres::{settlement, uploads};
use crate::domain::Error;
use crate::model::{Finding, IdempotencyKey, Principal, Provenance, Upload, UploadId, UploadStatus};
use crate::trace;

/// How many uploads of one request are begun side by side.
const AT_ONCE: usize = 8;

/// Grants, and whether an earlier request made them.
pub struct Answered {
    /// In the order in which they were asked for.
    pub granted: Vec<Granted>,
    /// This request repeats an earlier one.
    pub repeated: bool,
}

impl Uploads {
    /// Grants all of these or none. Under a key that was used before, it answers what was granted then, with fresh URLs.
    ///
    /// # Errors
    /// When the tenant's limits forbid one of them, their sum is over its quota, the key was used for something else, or
    /// credentials, the record or S3 are not to be had.
    pub async fn create_all(
        &self,
        principal: &Principal,
        requests: Vec<Request>,
        key: Option<(IdempotencyKey, &[u8])>,
        provenance: Provenance,
    ) -> Result<Answered, Error> {
        let now = self.clock.now();
        let request = key.map(|(key, content)| RepeatableRequest {
            key: key.into_string(),
            digest: digest(&SHA256, content).as_ref().to_vec(),
            expires_at: now + self.idempotency_expiry,
        });
        if let Some(request) = &request {
            let mut connection = self.pool.acquire().await?;
            let (tenant, subject) = (&principal.tenant, &principal.subject);
            if let Some(made) = idempotency::find(&mut connection, tenant, subject, &request.key, now).await? {
                drop(connection);
                return self.repeat(principal, request, made, &provenance).await;
            }
        }
        let mut granted = Vec::with_capacity(requests.len());
        for (index, wanted) in requests.into_iter().enumerate() {
            granted.push(self.grant(principal, wanted, now).await.map_err(|error| error.of_item(index))?);
        }
        let rows: Vec<_> = granted.iter().map(|(upload, _)| row(principal, upload, provenance.clone())).collect();
        if let [(upload, _)] = granted.as_slice() {
            trace::note_upload(upload.grant.id);
        }
        let span = info_span!("record grants", otel.failed = Empty);
        match trace::step(span, idempotency::record(&self.pool, &principal.tenant, &rows, request.as_ref())).await? {
            Recorded::All => {}
            Recorded::OverQuota(over) => return Err(self.over_quota(over)),
            Recorded::Before(made) => {
                let request = request.ok_or(Error::NotFound("upload"))?;
                return self.repeat(principal, &request, made, &provenance).await;
            }
        }
        let uploads: Vec<Upload> = granted.iter().map(|(upload, _)| upload.clone()).collect();
        let begun = granted.into_iter().map(|(upload, next)| self.begin(principal, upload, next));
        match futures_util::stream::iter(begun).buffered(AT_ONCE).try_collect().await {
            Ok(granted) => Ok(Answered { granted, repeated: false }),
            // A request that may be repeated begins the rest when it is.
            Err(error) if request.is_some() => Err(error),
            Err(error) => {
                self.take_back(principal, uploads, provenance).await;
                Err(error)
            }
        }
    }

    /// What was granted is on record, and could not be begun: its client will never hear of it.
    pub(super) async fn take_back(
        &self,
        principal: &Principal,
        uploads: impl IntoIterator<Item = Upload>,
        provenance: Provenance,
    ) {
        let witness = Witness::caller(principal, provenance);
        for upload in uploads {
            let step = self.step(&principal.tenant, &upload, Finding::Withdrawn, None, &witness).await;
            if step.is_ok_and(|moved| moved) {
                self.clear_now(&principal.tenant, &upload, &witness).await;
            }
        }
    }

    async fn repeat(
        &self,
        principal: &Principal,
        asked: &RepeatableRequest,
        made: Made,
        provenance: &Provenance,
    ) -> Result<Answered, Error> {
        if asked.digest != made.digest {
            return Err(Error::KeyReused);
        }
        let again = made.uploads.into_iter().map(|id| self.grant_again(principal, id, provenance));
        Ok(Answered {
            granted: futures_util::stream::iter(again).buffered(AT_ONCE).try_collect().await?,
            repeated: true,
        })
    }

    /// The upload as it is now, with a fresh URL while it is pending.
    async fn grant_again(
        &self,
        principal: &Principal,
        id: UploadId,
        provenance: &Provenance,
    ) -> Result<Granted, Error> {
        let found = || uploads::find(&self.pool, &principal.tenant, id);
        let mut upload = found().await?.ok_or(Error::NotFound("upload"))?;
        if upload.status == UploadStatus::Pending {
            let credentials = self.session(&principal.tenant, principal.session_subject()).await?;
            let next = self.allow(&credentials, &mut upload, self.clock.now());
            if settlement::extend(&self.pool, &principal.tenant, id, upload.expires_at).await? {
                if !matches!(next, Next::Parts(_)) {
                    self.issue(principal, Some(id), json!({"operation": "upload"}), provenance.clone()).await?;
                }
                if matches!(next, Next::Parts(_)) {
                    upload.multipart_id = Some(self.begin_parts(principal, &upload).await?);
                }
                return Ok((upload, next));
            }
            upload = found().await?.ok_or(Error::NotFound("upload"))?;
        }
        Ok((upload, Next::Nothing))
    }
}
