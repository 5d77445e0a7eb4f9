//! How does the sandbox get a Postgres of its own, the real one, without asking for anything?

mod account;
mod binaries;
mod cluster;
mod error;
mod postmaster;
mod programs;
#[cfg(test)]
mod tests;
mod watchdog;
mod wheel;

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use percent_encoding::{NON_ALPHANUMERIC, percent_encode, utf8_percent_encode};
use sqlx::{Connection, PgConnection};
use std::os::unix::ffi::OsStrExt;
use tokio::time::{Duration, interval, timeout};

use account::Account;
use cluster::{Cluster, Sockets};
pub use error::Error;
use postmaster::PidFile;
use watchdog::{Signal, Watchdog};

/// The database that [`Postgres::url`] names.
const DATABASE: &str = "gateway";

/// How long a server may take to start; replaying a long write-ahead log takes a while.
const START: Duration = Duration::from_secs(60);

/// How long a fast shutdown may take, and how long an immediate one.
const STOP: Duration = Duration::from_secs(20);
const STOP_IMMEDIATELY: Duration = Duration::from_secs(5);

/// How often a file that Postgres writes is looked at.
const GLANCE: Duration = Duration::from_millis(5);

/// Where the server's programs and files are.
#[derive(Clone, Debug)]
pub struct Options {
    /// The server's own directory; created when absent, and kept afterwards.
    pub directory: PathBuf,
    /// The directory with `initdb` and `postgres` (the setting `PG_BIN`); otherwise they are searched for.
    pub pg_bin: Option<PathBuf>,
    /// The value of `PATH`.
    pub search_path: Option<OsString>,
    /// Where a server is installed when the machine has none.
    pub download_directory: PathBuf,
}

/// A running private Postgres, reachable over a Unix socket by this user alone. It stops when this value is dropped and
/// when this process ends, however it ends.
#[derive(Debug)]
pub struct Postgres {
    sockets: Sockets,
    pid: u32,
    /// What is running; `None` once stopped.
    server: Option<(Watchdog, Cluster)>,
}

impl Postgres {
    /// Starts the server in its directory, after creating its files if there are none, and creates the database.
    ///
    /// # Errors
    /// When there is no server to be had, when the directory is in use, is not ours or was written by another major
    /// version, or when the server does not start.
    pub async fn start(options: Options) -> Result<Self, Error> {
        let search_path = options.search_path.as_deref();
        let cluster = Cluster::claim(&options.directory)?;
        wait_for_predecessor(&cluster).await?;
        let binaries = binaries::find(options.pg_bin.as_deref(), search_path, &options.download_directory).await?;
        let found = programs::major_version(&binaries).await?;
        let written = cluster.written_by()?;
        if let Some(written) = written.clone().filter(|written| *written != found) {
            return Err(Error::OtherVersion { directory: cluster.directory().to_owned(), written, found });
        }
        let sockets = Sockets::choose(cluster.directory(), &std::env::temp_dir());
        // What lies inside the directory will belong to the account; what leads there must let it through.
        let leading = [Some(cluster.directory()), sockets.removable()];
        let parents: Vec<&Path> = leading.into_iter().flatten().filter_map(Path::parent).collect();
        let account = Account::choose(search_path, &binaries, &parents).await?;
        account.own(cluster.directory())?;
        if written.is_none() {
            cluster.initialise(&account, &binaries, search_path).await?;
        }
        postmaster::forget_stranger(&cluster.files()).map_err(Error::io("removing a stale postmaster.pid"))?;
        let (watchdog, pid) = launch(&cluster, &sockets, &account, &binaries, search_path).await?;
        let postgres = Self { sockets, pid, server: Some((watchdog, cluster)) };
        postgres.create_database().await?;
        Ok(postgres)
    }

    /// The URL of the gateway's database, for sqlx and for libpq: over the Unix socket, as `postgres`, without TLS.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_for(DATABASE)
    }

    /// The same for what a gateway may do that does not own the tables.
    #[must_use]
    pub fn service_url(&self) -> String {
        as_service(&self.url())
    }

    /// The URL of another database on the same server.
    #[must_use]
    pub fn url_for(&self, database: &str) -> String {
        let database = utf8_percent_encode(database, NON_ALPHANUMERIC);
        let host = percent_encode(self.sockets.path().as_os_str().as_bytes(), NON_ALPHANUMERIC);
        // Port and TLS are said, because sqlx would otherwise take PGPORT and PGSSLMODE from the environment.
        format!("postgres:///{database}?host={host}&port=5432&user=postgres&sslmode=disable")
    }

    /// The process id of the postmaster.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Stops the server cleanly: connections are closed, and what is committed is written. Afterwards the same directory
    /// can be started again. Stopping twice is nothing.
    ///
    /// # Errors
    /// When the server does not end, even when told to end at once.
    pub async fn stop(&mut self) -> Result<(), Error> {
        self.end(Signal::Fast, STOP).await
    }

    /// Stops the server as a crash would: without a checkpoint, so that the next start must replay its log.
    ///
    /// # Errors
    /// When the server does not end.
    pub async fn crash(&mut self) -> Result<(), Error> {
        self.end(Signal::Immediate, STOP_IMMEDIATELY).await
    }

    async fn end(&mut self, signal: Signal, patience: Duration) -> Result<(), Error> {
        let Some((mut watchdog, _cluster)) = self.server.take() else { return Ok(()) };
        watchdog.signal(signal).await;
        if watchdog.wait(patience).await.is_some() {
            return Ok(());
        }
        watchdog.signal(Signal::Immediate).await;
        watchdog.wait(STOP_IMMEDIATELY).await.map(drop).ok_or(Error::WillNotStop { pid: self.pid })
    }

    async fn create_database(&self) -> Result<(), Error> {
        let mut connection = PgConnection::connect(&self.url_for("postgres")).await?;
        let exists: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
            .bind(DATABASE)
            .fetch_one(&mut connection)
            .await?;
        if !exists {
            sqlx::query("create database gateway").execute(&mut connection).await?;
            // The first is what migrations give its rights to.
            sqlx::query("create role upload_gateway_service").execute(&mut connection).await?;
            sqlx::query("create role upload_gateway login in role upload_gateway_service")
                .execute(&mut connection)
                .await?;
        }
        connection.close().await?;
        Ok(())
    }
}

/// Another way to the same database: see [`Postgres::service_url`].
#[must_use]
pub fn as_service(url: &str) -> String {
    url.replace("user=postgres", "user=upload_gateway")
}

/// Waits until the server of an earlier sandbox is gone. We hold the lock, so that sandbox has died, and its watchdog is
/// stopping the server at this moment.
async fn wait_for_predecessor(cluster: &Cluster) -> Result<(), Error> {
    let files = cluster.files();
    let file = PidFile::read(&files).map_err(Error::io(format!("reading {}", files.display())))?;
    let Some(pid) = file.and_then(|file| file.pid()) else { return Ok(()) };
    let gone = async {
        let mut glance = interval(GLANCE);
        while postmaster::is_serving(pid, &files) {
            glance.tick().await;
        }
    };
    timeout(STOP, gone).await.map_err(|_elapsed| Error::Lingering { directory: cluster.directory().to_owned(), pid })
}

/// Starts the postmaster and waits until it accepts connections.
async fn launch(
    cluster: &Cluster,
    sockets: &Sockets,
    account: &Account,
    binaries: &Path,
    search_path: Option<&OsStr>,
) -> Result<(Watchdog, u32), Error> {
    let (program, files) = (binaries.join("postgres"), cluster.files());
    let mut arguments: Vec<&OsStr> = vec![program.as_os_str(), OsStr::new("-D"), files.as_os_str()];
    arguments.extend([OsStr::new("-k"), sockets.path().as_os_str()]);
    // fsync stays on: what the gateway promises about its records is tested against this server.
    for argument in ["-p", "5432", "-c", "listen_addresses=", "-c", "max_connections=300", "-c", "timezone=UTC"] {
        arguments.push(OsStr::new(argument));
    }
    let attempt = async {
        loop {
            let before = PidFile::read(&files).ok().flatten();
            sockets.create()?;
            account.own(sockets.path())?;
            let log = cluster.create_log()?;
            let mut watchdog = Watchdog::start(account, search_path, &arguments, sockets.removable(), log)?;
            if let Some(pid) = ready(&mut watchdog, &files, before.as_ref()).await {
                return Ok((watchdog, pid));
            }
            let log = cluster.log_tail();
            // The backends of a postmaster that was killed notice within moments, and hold its shared memory until then.
            if !log.contains("pre-existing shared memory block") {
                return Err(Error::Died { log });
            }
        }
    };
    match timeout(START, attempt).await {
        Ok(outcome) => outcome,
        Err(_elapsed) => Err(Error::NotReady { seconds: START.as_secs(), log: cluster.log_tail() }),
    }
}

/// The pid of the server once it accepts connections; `None` if it ends before. A file equal to the one from `before` is
/// what a crashed server left.
async fn ready(watchdog: &mut Watchdog, files: &Path, before: Option<&PidFile>) -> Option<u32> {
    let mut glance = interval(GLANCE);
    loop {
        glance.tick().await;
        // A file that is being written may be unreadable for a moment; the next glance decides.
        let file = PidFile::read(files).ok().flatten().filter(|file| Some(file) != before && file.is_ready());
        if let Some(pid) = file.and_then(|file| file.pid()) {
            return Some(pid);
        }
        if watchdog.ended().is_some() {
            return None;
        }
    }
}
