//! Why could the private Postgres not be started or stopped?

use std::io;
use std::path::PathBuf;

/// What kept the private Postgres from starting or stopping; each message says what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No server binaries anywhere, and none could be installed.
    #[error(
        "no Postgres server was found ({tried}); install one with `apt-get install postgresql`, \
         or set PG_BIN to the directory that holds `initdb` and `postgres`"
    )]
    NoBinaries {
        /// The places that were looked at, and how each failed.
        tried: String,
    },
    /// Postgres refuses to run as root, and nobody else can reach the files.
    #[error(
        "Postgres will not run as root, the user `{account}` cannot reach {}, and a user namespace is not \
         available ({reason}); choose another place with --data-dir, such as /var/lib/upload-gateway",
        path.display()
    )]
    Unreachable {
        /// The unprivileged account that was tried.
        account: String,
        /// The path that this account cannot reach.
        path: PathBuf,
        /// Why the user namespace did not work.
        reason: String,
    },
    /// Running as root, with no account to give Postgres to.
    #[error("Postgres will not run as root, and /etc/passwd has neither a `postgres` nor a `nobody` to run it as")]
    NoAccount,
    /// Another sandbox holds the directory.
    #[error("a sandbox is already running on {}", .0.display())]
    AlreadyRunning(PathBuf),
    /// The previous sandbox is gone, but its Postgres takes too long to go.
    #[error("Postgres (pid {pid}) of an earlier sandbox is still running on {}", directory.display())]
    Lingering {
        /// The directory it serves.
        directory: PathBuf,
        /// Its postmaster.
        pid: u32,
    },
    /// The directory has other things in it.
    #[error("{} is not empty and was not made by the sandbox; choose another place with --data-dir", .0.display())]
    NotOurs(PathBuf),
    /// The files were written by another major version.
    #[error(
        "{} was written by Postgres {written}, but the server found is Postgres {found}; \
         start over with --reset, or point PG_BIN at Postgres {written}",
        directory.display()
    )]
    OtherVersion {
        /// Where the files are.
        directory: PathBuf,
        /// The major version in `PG_VERSION`.
        written: String,
        /// The major version of the binaries.
        found: String,
    },
    /// A program that we ran ended badly.
    #[error("`{program}` failed: {output}")]
    Program {
        /// What was run.
        program: String,
        /// The end of what it said.
        output: String,
    },
    /// The server ended before it was ready.
    #[error("Postgres stopped while starting:\n{log}")]
    Died {
        /// The end of the server's own log.
        log: String,
    },
    /// The server runs, but never became ready.
    #[error("Postgres was not ready after {seconds} s:\n{log}")]
    NotReady {
        /// How long it was given.
        seconds: u64,
        /// The end of the server's own log.
        log: String,
    },
    /// The server did not stop.
    #[error("Postgres (pid {pid}) did not stop when told to")]
    WillNotStop {
        /// Its postmaster.
        pid: u32,
    },
    /// A file or a process could not be dealt with.
    #[error("{what}: {source}", source = .source)]
    Io {
        /// What was being done, with the path.
        what: String,
        /// The reason the system gave.
        #[source]
        source: io::Error,
    },
    /// The server is up, but creating the database failed.
    #[error("the new server does not answer")]
    Query(#[from] sqlx::Error),
}

impl Error {
    /// Turns an `io::Error` into ours, naming what was being done.
    pub(super) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}
