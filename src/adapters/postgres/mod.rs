//! How do we talk to Postgres?
//!
//! Every function that touches a tenant's rows takes the tenant right after the connection. All SQL is checked against the
//! migrations at compile time.

pub mod adoptions;
pub mod audit;
pub mod audit_chains;
pub mod audit_listing;
pub mod audit_months;
pub mod audit_writer;
pub mod gateway_limits;
pub mod idempotency;
pub mod ledger;
mod ledger_rows;
pub mod password;
mod pools;
pub mod reconcile;
pub mod settlement;
pub mod tenant_changes;
pub mod tenant_listener;
pub mod tenants;
pub mod upload_listing;
pub mod uploads;
pub mod uppy_sessions;
pub mod usage;
pub mod usage_deltas;
pub mod usage_listing;

pub use ledger_rows::{GrantRow, OverQuota};
pub use pools::{Pools, TimeOuts, Ways, time_outs};

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, PgSslMode, PgTransaction};
use tracing::warn;

use crate::model::Invalid;

/// Those of this version. A newer one may have added its own: a release that is rolled back starts all the same.
fn migrations() -> Migrator {
    let mut migrations = sqlx::migrate!();
    migrations.set_ignore_missing(true);
    migrations
}

/// Postgres did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// Another row already has a value that only one may have; the name is the constraint's.
    #[error("a row with this value exists already ({0})")]
    Taken(&'static str),
    /// It cannot be reached, is too slow, or refused.
    #[error("the database did not answer as it should")]
    Unavailable(#[source] sqlx::Error),
    /// A row is not what the code that wrote it made of it.
    #[error("a recorded value cannot be read: {0}")]
    Corrupt(#[from] Invalid),
}

impl DatabaseError {
    /// Did Postgres give up on a statement that ran into its time-out (`query_canceled`)?
    /// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
    #[must_use]
    pub fn is_of_time(&self) -> bool {
        let Self::Unavailable(error) = self else { return false };
        error.as_database_error().and_then(|error| error.code()).is_some_and(|code| code == "57014")
    }
}

impl From<sqlx::Error> for DatabaseError {
    fn from(error: sqlx::Error) -> Self {
        const UNIQUE: [&str; 3] = ["tenants_slug_unique", "tenant_claim_values_unique", "tenant_email_domains_unique"];
        let constraint = error.as_database_error().and_then(|e| e.constraint());
        match UNIQUE.into_iter().find(|name| Some(*name) == constraint) {
            Some(name) => Self::Taken(name),
            None => Self::Unavailable(error),
        }
    }
}

/// A transaction, which is rolled back when it is dropped before its commit; also when its caller is dropped, as by a client that
/// hangs up, while it still begins. sqlx would give the connection back with the transaction open, unknown to itself, and
/// whatever the connection did from then on would never be committed. Hence a task of its own, which nobody drops.
///
/// # Errors
/// When Postgres does not answer.
pub async fn begin(pool: &PgPool) -> Result<PgTransaction<'static>, sqlx::Error> {
    let pool = pool.clone();
    #[expect(clippy::disallowed_methods, reason = "this is the way round")]
    let begun = tokio::spawn(async move { pool.begin().await });
    begun.await.map_err(|_panicked| sqlx::Error::WorkerCrashed)?
}

/// One connection, whose statements may take as long as they take.
///
/// # Errors
/// When Postgres does not answer.
pub async fn open_patiently(options: PgConnectOptions) -> Result<PgPool, sqlx::Error> {
    let options = options.options([("statement_timeout", "0")]);
    PgPoolOptions::new().max_connections(1).connect_with(options).await
}

/// Brings the database to this version's shape. Replicas that start together wait for one another. What a newer version has
/// done to it stays.
///
/// # Errors
/// When a migration fails or was edited after it ran.
pub async fn migrate(options: PgConnectOptions) -> Result<(), MigrateError> {
    // A migration, and the wait for another replica's, may take as long as it takes.
    let pool = open_patiently(options).await?;
    let migrated = migrations().run(&pool).await;
    if let Ok(Shape::Newer { unknown }) = shape(&pool).await {
        warn!(migrations.unknown = unknown, "the database is of a newer version");
    }
    pool.close().await;
    migrated
}

/// How the database's shape compares with the one that this version makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// It is the same.
    Known,
    /// Some of this version's migrations are not in.
    Older {
        /// How many.
        missing: usize,
    },
    /// All of this version's migrations are in, and others.
    Newer {
        /// How many others.
        unknown: usize,
    },
    /// A migration was run that is not this version's of the same number.
    Changed {
        /// Its number.
        version: i64,
    },
}

/// Compares the database's shape with this version's.
///
/// # Errors
/// When Postgres does not answer, or does not let us look.
pub async fn shape(pool: &PgPool) -> Result<Shape, sqlx::Error> {
    let statement = "select version, checksum from _sqlx_migrations where success";
    let run: Vec<(i64, Vec<u8>)> = match sqlx::query_as(statement).fetch_all(pool).await {
        // `undefined_table`: nothing was ever migrated here.
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("42P01") => Vec::new(),
        run => run?,
    };
    let migrations = migrations();
    let ours = || migrations.iter().filter(|migration| migration.migration_type.is_up_migration());
    let is_run = |version: i64| run.iter().find(|(number, _)| *number == version);
    let changed = ours().find(|one| is_run(one.version).is_some_and(|(_, checksum)| **checksum != *one.checksum));
    if let Some(changed) = changed {
        return Ok(Shape::Changed { version: changed.version });
    }
    let missing = ours().filter(|one| is_run(one.version).is_none()).count();
    let unknown = run.iter().filter(|(version, _)| ours().all(|one| one.version != *version)).count();
    Ok(match (missing, unknown) {
        (0, 0) => Shape::Known,
        (0, unknown) => Shape::Newer { unknown },
        (missing, _) => Shape::Older { missing },
    })
}

/// Which version the server says that it is: `150004` for 15.4.
///
/// # Errors
/// When Postgres does not answer.
pub async fn server_version(pool: &PgPool) -> Result<Option<u32>, sqlx::Error> {
    Ok(pool.acquire().await?.server_version_num())
}

/// How far whoever sits between us and Postgres is kept out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transport {
    /// Nobody sits there.
    Local,
    /// TLS, and the server proves its name.
    Verified,
    /// No TLS, or TLS with whoever answers.
    Unverified {
        /// Who should answer.
        host: String,
        /// The `sslmode` of the URL, or libpq's default.
        mode: &'static str,
    },
}

/// How the pool's connections are made.
#[must_use]
pub fn transport(pool: &PgPool) -> Transport {
    let options = pool.connect_options();
    let host = options.get_host();
    let is_here = |address: std::net::IpAddr| address.is_loopback();
    if options.get_socket().is_some() || host.starts_with('/') || host == "localhost" || host.parse().is_ok_and(is_here)
    {
        return Transport::Local;
    }
    let mode = match options.get_ssl_mode() {
        PgSslMode::VerifyFull => return Transport::Verified,
        PgSslMode::VerifyCa => "verify-ca",
        PgSslMode::Require => "require",
        PgSslMode::Prefer => "prefer",
        PgSslMode::Allow => "allow",
        PgSslMode::Disable => "disable",
    };
    Transport::Unverified { host: host.to_owned(), mode }
}
