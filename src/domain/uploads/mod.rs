//! What can be done with an upload?

pub mod adopt;
pub mod complete;
pub mod create;
pub mod download;
mod issue;
mod limits;
pub mod list;
pub mod notice;
pub mod outstanding;
pub mod parts;
pub mod query;
pub mod repeatable;
pub mod settle;
pub mod sign;
mod sign_parts;
pub mod usage;
pub mod withdraw;

use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;

use crate::adapters::postgres::audit_writer::AuditQueue;
use crate::adapters::postgres::ledger::Ledger;
use crate::adapters::s3::{Bucket, Objects};
use crate::adapters::sts::{CredentialCache, Reach, Session};
use crate::domain::Error;
use crate::metrics::Metrics;
use crate::model::{Clock, FileSize, Subject, Tenant, UploadStatus};

/// Everything that the stories of this folder are told with.
pub struct Uploads {
    /// Where grants are recorded before they leave.
    pub ledger: Ledger,
    /// Where what else is handed out is recorded before it leaves.
    pub audit: AuditQueue,
    /// Where they are read and settled.
    pub pool: PgPool,
    /// What signs.
    pub credentials: CredentialCache,
    /// Where clients put their bytes.
    pub bucket: Bucket,
    /// What S3 calls it.
    pub bucket_name: String,
    /// What S3 holds.
    pub objects: Objects,
    /// How long a URL lives.
    pub url_expiry: Duration,
    /// How long credentials live.
    pub session_duration: Duration,
    /// Files larger than this go in parts unless the caller asks otherwise.
    pub multipart_threshold: FileSize,
    /// The size of a part, unless the file needs larger ones.
    pub part_size: FileSize,
    /// How long after parts were last asked for an upload counts as abandoned.
    pub multipart_expiry: Duration,
    /// How long a request may be repeated under its key.
    pub idempotency_expiry: Duration,
    /// Objects that break their grant, or come too late, are deleted.
    pub delete_broken: bool,
    /// How long after its URL's end an upload may still land.
    pub grace: Duration,
    /// How long after its URL's end an ended upload is looked for once more.
    pub last_look: Duration,
    /// How long the reconciler leaves alone what somebody is at work on.
    pub lease: Duration,
    /// What time it is.
    pub clock: Clock,
    /// What is counted.
    pub metrics: Metrics,
}

impl Uploads {
    /// Counts an upload that entered a status.
    pub(in crate::domain) fn count(&self, tenant: &Tenant, status: UploadStatus) {
        self.metrics.count_upload(&tenant.slug, status, self.clock.now());
    }

    /// Credentials for the tenant's prefix, or for one subject's below it.
    pub(in crate::domain) async fn session(
        &self,
        tenant: &Arc<Tenant>,
        subject: Option<&Subject>,
    ) -> Result<Arc<Session>, Error> {
        self.credentials.get(tenant, &Reach::of(subject)).await.map_err(Error::CredentialsUnavailable)
    }
}
