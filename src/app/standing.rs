//! How are the commands about a tenant's standing put together? Straight on the database, for when nobody can sign in as a platform admin.

use super::aws::aws_config;
use crate::adapters::iam::UploadRole;
use crate::adapters::postgres::password::{Password, PasswordError};
use crate::adapters::postgres::{self, DatabaseError, tenants};
use crate::config::Config;
use crate::domain::tenants::Directory;
use crate::domain::tenants::administer::{self, Desk};
use crate::domain::tenants::revoke::{Revocation, Revoker};
use crate::domain::uploads::outstanding::Outstanding;
use crate::metrics::Metrics;
use crate::model::{Admin, Clock, Invalid, Provenance, Slug, Subject, TenantStatus};

/// Who the audit says it was: whoever may open the database.
const OPERATOR: &str = "operator";

/// A tenant's standing was not changed.
#[derive(Debug, thiserror::Error)]
pub enum StandingError {
    /// There is nothing to open the database with.
    #[error("the database cannot be opened")]
    Password(#[from] PasswordError),
    /// Postgres does not answer.
    #[error("the database does not answer")]
    Database(#[from] sqlx::Error),
    /// The same, when it was asked for the tenant.
    #[error("the tenant cannot be read")]
    Read(#[from] DatabaseError),
    /// No tenant is called so.
    #[error("there is no tenant {0}")]
    TenantUnknown(Slug),
    /// The change was not made.
    #[error("the tenant was not changed")]
    Change(#[from] crate::domain::Error),
    /// Two instruments share a name.
    #[error("the metrics cannot be set up")]
    Metrics(#[from] prometheus::Error),
    /// Nobody may be called so.
    #[error("the operator has no name: {0}")]
    Name(#[from] Invalid),
}

/// What is to become of a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Its people are served.
    Active,
    /// They are not; and what they were handed out is taken back, or not.
    Suspended {
        /// Is it?
        revoke: bool,
    },
}

/// Changes it, and says what goes on working of what was handed out, when the tenant is suspended. Every replica knows within a second.
///
/// # Errors
/// When there is no such tenant, or the database cannot be changed.
pub async fn change_standing(
    config: &Config,
    clock: Clock,
    slug: Slug,
    standing: Standing,
) -> Result<Option<(Outstanding, Revocation)>, StandingError> {
    let shared = aws_config(&config.aws).await;
    let password = Password::new(&shared, &config.aws, &config.database, clock.clone())?;
    let pool = postgres::open_patiently(password.ways().await?.sessions).await?;
    let tenant = tenants::find_by_slug(&pool, &slug).await?.ok_or(StandingError::TenantUnknown(slug))?;
    let (directory, admin) =
        (Directory::new(pool.clone(), &config.tenants), Admin { subject: Subject::parse(OPERATOR)? });
    let now = clock.now();
    let provenance = &Provenance::of_gateway(now, None);
    let desk = Desk { pool: &pool, directory: &directory, admin: &admin, provenance, now };
    let told = match standing {
        Standing::Active => {
            let activate = administer::change(desk, tenant.id, "tenant.activated", |tenant| {
                tenant.status = TenantStatus::Active;
                Ok(())
            });
            activate.await?;
            None
        }
        Standing::Suspended { revoke } => {
            let role = UploadRole::new(&shared, &config.aws, &config.upload, &Metrics::new()?);
            let longest = config.upload.session_duration;
            let revoker = Revoker::new(pool.clone(), role, clock, config.auth.leeway, longest);
            let (tenant, revocation) = revoker.suspend(&desk, tenant.id, revoke).await?;
            Some((Outstanding::of(&pool, &tenant, now, config.upload.url_expiry, longest).await, revocation))
        }
    };
    pool.close().await;
    Ok(told)
}
