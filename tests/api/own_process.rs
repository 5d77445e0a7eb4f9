//! How does a test run the gateway as its operators do, as a process of its own?

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};
use upload_gateway::sandbox::neighbours::BUCKET;

use crate::harness::Harness;

const PROGRAM: &str = env!("CARGO_BIN_EXE_upload-gateway");

/// A configuration file's text for a gateway among the same neighbours, with further TOML at its end.
pub(crate) fn configuration(gateway: &Harness, further: &str) -> String {
    let neighbours = gateway.neighbours();
    let (key_id, secret) = neighbours.aws.gateway_credentials();
    format!(
        "[database]\nurl = \"{}\"\nmax_connections = 4\n\
         [[auth.pools]]\nissuer = \"{}\"\nclient_ids = [\"{}\"]\njwks_url = \"{}\"\n\
         [aws]\nregion = \"eu-central-1\"\nendpoint_url = \"{}\"\ncognito_endpoint_url = \"{}\"\n\
         force_path_style = true\naccess_key_id = \"{key_id}\"\nsecret_access_key = \"{secret}\"\n\
         [upload]\nbucket = \"{BUCKET}\"\nrole_arn = \"{}\"\n{further}",
        gateway.database.url,
        neighbours.cognito.issuer(),
        neighbours.cognito.client_id(),
        neighbours.cognito.jwks_url(),
        neighbours.aws.url(),
        neighbours.cognito.url(),
        neighbours.aws.role_arn(),
    )
}

/// A gateway that serves, until the test ends.
pub(crate) struct OwnProcess {
    child: Child,
    lines: Lines<BufReader<ChildStderr>>,
    directory: tempfile::TempDir,
    /// `HOST:PORT` for callers.
    pub(crate) public: String,
    /// `HOST:PORT` for probes.
    pub(crate) internal: String,
}

impl OwnProcess {
    /// Serves on any ports of loopback; with further TOML, which begins within `[server]`.
    pub(crate) async fn serve(gateway: &Harness, further: &str) -> Self {
        let mut started = Self::begin(gateway, further, &[]).await;
        started.serves().await;
        started
    }

    /// As [`Self::serve`], with further arguments, and not waited for.
    pub(crate) async fn begin(gateway: &Harness, further: &str, arguments: &[&str]) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("gateway.toml");
        let server =
            format!("[server]\npublic_address = \"127.0.0.1:0\"\ninternal_address = \"127.0.0.1:0\"\n{further}");
        std::fs::write(&file, configuration(gateway, &server)).expect("a file");
        let mut command = Command::new(PROGRAM);
        command.arg("serve").arg("--config").arg(&file).args(arguments);
        let mut child = command.stderr(Stdio::piped()).kill_on_drop(true).spawn().expect("it starts");
        let lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        Self { child, lines, directory, public: String::new(), internal: String::new() }
    }

    /// Waits until it listens.
    pub(crate) async fn serves(&mut self) {
        let line = self.line("serving").await;
        let address = |name: &str| line[name].as_str().expect("an address").to_owned();
        (self.public, self.internal) = (address("public.address"), address("internal.address"));
    }

    /// The next line of its log that has this message.
    pub(crate) async fn line(&mut self, message: &str) -> Value {
        let reading = async {
            let mut before = Vec::new();
            while let Some(line) = self.lines.next_line().await.expect("a log") {
                match serde_json::from_str::<Value>(&line) {
                    Ok(line) if line["message"] == message => return line,
                    _another => before.push(line),
                }
            }
            panic!("it ended without {message:?}: {before:#?}")
        };
        tokio::time::timeout(Duration::from_secs(60), reading).await.expect("the line within a minute")
    }

    /// What `upload-gateway healthcheck` says to this configuration, with the internal address as it came about.
    pub(crate) async fn health(&self, arguments: &[&str], internal: &str) -> (Option<i32>, String) {
        let mut command = Command::new(PROGRAM);
        command.arg("healthcheck").arg("--config").arg(self.directory.path().join("gateway.toml")).args(arguments);
        let output = command.env("GATEWAY__SERVER__INTERNAL_ADDRESS", internal).output().await.expect("it runs");
        assert!(output.stdout.is_empty());
        (output.status.code(), String::from_utf8(output.stderr).expect("a text"))
    }

    /// Sends it a signal, such as `-TERM`.
    pub(crate) async fn signal(&self, name: &str) {
        let pid = self.child.id().expect("it runs").to_string();
        assert!(Command::new("kill").args([name, &pid]).status().await.expect("a signal").success());
    }

    /// Waits for its end, for half a minute at most.
    pub(crate) async fn end(&mut self) -> ExitStatus {
        // A log that nobody reads would fill its pipe.
        let ending = async { while let Ok(Some(_line)) = self.lines.next_line().await {} };
        let ended = async { tokio::join!(ending, self.child.wait()).1 };
        tokio::time::timeout(Duration::from_secs(30), ended).await.expect("it ends in time").expect("it ends")
    }
}
