//! How are other programs found and run to their end?

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

use super::error::Error;

/// Where programs are when no search path is given.
pub(super) const DEFAULT_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// The directories of a search path.
pub(super) fn directories(search_path: Option<&OsStr>) -> impl Iterator<Item = PathBuf> {
    let search_path = search_path.unwrap_or(OsStr::new(DEFAULT_PATH));
    std::env::split_paths(search_path).filter(|directory| directory.is_absolute()).collect::<Vec<_>>().into_iter()
}

/// The first executable of this name on the search path.
pub(super) fn find(name: &str, search_path: Option<&OsStr>) -> Option<PathBuf> {
    directories(search_path).map(|directory| directory.join(name)).find(|path| is_executable(path))
}

/// Is this a file that somebody may execute?
pub(super) fn is_executable(path: &Path) -> bool {
    path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

/// Runs a command to its end and gives back what it printed; a failure carries the end of what it complained about.
pub(super) async fn run(mut command: Command, name: &str) -> Result<String, Error> {
    let output = command
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(Error::io(format!("running `{name}`")))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let mut said = tail(&String::from_utf8_lossy(&output.stderr), 6);
    if said.is_empty() {
        said = output.status.to_string();
    }
    Err(Error::Program { program: name.to_owned(), output: said })
}

/// The last lines of a text, which is where programs say what went wrong.
pub(super) fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    all.iter().skip(all.len().saturating_sub(lines)).copied().collect::<Vec<_>>().join("\n")
}

/// Does the directory have both `initdb` and `postgres`?
pub(super) fn are_complete(directory: &Path) -> bool {
    ["initdb", "postgres"].iter().all(|name| is_executable(&directory.join(name)))
}

/// The major version of the server in `binaries`, as `PG_VERSION` spells it.
pub(super) async fn major_version(binaries: &Path) -> Result<String, Error> {
    let mut command = Command::new(binaries.join("postgres"));
    command.arg("--version");
    let said = run(command, "postgres --version").await?;
    major(&said)
        .map(str::to_owned)
        .ok_or_else(|| Error::Program { program: "postgres --version".to_owned(), output: said.trim().to_owned() })
}

/// `postgres (PostgreSQL) 18beta1 (Debian …)` is major version 18.
fn major(said: &str) -> Option<&str> {
    let version = said.split_once("(PostgreSQL) ")?.1;
    let end = version.find(|character: char| !character.is_ascii_digit()).unwrap_or(version.len());
    version.get(..end).filter(|digits| !digits.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_failure_carries_what_the_program_said() {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "echo reason >&2; exit 3"]);
        let error = run(command, "sh").await.unwrap_err();
        assert_eq!(error.to_string(), "`sh` failed: reason");
    }

    #[test]
    fn relative_directories_on_the_search_path_are_ignored() {
        assert_eq!(find("sh", Some(OsStr::new("bin:.:/bin"))), Some(PathBuf::from("/bin/sh")));
        assert_eq!(find("sh", Some(OsStr::new(""))), None);
    }

    #[test]
    fn the_tail_is_the_last_lines_that_say_something() {
        assert_eq!(tail("a\nb\n\nc\n", 2), "b\nc");
        assert_eq!(tail("a", 2), "a");
    }

    #[test]
    fn the_major_version_is_read_from_releases_and_betas() {
        assert_eq!(major("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some("15"));
        assert_eq!(major("postgres (PostgreSQL) 18beta1"), Some("18"));
        assert_eq!(major("sqlite 3"), None);
    }
}
