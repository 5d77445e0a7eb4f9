//! Why could the Cognito stand-in not do what was asked?

use std::io;
use std::path::PathBuf;

/// What kept the stand-in from starting, or from answering its owner. What it tells its clients is in `operations.rs`.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The port could not be bound.
    #[error("the Cognito stand-in cannot listen on 127.0.0.1:{port}")]
    Bind {
        /// The port asked for.
        port: u16,
        /// The reason the system gave.
        #[source]
        source: io::Error,
    },
    /// The file of the signing keys could not be read or written.
    #[error("the signing keys in {} cannot be read or written", path.display())]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// The reason the system gave.
        #[source]
        source: io::Error,
    },
    /// The file of the signing keys holds something else.
    #[error("{} does not hold two RSA keys in PKCS#8; remove it, or start over with --reset", .0.display())]
    KeyFormat(PathBuf),
    /// A key could not be generated.
    #[error("no RSA key could be generated")]
    Generate,
    /// No user has this address.
    #[error("the stand-in has no user {0}")]
    UnknownUser(String),
}
