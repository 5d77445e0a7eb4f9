//! What does `postmaster.pid` say about the server of a cluster, and is that server alive?

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// One reading of a cluster's `postmaster.pid`: line 1 is the pid, line 3 the start time, line 8 the status
/// (`src/include/utils/pidfile.h` in Postgres).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PidFile(String);

impl PidFile {
    /// Reads it; `None` when there is none.
    pub(super) fn read(cluster: &Path) -> io::Result<Option<Self>> {
        match fs::read_to_string(path(cluster)) {
            Ok(contents) => Ok(Some(Self(contents))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The postmaster's process id.
    pub(super) fn pid(&self) -> Option<u32> {
        self.0.lines().next()?.trim().parse().ok()
    }

    /// Does the server accept connections?
    pub(super) fn is_ready(&self) -> bool {
        self.0.lines().nth(7).is_some_and(|status| status.trim() == "ready")
    }
}

/// Is this process the postmaster of this cluster? A postmaster's working directory is its cluster, which tells it from
/// a stranger that was given the same number after a reboot.
pub(super) fn is_serving(pid: u32, cluster: &Path) -> bool {
    let directory = fs::metadata(format!("/proc/{pid}/cwd"));
    match (directory, fs::metadata(cluster)) {
        (Ok(theirs), Ok(ours)) => (theirs.dev(), theirs.ino()) == (ours.dev(), ours.ino()),
        (Err(_), _) | (_, Err(_)) => false,
    }
}

/// Removes the file that a crashed server left behind if its number now belongs to a stranger: Postgres would take the
/// stranger for a live server. When nobody has the number Postgres must judge for itself, because it also looks for
/// backends that outlived their postmaster.
pub(super) fn forget_stranger(cluster: &Path) -> io::Result<()> {
    let Some(pid) = PidFile::read(cluster)?.and_then(|file| file.pid()) else { return Ok(()) };
    if Path::new(&format!("/proc/{pid}")).exists() && !is_serving(pid, cluster) {
        fs::remove_file(path(cluster))?;
    }
    Ok(())
}

fn path(cluster: &Path) -> PathBuf {
    cluster.join("postmaster.pid")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cluster_with(contents: &str) -> tempfile::TempDir {
        let cluster = tempfile::tempdir().unwrap();
        fs::write(path(cluster.path()), contents).unwrap();
        cluster
    }

    #[test]
    fn the_pid_and_the_status_are_read() {
        let cluster = cluster_with("4711\n/dir\n1700000000\n5432\n/sockets\n\n  1 2\nready   \n");
        let file = PidFile::read(cluster.path()).unwrap().unwrap();
        assert_eq!(file.pid(), Some(4711));
        assert!(file.is_ready());
        let starting = cluster_with("4711\n/dir\n1700000000\n5432\n/sockets\n\n  1 2\nstarting\n");
        assert!(!PidFile::read(starting.path()).unwrap().unwrap().is_ready());
    }

    #[test]
    fn half_a_file_is_neither_ready_nor_an_error() {
        let cluster = cluster_with("");
        let file = PidFile::read(cluster.path()).unwrap().unwrap();
        assert_eq!(file.pid(), None);
        assert!(!file.is_ready());
        assert_eq!(PidFile::read(&cluster.path().join("absent")).unwrap(), None);
    }

    #[test]
    fn a_number_that_belongs_to_a_stranger_is_forgotten() {
        let cluster = cluster_with(&format!("{}\n", std::process::id()));
        forget_stranger(cluster.path()).unwrap();
        assert_eq!(PidFile::read(cluster.path()).unwrap(), None);
    }

    #[test]
    fn a_number_that_nobody_has_is_left_for_postgres_to_judge() {
        let cluster = cluster_with("4194305\n");
        forget_stranger(cluster.path()).unwrap();
        assert!(PidFile::read(cluster.path()).unwrap().is_some());
    }
}
