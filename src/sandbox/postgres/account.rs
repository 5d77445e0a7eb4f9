//! As whom does Postgres run, given that it refuses root?

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use tokio::process::Command;

use super::error::Error;
use super::programs;

/// Who the server and `initdb` run as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Account {
    /// The user who runs the sandbox.
    Caller {
        /// The caller's user id.
        uid: u32,
    },
    /// An unprivileged user; the files belong to that user.
    Unprivileged {
        /// The user id.
        uid: u32,
        /// The user's primary group.
        gid: u32,
    },
    /// Root outside and unprivileged inside a user namespace; the files stay root's. Works below a home that only root
    /// may enter.
    Namespace {
        /// The `unshare` program of util-linux.
        unshare: PathBuf,
        /// The user id inside.
        uid: u32,
        /// The group id inside.
        gid: u32,
    },
}

impl Account {
    /// Chooses the first account that can run `binaries` and enter each of `parents`.
    pub(super) async fn choose(search_path: Option<&OsStr>, binaries: &Path, parents: &[&Path]) -> Result<Self, Error> {
        let uid = caller().await?;
        if uid != 0 {
            return Ok(Self::Caller { uid });
        }
        let passwd = fs::read_to_string("/etc/passwd").map_err(Error::io("reading /etc/passwd"))?;
        let (name, uid, gid) = unprivileged(&passwd).ok_or(Error::NoAccount)?;
        let program = binaries.join("postgres");
        let paths: Vec<&Path> = parents.iter().copied().chain([program.as_path()]).collect();
        let unprivileged = Self::Unprivileged { uid, gid };
        let Err((path, _)) = unprivileged.reaches_all(&paths).await else { return Ok(unprivileged) };
        let refused = |reason| Error::Unreachable { account: name.to_owned(), path: path.to_owned(), reason };
        let unshare = programs::find("unshare", search_path)
            .ok_or_else(|| refused("there is no `unshare` program".to_owned()))?;
        let namespace = Self::Namespace { unshare, uid, gid };
        namespace.reaches_all(&paths).await.map_err(|(_, error)| refused(error.to_string()))?;
        tracing::debug!(path = %path.display(), account = name, "running Postgres in a user namespace");
        Ok(namespace)
    }

    /// A command that runs `program` as this account, with nothing of our environment but the search path, away from a
    /// working directory that the account may not enter.
    pub(super) fn command(&self, program: &Path, search_path: Option<&OsStr>) -> Command {
        let mut command = match self {
            Self::Caller { .. } => Command::new(program),
            Self::Unprivileged { uid, gid } => {
                let mut command = Command::new(program);
                command.uid(*uid).gid(*gid);
                command
            }
            Self::Namespace { unshare, uid, gid } => {
                let mut command = Command::new(unshare);
                command.arg("--user").arg(format!("--map-user={uid}")).arg(format!("--map-group={gid}"));
                command.arg("--").arg(program);
                command
            }
        };
        // The system's own directories are always there: the watchdog needs `sleep` and `rm`.
        let mut path = search_path.map_or_else(OsString::new, OsStr::to_owned);
        path.push(":");
        path.push(programs::DEFAULT_PATH);
        // PG* and LC_* variables of the caller would change what the server does.
        command.env_clear().env("PATH", path).env("LC_ALL", "C").current_dir("/");
        command
    }

    /// Makes `path` and everything in it belong to this account. Links are not followed.
    pub(super) fn own(&self, path: &Path) -> Result<(), Error> {
        let (uid, gid) = match self {
            // Someone who is not root cannot give files away, and need not.
            Self::Caller { .. } => return Ok(()),
            Self::Unprivileged { uid, gid } => (*uid, *gid),
            Self::Namespace { .. } => (0, 0),
        };
        let owner = fs::symlink_metadata(path).map_err(Error::io(format!("looking at {}", path.display())))?;
        if owner.uid() == uid { Ok(()) } else { own_tree(path, uid, gid) }
    }

    /// Can this account execute or enter each of these? If not, the first that it cannot, and why.
    async fn reaches_all<'a>(&self, paths: &[&'a Path]) -> Result<(), (&'a Path, Error)> {
        for path in paths {
            // `test` decides as the account itself, so access lists and security modules have their say.
            let mut command = self.command(Path::new("/bin/sh"), None);
            command.args(["-c", "test -x \"$0\""]).arg(path);
            programs::run(command, "test -x").await.map_err(|error| (*path, error))?;
        }
        Ok(())
    }
}

/// Gives a tree away, contents first: the owner of the top says that all of it was done.
fn own_tree(path: &Path, uid: u32, gid: u32) -> Result<(), Error> {
    let failed = || Error::io(format!("changing the owner of {}", path.display()));
    if fs::symlink_metadata(path).map_err(failed())?.is_dir() {
        for entry in fs::read_dir(path).map_err(failed())? {
            own_tree(&entry.map_err(failed())?.path(), uid, gid)?;
        }
    }
    std::os::unix::fs::lchown(path, Some(uid), Some(gid)).map_err(failed())
}

/// The effective user id of this process. Safe Rust has no `geteuid`.
async fn caller() -> Result<u32, Error> {
    let mut command = Command::new("id");
    command.arg("-u");
    let answer = programs::run(command, "id -u").await?;
    answer.trim().parse().map_err(|error| Error::Program { program: "id -u".to_owned(), output: format!("{error}") })
}

/// `postgres`, else `nobody`: name, user id and group id. `initdb` looks its user up, so the id must be in the file.
fn unprivileged(passwd: &str) -> Option<(&str, u32, u32)> {
    ["postgres", "nobody"].into_iter().find_map(|wanted| {
        passwd.lines().find_map(|line| {
            let mut fields = line.split(':');
            let (name, _password) = (fields.next()?, fields.next()?);
            let (uid, gid) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
            (name == wanted && uid != 0).then_some((name, uid, gid))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn postgres_is_preferred_to_nobody() {
        let passwd = "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65533::/:/bin/false\npostgres:x:101:104:::\n";
        assert_eq!(unprivileged(passwd), Some(("postgres", 101, 104)));
    }

    #[test]
    fn nobody_is_good_enough_and_root_by_another_name_is_not() {
        let passwd = "postgres:x:0:0:::\n+::::::\nnobody:x:65534:65533::/:/bin/false\n";
        assert_eq!(unprivileged(passwd), Some(("nobody", 65534, 65533)));
        assert_eq!(unprivileged("root:x:0:0::/root:/bin/sh"), None);
    }
}
