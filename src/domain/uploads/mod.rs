//! What can be done with an upload?

pub mod complete;
pub mod create;
pub mod list;
pub mod query;
pub mod usage;

use std::time::Duration;

use sqlx::PgPool;

use crate::adapters::postgres::ledger::Ledger;
use crate::adapters::s3::{Bucket, Objects};
use crate::adapters::sts::CredentialCache;
use crate::metrics::Metrics;
use crate::model::{Clock, FileSize};

/// Everything that the stories of this folder are told with.
pub struct Uploads {
    /// Where grants are recorded before they leave.
    pub ledger: Ledger,
    /// Where they are read and settled.
    pub pool: PgPool,
    /// What signs.
    pub credentials: CredentialCache,
    /// Where clients put their bytes.
    pub bucket: Bucket,
    /// What S3 holds.
    pub objects: Objects,
    /// How long a URL lives.
    pub url_expiry: Duration,
    /// Files larger than this go in parts unless the caller asks otherwise.
    pub multipart_threshold: FileSize,
    /// What time it is.
    pub clock: Clock,
    /// What is counted.
    pub metrics: Metrics,
}
