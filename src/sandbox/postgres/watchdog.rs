//! How does the server live exactly as long as the sandbox, even one that is killed?

use std::ffi::OsStr;
use std::fs::File;
use std::path::Path;
use std::process::{ExitStatus, Stdio};

use tokio::io::AsyncWriteExt;
use tokio::process::{Child, ChildStdin};
use tokio::time::{Duration, timeout};

use super::account::Account;
use super::error::Error;

/// A shell that starts the server and waits for it, and stops it as soon as our end of its standard input is closed.
/// The kernel closes that end when we die, whatever we die of.
const SCRIPT: &str = include_str!("watchdog.sh");

/// The server, and the shell that watches over it.
#[derive(Debug)]
pub(super) struct Watchdog {
    shell: Child,
    leash: ChildStdin,
}

/// What the postmaster can be told (<https://www.postgresql.org/docs/current/server-shutdown.html>).
#[derive(Clone, Copy, Debug)]
pub(super) enum Signal {
    /// Close every connection, write a checkpoint, and end.
    Fast,
    /// End at once; the next start replays the write-ahead log, as after a crash.
    Immediate,
}

impl Watchdog {
    /// Starts `program` as `account`, with both its outputs in `log`, and removes `sockets` when it has ended.
    pub(super) fn start(
        account: &Account,
        search_path: Option<&OsStr>,
        program: &[&OsStr],
        sockets: Option<&Path>,
        log: File,
    ) -> Result<Self, Error> {
        let failed = || Error::io("starting Postgres");
        let mut command = account.command(Path::new("/bin/sh"), search_path);
        command.args(["-c", SCRIPT, "upload-gateway-postgres"]);
        command.arg(sockets.map_or(OsStr::new(""), Path::as_os_str)).args(program);
        command.stdin(Stdio::piped()).stdout(log.try_clone().map_err(failed())?).stderr(log);
        // Its own process group, so that Ctrl-C does not stop the server before the gateway has written what it holds.
        command.process_group(0);
        let mut shell = command.spawn().map_err(failed())?;
        let Some(leash) = shell.stdin.take() else { return Err(failed()(std::io::ErrorKind::BrokenPipe.into())) };
        Ok(Self { shell, leash })
    }

    /// Tells the server to end.
    pub(super) async fn signal(&mut self, signal: Signal) {
        let name: &[u8] = match signal {
            Signal::Fast => b"INT\n",
            Signal::Immediate => b"QUIT\n",
        };
        if let Err(error) = self.leash.write_all(name).await {
            // The shell has already ended, and so has the server.
            tracing::debug!(%error, "Postgres could not be told to stop");
        }
    }

    /// How the server ended; `None` when it has not ended in time.
    pub(super) async fn wait(&mut self, patience: Duration) -> Option<ExitStatus> {
        timeout(patience, self.shell.wait()).await.ok()?.ok()
    }

    /// How the server ended, if it has.
    pub(super) fn ended(&mut self) -> Option<ExitStatus> {
        self.shell.try_wait().ok().flatten()
    }
}
