//! Which settings does the gateway run with? Read once, checked whole, handed down typed.
//!
//! `config/default.toml` documents each setting. This is the only file that reads the environment.

mod parse;
mod parse_auth;
mod parse_database;
mod parse_upload;
mod reader;
mod sections;
mod sections_watch;
#[cfg(feature = "lambda")]
mod triggers;
mod values;

use std::num::NonZeroU32;
use std::path::Path;

use reader::Reader;
pub use reader::{Fault, Faults};
pub use sections::{
    Auth, Aws, Database, DatabasePassword, Events, Ledger, Pool, Rate, Reconcile, Server, StaticKey, Tenants, Tls,
    TokenUse, Upload, Uppy,
};
pub use sections_watch::{Anchors, Audit, Log, LogFormat, Metrics, Trace};
#[cfg(feature = "lambda")]
pub use triggers::{Bindings, Lockout, Outage, Triggers};

use crate::model::{GatewayLimits, Limits};

/// The commented defaults, as `upload-gateway check-config --print-defaults` shows them.
pub const DEFAULTS: &str = include_str!("config/default.toml");

/// Everything that can be set, parsed and within its bounds.
#[derive(Debug, Clone)]
pub struct Config {
    /// Listeners and their manners.
    pub server: Server,
    /// The Postgres that holds tenants, uploads and the audit.
    pub database: Database,
    /// The group-commit writer.
    pub ledger: Ledger,
    /// Whose tokens are taken, and how.
    pub auth: Auth,
    /// How long tenants are remembered.
    pub tenants: Tenants,
    /// Region, endpoints and keys.
    pub aws: Aws,
    /// Bucket, role and lifetimes.
    pub upload: Upload,
    /// How the ledger is kept in step with S3.
    pub reconcile: Reconcile,
    /// Where S3 tells of created objects.
    pub events: Events,
    /// What Uppy's own routes need.
    pub uppy: Uppy,
    /// How often callers may call.
    pub rate: Rate,
    /// How long the audit is kept, and what vouches for it.
    pub audit: Audit,
    /// What a new tenant may do.
    pub limits: Limits,
    /// What is counted.
    pub metrics: Metrics,
    /// How to log.
    pub log: Log,
    /// Which traces are told of, and to whom.
    pub trace: Trace,
}

impl Config {
    /// Defaults, then the file, then the environment's `GATEWAY__…` variables.
    ///
    /// # Errors
    /// Every fault at once, each with the name of its setting.
    pub fn load(file: Option<&Path>) -> Result<Self, Faults> {
        let text = match file {
            None => String::new(),
            Some(path) => std::fs::read_to_string(path)
                .map_err(|error| Faults::one("--config", format!("{} cannot be read: {error}", path.display())))?,
        };
        Self::from_sources(&text, variables())
    }

    /// Defaults, then this TOML text, and nothing from the environment.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn from_toml(text: &str) -> Result<Self, Faults> {
        Self::from_sources(text, config::Environment::default().source(Some(config::Map::new())))
    }

    /// What holds for the whole gateway as long as no admin says otherwise.
    #[must_use]
    pub fn gateway_limits(&self) -> GatewayLimits {
        let subject_requests_per_minute = self.rate.subject_requests_per_minute.and_then(NonZeroU32::new);
        GatewayLimits { new_tenants: self.limits.clone(), subject_requests_per_minute }
    }

    fn from_sources(text: &str, variables: config::Environment) -> Result<Self, Faults> {
        let toml = |text: &str| config::File::from_str(text, config::FileFormat::Toml);
        let source = config::Config::builder()
            .add_source(toml(DEFAULTS))
            .add_source(toml(text))
            .add_source(variables)
            .build()
            .map_err(|error| Faults::one("the configuration", without_source_lines(&error.to_string())))?;
        let mut reader = Reader::new(source);
        let sections = parse::read(&mut reader);
        reader.finish(sections)
    }
}

/// A parser's message shows the line that it stumbled over, and that line may hold a password.
fn without_source_lines(message: &str) -> String {
    let is_source =
        |line: &&str| line.trim_start().trim_start_matches(|c: char| c.is_ascii_digit()).trim_start().starts_with('|');
    message.lines().filter(|line| !is_source(line)).collect::<Vec<_>>().join(" ")
}

fn variables() -> config::Environment {
    config::Environment::with_prefix("GATEWAY").prefix_separator("__").separator("__")
}

/// The variables that the sandbox's launcher looks at, because it must find a Postgres before there is a configuration.
#[cfg(feature = "sandbox")]
#[must_use]
#[expect(clippy::disallowed_methods, reason = "config.rs is where the environment is read")]
pub fn postgres_search() -> (Option<std::path::PathBuf>, Option<std::ffi::OsString>) {
    let bin = std::env::var("PG_BIN").ok().filter(|text| !text.is_empty()).map(Into::into);
    (bin, std::env::var("PATH").ok().map(Into::into))
}

#[cfg(test)]
#[path = "config/tests.rs"]
mod tests;

#[cfg(test)]
#[path = "config/server_tests.rs"]
mod server_tests;

#[cfg(test)]
#[path = "config/trace_tests.rs"]
mod trace_tests;
