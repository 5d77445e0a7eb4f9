//! The function: the binary `bootstrap`, in one process or several, in front of a runtime API.

use std::process::Stdio;

use serde_json::Value;
use tempfile::NamedTempFile;
use tokio::process::{Child, Command};

use crate::runtime_api::{Outcome, RuntimeApi};

/// A function that runs, until it is dropped.
pub(crate) struct Function {
    api: RuntimeApi,
    log: NamedTempFile,
    _processes: Vec<Child>,
}

/// Three providers, two tenants.
pub(crate) const PROVIDERS: &str =
    r#"{"CAS-SSO": {"tenant": "acme"}, "ExampleProvider": {"tenant": "acme"}, "Globex": {"tenant": "globex"}}"#;

impl Function {
    /// One process, with these variables beside Lambda's own.
    pub(crate) fn start(variables: &[(&str, &str)]) -> Self {
        Self::start_several(1, variables)
    }

    /// Several processes behind one runtime API, as Lambda runs a busy function.
    pub(crate) fn start_several(processes: usize, variables: &[(&str, &str)]) -> Self {
        let (api, log) = (RuntimeApi::start(), NamedTempFile::new().unwrap());
        let start = |_number| {
            let lines = log.as_file().try_clone().unwrap();
            command(&api.address, variables).stderr(lines).kill_on_drop(true).spawn().unwrap()
        };
        let processes = (0..processes).map(start).collect();
        Self { api, log, _processes: processes }
    }

    /// What becomes of this event.
    pub(crate) async fn invoke(&self, event: &Value) -> Outcome {
        self.api.invoke(&event.to_string()).await
    }

    /// What becomes of this text, JSON or not.
    pub(crate) async fn invoke_text(&self, text: &str) -> Outcome {
        self.api.invoke(text).await
    }

    /// What the function has logged so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.log.path()).unwrap()
    }

    /// The `outcome` of every line that has one.
    pub(crate) fn outcomes(&self) -> Vec<String> {
        let line = |line: &str| serde_json::from_str::<Value>(line).expect("a line of the log is JSON");
        let log = self.log();
        log.lines().map(line).filter_map(|line| Some(line["outcome"].as_str()?.to_owned())).collect()
    }
}

/// The binary with Lambda's own variables and these, and nothing else.
pub(crate) fn command(runtime_api: &str, variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bootstrap"));
    command.env_clear().stdin(Stdio::null()).stdout(Stdio::null()).envs([
        ("AWS_LAMBDA_RUNTIME_API", runtime_api),
        ("AWS_LAMBDA_FUNCTION_NAME", "triggers"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
    ]);
    command.envs(variables.iter().copied());
    command
}
