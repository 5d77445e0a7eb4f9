//! What lies in the directory of the private Postgres, and is it ours to use?

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tokio::time::Duration;

use super::account::Account;
use super::error::Error;
use super::programs;
use super::watchdog::Watchdog;

/// How long `initdb` may take, on a slow disk.
const INITDB: Duration = Duration::from_secs(120);

/// The longest path of a socket: `sun_path` is 104 bytes on some systems and 108 on Linux, with a NUL at the end.
const LONGEST_SOCKET: usize = 103;

/// The socket's name, which contains the port that [`super::Postgres`] states.
const SOCKET_NAME: &str = "/.s.PGSQL.5432";

/// The directory of one private Postgres: `cluster/` (the files), `socket/`, `log` and `lock`.
#[derive(Debug)]
pub(super) struct Cluster {
    directory: PathBuf,
    lock: File,
}

impl Cluster {
    /// Creates the directory, or takes one that an earlier sandbox left, and locks it.
    pub(super) fn claim(directory: &Path) -> Result<Self, Error> {
        let failed = || Error::io(format!("opening {}", directory.display()));
        let lock_path = directory.join("lock");
        // The owner and the mode of the directory are about to change: not of somebody's home.
        let is_foreign = fs::read_dir(directory).is_ok_and(|mut entries| entries.next().is_some())
            && !lock_path.try_exists().map_err(failed())?;
        if is_foreign {
            return Err(Error::NotOurs(directory.to_owned()));
        }
        DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(failed())?;
        let directory = fs::canonicalize(directory).map_err(failed())?;
        fs::set_permissions(&directory, Permissions::from_mode(0o700)).map_err(failed())?;
        let lock =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(lock_path).map_err(failed())?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { directory, lock }),
            Err(TryLockError::WouldBlock) => Err(Error::AlreadyRunning(directory)),
            Err(TryLockError::Error(error)) => Err(error).map_err(failed()),
        }
    }

    /// What was claimed, without links.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Postgres's own files (its "data directory").
    pub(super) fn files(&self) -> PathBuf {
        self.directory.join("cluster")
    }

    /// What the server says.
    pub(super) fn log(&self) -> PathBuf {
        self.directory.join("log")
    }

    /// An empty log for a new run.
    pub(super) fn create_log(&self) -> Result<File, Error> {
        File::create(self.log()).map_err(Error::io(format!("creating {}", self.log().display())))
    }

    /// The end of the log.
    pub(super) fn log_tail(&self) -> String {
        let log = fs::read(self.log()).unwrap_or_default();
        programs::tail(&String::from_utf8_lossy(&log), 20)
    }

    /// The major version that wrote the files; `None` before `initdb`.
    pub(super) fn written_by(&self) -> Result<Option<String>, Error> {
        let path = self.files().join("PG_VERSION");
        match fs::read_to_string(&path) {
            Ok(version) => Ok(Some(version.trim().to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).map_err(Error::io(format!("reading {}", path.display()))),
        }
    }

    /// Runs `initdb` beside and renames, so that files which exist are complete.
    pub(super) async fn initialise(
        &self,
        account: &Account,
        binaries: &Path,
        search_path: Option<&OsStr>,
    ) -> Result<(), Error> {
        let (program, fresh) = (binaries.join("initdb"), self.directory.join("cluster.new"));
        let mut outcome = Ok(());
        // C.UTF-8 knows letters outside ASCII, but not every system has it.
        for locale in ["--locale=C.UTF-8", "--locale=C"] {
            if fresh.exists() {
                fs::remove_dir_all(&fresh).map_err(Error::io(format!("removing {}", fresh.display())))?;
            }
            let mut arguments = vec![program.as_os_str(), OsStr::new("--pgdata"), fresh.as_os_str()];
            let fixed = [locale, "--encoding=UTF8", "--auth=trust", "--username=postgres"];
            arguments.extend(fixed.into_iter().map(OsStr::new));
            // Watched too: an `initdb` that outlived us would get in the way of the next one.
            let mut initdb = Watchdog::start(account, search_path, &arguments, None, self.create_log()?)?;
            outcome = match initdb.wait(INITDB).await {
                Some(status) if status.success() => Ok(()),
                Some(_) | None => Err(Error::Program { program: "initdb".to_owned(), output: self.log_tail() }),
            };
            if outcome.is_ok() {
                break;
            }
        }
        outcome?;
        fs::rename(&fresh, self.files()).map_err(Error::io(format!("creating {}", self.files().display())))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Closing would do, but for a child that is between fork and exec and still holds the descriptor.
        if let Err(error) = self.lock.unlock() {
            tracing::debug!(%error, "the lock of the private Postgres could not be released");
        }
    }
}

/// Where the server's socket is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Sockets {
    /// Inside the cluster's directory.
    Inside(PathBuf),
    /// In a short directory of its own, to be removed afterwards.
    Apart(PathBuf),
}

impl Sockets {
    /// Inside `directory`, or in `temporary` when that path would be too long for a socket (or cannot be written in a
    /// URL).
    pub(super) fn choose(directory: &Path, temporary: &Path) -> Self {
        let inside = directory.join("socket");
        let is_short = inside.as_os_str().as_bytes().len() + SOCKET_NAME.len() <= LONGEST_SOCKET;
        if is_short && inside.to_str().is_some() {
            Self::Inside(inside)
        } else {
            Self::Apart(temporary.join(format!("pg-{:016x}", rand::random::<u64>())))
        }
    }

    /// Makes the directory, so that only its owner may enter.
    pub(super) fn create(&self) -> Result<(), Error> {
        // In a directory that everybody may write, one that exists already is somebody else's, whatever it is.
        let takes_existing = matches!(self, Self::Inside(_));
        let created = DirBuilder::new().recursive(takes_existing).mode(0o700).create(self.path());
        created.map_err(Error::io(format!("creating {}", self.path().display())))
    }

    /// The directory.
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Inside(path) | Self::Apart(path) => path,
        }
    }

    /// The directory, if it is to be removed afterwards.
    pub(super) fn removable(&self) -> Option<&Path> {
        match self {
            Self::Inside(_) => None,
            Self::Apart(path) => Some(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claimed_directory_cannot_be_claimed_again_until_it_is_given_back() {
        let place = tempfile::tempdir().unwrap();
        let directory = place.path().join("postgres");
        let claimed = Cluster::claim(&directory).unwrap();
        let error = Cluster::claim(&directory).unwrap_err().to_string();
        assert!(error.starts_with("a sandbox is already running on "), "{error}");
        drop(claimed);
        Cluster::claim(&directory).unwrap();
    }

    #[test]
    fn a_directory_with_other_things_in_it_is_left_alone() {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("thesis.tex"), "").unwrap();
        fs::set_permissions(place.path(), Permissions::from_mode(0o755)).unwrap();
        assert!(matches!(Cluster::claim(place.path()), Err(Error::NotOurs(_))));
        assert_eq!(place.path().metadata().unwrap().permissions().mode() & 0o777, 0o755);
    }

    #[test]
    fn a_socket_is_inside_unless_its_path_would_be_too_long() {
        let place = tempfile::tempdir().unwrap();
        let short = Sockets::choose(place.path(), place.path());
        assert_eq!(short, Sockets::Inside(place.path().join("socket")));
        let long = Sockets::choose(&place.path().join("x".repeat(100)), place.path());
        assert!(matches!(long, Sockets::Apart(_)));
        for sockets in [short, long] {
            sockets.create().unwrap();
            assert_eq!(sockets.path().metadata().unwrap().permissions().mode() & 0o777, 0o700);
        }
    }
}
