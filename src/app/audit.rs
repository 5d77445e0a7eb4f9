//! How are the commands about the audit put together? With a connection of their own, which may take its time.

use std::io::{self, Write};

use sqlx::PgPool;

use super::aws::aws_config;
use crate::adapters::postgres::password::{Password, PasswordError};
use crate::adapters::postgres::{self, DatabaseError, audit_listing, tenants};
use crate::config::Config;
use crate::domain::audit::{Export, Reach, Search};
use crate::domain::audit_proof::{self, Proof};
use crate::http::AuditFormat;
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
    /// What was read cannot be written.
    #[error("the events cannot be written")]
    Write(#[from] io::Error),
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

/// Walks the chains of the configured database; see [`audit_proof::verify`].
///
/// # Errors
/// When the database cannot be read.
pub async fn verify_audit(
    config: &Config,
    clock: Clock,
    anchors: &[Anchor],
    told: impl FnMut(i64, i64),
) -> Result<Proof, AuditError> {
    let pool = open(config, clock).await?;
    let proof = audit_proof::verify(&pool, anchors, told).await?;
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

async fn open(config: &Config, clock: Clock) -> Result<PgPool, AuditError> {
    let shared = aws_config(&config.aws).await;
    let password = Password::new(&shared, &config.aws, &config.database, clock)?;
    Ok(postgres::open_patiently(password.ways().await?.sessions).await?)
}
