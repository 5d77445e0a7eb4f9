//! Why could the gateway not be put together?

use std::net::SocketAddr;

use super::TlsError;
use crate::adapters::anchors::AnchorError;
use crate::adapters::postgres;

/// The gateway could not be put together.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An address is taken, or not this machine's.
    #[error("{address} cannot be listened on")]
    Listen {
        /// Which one.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The public listener has nothing to speak TLS with.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The database's URL cannot be read.
    #[error("the database cannot be set up")]
    Database(#[from] sqlx::Error),
    /// There is nothing to open the database with.
    #[error("the database cannot be opened")]
    Password(#[from] postgres::password::PasswordError),
    /// The HTTP client for signing keys has no TLS.
    #[error("the HTTP client cannot be set up")]
    Client(#[from] reqwest::Error),
    /// Two instruments share a name.
    #[error("the metrics cannot be set up")]
    Metrics(#[from] prometheus::Error),
    /// The key of the audit's anchors cannot be used.
    #[error(transparent)]
    Anchor(#[from] AnchorError),
    /// There is no thread for the ledger's writer.
    #[error("the ledger's writer cannot be started")]
    Thread(#[source] std::io::Error),
    /// A migration failed.
    #[error("the database could not be migrated")]
    Migrate(#[from] sqlx::migrate::MigrateError),
}
