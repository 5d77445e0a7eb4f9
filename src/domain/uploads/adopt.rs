//! What becomes of an object that was written without a grant, with temporary credentials? It keeps the tenant's limits and
//! is adopted, which is an upload like every other from then on; or it is refused.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use time::OffsetDateTime;
use tracing::info;

use super::Uploads;
use super::notice::{Noticed, is_stale};
use super::settle::Witness;
use crate::adapters::postgres::adoptions::{self, Adoption, Recorded};
use crate::adapters::postgres::{DatabaseError, audit, tenants, usage};
use crate::domain::Error;
use crate::model::{
    Collection, ContentType, FileName, Finding, Grant, GrantedSize, Limits, Metadata, Method, ObjectCreated, ObjectKey,
    Slug, StoredObject, Subject, Tenant, Upload, UploadId, UploadStatus,
};

/// S3's longest key, in bytes.
const LONGEST_KEY: usize = 1024;

/// What a key of its writer's choice says.
#[derive(Debug)]
pub struct Place {
    /// Below whose prefix.
    pub slug: Slug,
    /// Whose within the tenant.
    pub subject: Subject,
    /// The first folder below that, where its name can be a collection's.
    pub collection: Collection,
    /// What stands last.
    pub file_name: FileName,
}

impl Place {
    /// Below the prefix of a tenant's subject. Postgres cannot hold a NUL, and no file is named with one.
    #[must_use]
    pub fn parse(key: &str) -> Option<Self> {
        if key.len() > LONGEST_KEY || key.contains('\0') {
            return None;
        }
        let mut segments = key.split('/');
        let slug = Slug::parse(segments.next()?).ok()?;
        let subject = Subject::parse(segments.next()?).ok()?;
        let rest: Vec<&str> = segments.collect();
        if rest.iter().all(|segment| segment.is_empty()) {
            return None;
        }
        let folder = rest.first().filter(|_| rest.len() > 1).and_then(|segment| Collection::parse(segment).ok());
        let file_name = FileName::in_key(key.trim_end_matches('/'));
        Some(Self { slug, subject, collection: folder.unwrap_or_default(), file_name })
    }
}

/// Why an object is refused: the limit's name.
type Rule = &'static str;
const MONTHLY_BYTES: Rule = "monthlyBytes";

impl Uploads {
    /// An event of a key that no grant was made for. It is heard when the key is below the prefix of a tenant whose people may
    /// have credentials of their own, and then as often as it comes makes one upload.
    pub(super) async fn notice_foreign(&self, event: &ObjectCreated, witness: &Witness) -> Result<Noticed, Error> {
        let Some(place) = Place::parse(&event.key) else { return Ok(Noticed::Nothing) };
        let Some(tenant) = tenants::find_by_slug(&self.pool, &place.slug).await? else { return Ok(Noticed::Nothing) };
        let tenant = Arc::new(tenant);
        loop {
            let before = adoptions::find(&self.pool, &tenant, &event.key).await?;
            let before = match before {
                Some(upload) if matches!(upload.status, UploadStatus::Pending | UploadStatus::Completed) => {
                    return self.heed(&tenant, &upload, event, witness).await;
                }
                // It tells of what was there before the end.
                Some(upload) if is_stale(&upload, event) => return Ok(Noticed::Nothing),
                // Its writer may use the key again after that, for something new.
                Some(upload) => Some(upload.grant.id),
                None => None,
            };
            if !tenant.credential_vending {
                return Ok(Noticed::Nothing);
            }
            if let Some(noticed) = self.adopt(&tenant, &place, before, event, witness).await? {
                return Ok(noticed);
            }
            // Somebody was first. There is an upload for the key now, and this event may still tell of something later.
        }
    }

    /// Nothing, when somebody was first.
    async fn adopt(
        &self,
        tenant: &Arc<Tenant>,
        place: &Place,
        before: Option<UploadId>,
        event: &ObjectCreated,
        witness: &Witness,
    ) -> Result<Option<Noticed>, Error> {
        let key = ObjectKey::recorded(tenant, event.key.clone()).map_err(DatabaseError::from)?;
        let Some(stored) = self.held(tenant, &key, witness).await? else { return Ok(Some(Noticed::Nothing)) };
        if let Some(rule) = broken(&tenant.limits, &stored) {
            return self.refuse(tenant, &key, &stored, rule, witness).await.map(Some);
        }
        let now = self.clock.now();
        let upload = begin(tenant, place, key, &stored, now);
        let id = upload.grant.id;
        let content_type = upload.grant.content_type.as_str();
        let detail = json!({"key": upload.grant.key.as_str(), "size": stored.size, "contentType": content_type});
        let adopted = witness.testifies(now, tenant, Some(id), "object.adopted", detail);
        let completion = self.prepare(tenant, &upload, Finding::Whole, Some(&stored), witness);
        let (step, mut completed) = completion.ok_or(Error::AlreadyEnded(upload.status))?;
        // The ids of events grow by the millisecond, and whoever reads them in order is to read a life in order.
        completed.at = now + Duration::from_millis(1);
        let (bytes, sequencer) = (stored.size, event.sequencer.as_ref());
        let adoption =
            Adoption { upload: &upload, bytes, sequencer, before, event: &adopted, completion: (step, &completed) };
        match adoptions::record(&self.pool, tenant, &adoption).await? {
            Recorded::Adopted => {
                self.count(tenant, UploadStatus::Pending);
                self.count_step(tenant, step);
                Ok(Some(Noticed::Settled))
            }
            Recorded::OverQuota(over) => {
                let _counted = self.over_quota(over);
                self.refuse(tenant, &upload.grant.key, &stored, MONTHLY_BYTES, witness).await.map(Some)
            }
            Recorded::Before => Ok(None),
        }
    }

    /// Deletes an object that no upload came to be for, or lets it lie, as configured; on record beforehand.
    async fn refuse(
        &self,
        tenant: &Arc<Tenant>,
        key: &ObjectKey,
        stored: &StoredObject,
        rule: Rule,
        witness: &Witness,
    ) -> Result<Noticed, Error> {
        self.record_refusal(tenant, key, stored, rule, None, witness).await?;
        if self.delete_broken {
            let credentials = self.session(tenant, None).await?;
            self.objects.delete(&credentials, key).await.map_err(Error::StoreUnavailable)?;
        }
        Ok(Noticed::Settled)
    }

    /// The limit that an adopted upload's object breaks now that it was written again.
    pub(super) async fn broken_by_writing_again(
        &self,
        tenant: &Tenant,
        upload: &Upload,
        stored: &StoredObject,
    ) -> Result<Option<Rule>, Error> {
        if let Some(rule) = broken(&tenant.limits, stored) {
            return Ok(Some(rule));
        }
        let more = stored.size - upload.stored.as_ref().map_or(0, |before| before.size);
        let Some(limit) = tenant.limits.monthly_bytes.filter(|_| more > 0) else { return Ok(None) };
        let date = upload.created_at.to_offset(time::UtcOffset::UTC).date();
        let month = date.replace_day(1).unwrap_or(date);
        let counted = usage::months(&self.pool, tenant, month, 1).await?;
        let taken = counted.iter().find(|usage| usage.month == month).map_or(0, |usage| usage.bytes);
        Ok((taken.saturating_add(more) > limit).then_some(MONTHLY_BYTES))
    }

    /// An upload comes to its end because its object, which was written again, breaks that limit now; or, as configured, nothing
    /// but the audit says so. Says whether it came to its end.
    pub(super) async fn turn_out(
        &self,
        tenant: &Arc<Tenant>,
        upload: &Upload,
        stored: &StoredObject,
        rule: Rule,
        witness: &Witness,
    ) -> Result<bool, Error> {
        let id = Some(upload.grant.id);
        self.record_refusal(tenant, &upload.grant.key, stored, rule, id, witness).await?;
        // What was counted stays counted; the tag is how the clearing knows which object to delete.
        let size = upload.stored.as_ref().map_or(stored.size, |counted| counted.size);
        let last = StoredObject { size, ..stored.clone() };
        let moved = self.delete_broken && self.step(tenant, upload, Finding::Withdrawn, Some(&last), witness).await?;
        if moved {
            self.clear_now(tenant, upload, witness).await;
        }
        Ok(moved)
    }

    /// Does another upload than this one follow the key by now?
    pub(super) async fn is_followed_by_another(&self, tenant: &Tenant, upload: &Upload) -> Result<bool, Error> {
        let follower = adoptions::follower(&self.pool, tenant, &upload.grant.key).await?;
        Ok(follower.is_some_and(|id| id != upload.grant.id))
    }

    async fn record_refusal(
        &self,
        tenant: &Tenant,
        key: &ObjectKey,
        stored: &StoredObject,
        rule: Rule,
        upload: Option<UploadId>,
        witness: &Witness,
    ) -> Result<(), Error> {
        info!(tenant.id = %tenant.id, object.key = key.as_str(), rule, deleted = self.delete_broken, "object.refused");
        let detail = json!({
            "key": key.as_str(), "size": stored.size, "contentType": stored.content_type, "rule": rule,
            "deleted": self.delete_broken,
        });
        let event = witness.testifies(self.clock.now(), tenant, upload, "object.refused", detail);
        Ok(audit::record(&self.pool, &event).await?)
    }
}

/// The limit of the tenant's that the object breaks by itself.
fn broken(limits: &Limits, stored: &StoredObject) -> Option<Rule> {
    if !(1..=limits.max_upload_bytes.bytes()).contains(&stored.size) {
        return Some("maxUploadBytes");
    }
    let content_type = content_type(stored);
    let allowed = limits.allowed_content_types.iter().any(|pattern| pattern.allows(&content_type));
    (!allowed).then_some("allowedContentTypes")
}

fn content_type(stored: &StoredObject) -> ContentType {
    let named = stored.content_type.as_deref().and_then(|text| ContentType::parse(text).ok());
    named.unwrap_or_else(ContentType::unknown)
}

/// Nothing was granted, so it may have as much as the tenant may have at all.
fn begin(tenant: &Tenant, place: &Place, key: ObjectKey, stored: &StoredObject, now: OffsetDateTime) -> Upload {
    Upload {
        grant: Grant {
            id: UploadId::new(now),
            subject: place.subject.clone(),
            key,
            collection: place.collection.clone(),
            file_name: place.file_name.clone(),
            content_type: content_type(stored),
            size: GrantedSize::AtMost(tenant.limits.max_upload_bytes),
            checksum: None,
            metadata: Metadata::default(),
            method: Method::Put,
            parts: None,
        },
        status: UploadStatus::Pending,
        created_at: now,
        expires_at: now,
        completed_at: None,
        stored: None,
        multipart_id: None,
        sequencer: None,
    }
}
