//! How does a test get the gateway as the process that operators run, with everything that it writes?

use std::fs::File;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::harness::Harness;

/// The program, among a harness's neighbours and on its database.
pub(crate) struct Spawned {
    child: Child,
    directory: TempDir,
    pub(crate) public_url: String,
    pub(crate) internal_url: String,
}

/// What stands in the program's file where it differs from the harness's gateway.
pub(crate) struct Settings<'a> {
    pub(crate) database_url: &'a str,
    pub(crate) aws_url: &'a str,
    pub(crate) jwks_url: &'a str,
    pub(crate) log_filter: &'a str,
    /// Sections at the end, behind `[upload]`.
    pub(crate) further: &'a str,
}

impl<'a> Settings<'a> {
    pub(crate) fn of(gateway: &'a Harness, jwks_url: &'a str) -> Self {
        let (database_url, aws_url) = (gateway.database.url.as_str(), gateway.neighbours().aws.url());
        Self { database_url, aws_url, jwks_url, log_filter: "info", further: "" }
    }
}

impl Spawned {
    pub(crate) async fn start(gateway: &Harness, settings: Settings<'_>) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let (cognito, aws) = (&gateway.neighbours().cognito, &gateway.neighbours().aws);
        let (key_id, secret) = aws.gateway_credentials();
        let Settings { database_url, aws_url, jwks_url, log_filter, further } = settings;
        let text = format!(
            "[server]\npublic_address = \"127.0.0.1:0\"\ninternal_address = \"127.0.0.1:0\"\nworkers = 1\n\
             [log]\nfilter = \"{log_filter}\"\n[database]\nurl = \"{database_url}\"\nmax_connections = 4\n\
             [[auth.pools]]\nissuer = \"{}\"\nclient_ids = [\"{}\"]\njwks_url = \"{jwks_url}\"\nhosted_ui = \"{}\"\n\
             [aws]\nregion = \"eu-central-1\"\nendpoint_url = \"{aws_url}\"\nforce_path_style = true\n\
             s3_public_endpoint_url = \"{}\"\naccess_key_id = \"{key_id}\"\nsecret_access_key = \"{secret}\"\n\
             [upload]\nbucket = \"uploads\"\nrole_arn = \"{}\"\n{further}",
            cognito.issuer(),
            cognito.client_id(),
            cognito.url(),
            aws.url(),
            aws.role_arn(),
        );
        let file = directory.path().join("gateway.toml");
        std::fs::write(&file, text).expect("written");
        let log = File::create(directory.path().join("log")).expect("a file");
        let child = Command::new(env!("CARGO_BIN_EXE_upload-gateway"))
            .args(["serve", "--config"])
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("it starts");
        let (public_url, internal_url) = (String::new(), String::new());
        let mut spawned = Self { child, directory, public_url, internal_url };
        let is_ready = async || {
            let Some(line) = spawned.lines().into_iter().find(|line| line["message"] == "serving") else {
                return false;
            };
            let url = |name: &str| format!("http://{}", line[name].as_str().expect("an address"));
            let probe = gateway.http.get(format!("{}/readyz", url("internal.address"))).send();
            probe.await.is_ok_and(|answer| answer.status().is_success())
        };
        gateway.until("the program is ready", is_ready).await;
        let lines = spawned.lines();
        let line = lines.iter().find(|line| line["message"] == "serving").expect("it serves");
        spawned.public_url = format!("http://{}", line["public.address"].as_str().expect("an address"));
        spawned.internal_url = format!("http://{}", line["internal.address"].as_str().expect("an address"));
        spawned
    }

    /// What it wrote so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("log")).expect("a log")
    }

    /// The same line by line, but for one that is not written to its end.
    pub(crate) fn lines(&self) -> Vec<Value> {
        let log = self.log();
        let whole = log.rfind('\n').map_or("", |end| &log[..end]);
        whole.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {log}"))).collect()
    }

    /// Asks it to stop, and waits until it did.
    pub(crate) async fn stop(&mut self, gateway: &Harness) {
        assert!(Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().expect("kill").success());
        let child = &mut self.child;
        gateway.until("it stops", async || child.try_wait().expect("it can be waited for").is_some()).await;
        assert!(child.try_wait().expect("it ended").is_some_and(|status| status.success()), "it ends well");
    }
}

impl Drop for Spawned {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _reaped = self.child.wait();
    }
}
