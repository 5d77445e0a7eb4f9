//! Which uploads are there? A page of them, newest first, of those that the principal may see.

use serde_json::json;

use super::Uploads;
use crate::adapters::postgres::upload_listing::{self, MOST};
use crate::adapters::s3::PresignedRequest;
use crate::domain::{Error, access};
use crate::model::{
    Collection, CursorScope, Disposition, Principal, Provenance, Subject, Upload, UploadId, UploadStatus,
};

/// What the caller asks for.
#[derive(Debug, Clone)]
pub struct Filter {
    /// Only those in this status.
    pub status: Option<UploadStatus>,
    /// Only those in this collection.
    pub collection: Option<Collection>,
    /// Only this subject's.
    pub subject: Option<Subject>,
    /// Only those granted before this one.
    pub before: Option<UploadId>,
    /// At most so many, 1 to 200.
    pub limit: u8,
    /// With URLs to view what is completed.
    pub include_download_url: bool,
}

/// A page of uploads.
#[derive(Debug, Clone)]
pub struct Page {
    /// Newest first; with URLs where they were asked for and there is something to view.
    pub uploads: Vec<(Upload, Option<PresignedRequest>)>,
    /// Are there more?
    pub more: bool,
}

impl Filter {
    /// What a cursor of this listing is tied to: the tenant, whose uploads the principal may see, and every filter.
    #[must_use]
    pub fn cursor_scope(&self, principal: &Principal) -> CursorScope {
        CursorScope::new("uploads")
            .with(Some(principal.tenant.id.as_uuid()))
            .with(access::reach(principal).map(Subject::as_str))
            .with(self.status.map(UploadStatus::as_str))
            .with(self.collection.as_ref().map(Collection::as_str))
            .with(self.subject.as_ref().map(Subject::as_str))
    }
}

impl Uploads {
    /// A page of the uploads that the principal may see. What is another's does not exist, so a user who asks for another
    /// subject's uploads finds none.
    ///
    /// # Errors
    /// When Postgres does not answer, or there are no credentials to sign URLs with.
    pub async fn list(&self, principal: &Principal, filter: Filter, provenance: Provenance) -> Result<Page, Error> {
        let subject = match (access::reach(principal), filter.subject) {
            (Some(own), Some(asked)) if *own != asked => return Ok(Page { uploads: Vec::new(), more: false }),
            (Some(own), _) => Some(own.clone()),
            (None, asked) => asked,
        };
        let of = upload_listing::Filter { subject, collection: filter.collection, status: filter.status };
        let wanted = usize::from(filter.limit);
        let limit = (i64::from(filter.limit) + 1).min(MOST);
        let mut uploads = upload_listing::page(&self.pool, &principal.tenant, &of, filter.before, limit).await?;
        let more = uploads.len() > wanted;
        uploads.truncate(wanted);
        let credentials = match filter.include_download_url {
            true => Some(self.session(&principal.tenant, principal.session_subject()).await?),
            false => None,
        };
        let is_viewable = |upload: &Upload| upload.status == UploadStatus::Completed;
        if credentials.is_some() && uploads.iter().any(is_viewable) {
            let ids = uploads.iter().filter(|upload| is_viewable(upload)).map(|upload| upload.grant.id.to_string());
            let detail = json!({"operation": "download", "uploads": ids.collect::<Vec<_>>()});
            self.issue(principal, None, detail, provenance).await?;
        }
        let with_url = |upload: Upload| {
            let viewable = credentials.as_deref().filter(|_| is_viewable(&upload));
            let url = viewable.map(|session| self.download_url(session, &upload, Disposition::Attachment));
            (upload, url)
        };
        Ok(Page { uploads: uploads.into_iter().map(with_url).collect(), more })
    }
}
