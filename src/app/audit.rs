//! How are the commands about the audit put together? With a connection of their own, which may take its time.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;

use super::aws::aws_config;
use crate::adapters::anchors::{self, AnchorError, AnchorKey, AnchorStore};
use crate::adapters::postgres::password::{Password, PasswordError};
use crate::adapters::postgres::{self, DatabaseError, audit_listing, tenants};
use crate::config::Config;
use crate::domain::audit::{Export, Reach, Search};
use crate::domain::audit_anchors::Anchors;
use crate::domain::audit_proof::{self, Proof};
use crate::http::AuditFormat;
use crate::metrics::Metrics;
use crate::model::audit_anchor::Anchor;
use crate::model::{Clock, Slug};

/// A command about the audit came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// There is nothing to open the database with.
    #[error("the database cannot be opened")]
    Password(#[from] PasswordError),
    /// Postgres does not answer.
    #[error("the audit cannot be read")]
    Database(#[from] sqlx::Error),
    /// The same, in the middle of it.
    #[error("the audit cannot be read")]
    Read(#[from] crate::domain::Error),
    /// The same, of tenants.
    #[error("the tenants cannot be read")]
    Tenants(#[from] DatabaseError),
    /// No tenant is called so.
    #[error("there is no tenant {0}")]
    TenantUnknown(Slug),
    /// An anchor cannot be read, or is somebody else's.
    #[error(transparent)]
    Anchor(#[from] AnchorError),
    /// Two instruments share a name.
    #[error("the metrics cannot be set up")]
    Metrics(#[from] prometheus::Error),
    /// There are anchors, and no key to tell good ones by.
    #[error("--anchors needs --anchor-key, or audit.anchor_key")]
    NoKey,
    /// What was read cannot be written.
    #[error("the events cannot be written")]
    Write(#[from] io::Error),
}

/// What the database keeps of the audit in any case, and what its clock and ours may be apart.
const LEAST_RETENTION: Duration = Duration::from_secs(30 * 24 * 60 * 60);
const CLOCKS: Duration = Duration::from_secs(60 * 60);

/// Which anchors the chains are held against: without these, those of the configured bucket, if there is one.
#[derive(Debug, Default)]
pub struct KnownAnchors {
    /// Copies of them.
    pub directory: Option<PathBuf>,
    /// A PEM file with the public or the private key, instead of the configured one.
    pub key: Option<PathBuf>,
}

/// Which events are saved, and how.
pub struct ExportOptions {
    /// Of this tenant, or of all.
    pub tenant: Option<Slug>,
    /// Only these.
    pub filter: audit_listing::Filter,
    /// How they are written.
    pub format: AuditFormat,
}

/// What keeps anchors, and how often, when that is configured.
pub(super) fn anchors_of(
    config: &Config,
    shared: &::aws_config::SdkConfig,
    pool: &PgPool,
    clock: &Clock,
    metrics: &Metrics,
) -> Result<Option<(Anchors, Duration)>, AnchorError> {
    let Some(anchors) = &config.audit.anchors else { return Ok(None) };
    let key = Arc::new(AnchorKey::read(&anchors.key)?);
    let store = AnchorStore::new(shared, &config.aws, anchors, metrics);
    let (pool, clock, metrics) = (pool.clone(), clock.clone(), metrics.clone());
    Ok(Some((Anchors { pool, store, key, clock, metrics }, anchors.interval)))
}

/// Walks the chains of the configured database; see [`audit_proof::verify`].
///
/// # Errors
/// When the database cannot be read.
pub async fn verify_audit(
    config: &Config,
    clock: Clock,
    known: KnownAnchors,
    told: impl FnMut(i64, i64),
) -> Result<Proof, AuditError> {
    // Before the chains are looked at: they only grow.
    let anchors = known_anchors(config, known).await?;
    let now = clock.now();
    let pool = open(config, clock).await?;
    let kept = config.audit.retention.unwrap_or(LEAST_RETENTION);
    let proof = audit_proof::verify(&pool, &anchors, now - kept + CLOCKS, told).await?;
    pool.close().await;
    Ok(proof)
}

/// Writes the events out, newest first, with no more than a page of them in memory. `told` is told how many were written each time.
///
/// # Errors
/// When the database cannot be read, or the file not be written.
pub async fn export_audit(
    config: &Config,
    clock: Clock,
    options: ExportOptions,
    mut file: impl Write,
    mut told: impl FnMut(usize),
) -> Result<(), AuditError> {
    let pool = open(config, clock).await?;
    let ExportOptions { tenant, filter, format } = options;
    let reach = match tenant {
        Some(slug) => {
            let found = tenants::find_by_slug(&pool, &slug).await?;
            Reach::of_operator(Some(found.ok_or(AuditError::TenantUnknown(slug))?.id))
        }
        None => Reach::of_operator(None),
    };
    let mut export = Export::new(pool.clone(), Search { reach, filter });
    let mut is_first = true;
    while let Some(events) = export.next().await? {
        let count = events.len();
        file.write_all(&format.write(events, is_first)?)?;
        is_first = false;
        told(count);
    }
    file.flush()?;
    pool.close().await;
    Ok(())
}

async fn known_anchors(config: &Config, known: KnownAnchors) -> Result<Vec<Anchor>, AuditError> {
    let KnownAnchors { directory, key } = known;
    let configured = config.audit.anchors.as_ref();
    let Some(key) = key.or_else(|| configured.map(|anchors| anchors.key.clone())) else {
        return if directory.is_some() { Err(AuditError::NoKey) } else { Ok(Vec::new()) };
    };
    let key = AnchorKey::read(&key)?;
    match (directory, configured) {
        (Some(directory), _) => Ok(anchors::of_directory(&directory, &key)?),
        (None, Some(configured)) => {
            let shared = aws_config(&config.aws).await;
            Ok(AnchorStore::new(&shared, &config.aws, configured, &Metrics::new()?).all(&key).await?)
        }
        (None, None) => Ok(Vec::new()),
    }
}

async fn open(config: &Config, clock: Clock) -> Result<PgPool, AuditError> {
    let shared = aws_config(&config.aws).await;
    let password = Password::new(&shared, &config.aws, &config.database, clock)?;
    Ok(postgres::open_patiently(password.ways().await?.sessions).await?)
}
