//! What can be asked for on the command line?

pub(crate) mod audit;
pub(crate) mod tenant;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use upload_gateway::http::AuditFormat;
use upload_gateway::model::{ActionPattern, Invalid, Slug, Subject};

const EXAMPLES: &str = "\
Examples:
  upload-gateway sandbox                                  try it, without an AWS account
  upload-gateway check-config --print-defaults            every setting, with its comment and default
  upload-gateway check-config --config gateway.toml       every fault of yours, at once
  upload-gateway doctor --config gateway.toml             does everything around it do what it must?
  upload-gateway serve --config gateway.toml --migrate    run it
  GATEWAY__DATABASE__URL=postgres://… upload-gateway serve --config gateway.toml
                                                          a variable goes over the file";

/// Hands out presigned S3 uploads that can touch only their tenant's prefix, each on record before its URL leaves.
///
/// New here? `upload-gateway sandbox` starts a gateway with everything around it on this machine and prints what to try.
#[derive(Parser)]
#[command(version, arg_required_else_help = true, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Runs the gateway. Stops on SIGTERM or Ctrl-C, after the requests in flight.
    Serve {
        #[command(flatten)]
        source: Source,
        /// Bring the database to this version's shape first.
        #[arg(long)]
        migrate: bool,
    },
    /// Runs a gateway with a private Postgres and stand-ins for S3, STS and Cognito, all on loopback, no AWS account needed.
    #[cfg(feature = "sandbox")]
    Sandbox(SandboxArgs),
    /// Brings the database to this version's shape. Safe to run beside a running gateway, and more than once.
    Migrate(Source),
    /// Says every fault of the configuration, by the name of its setting, and starts nothing.
    CheckConfig {
        #[command(flatten)]
        source: Source,
        /// Print the commented defaults instead; a configuration file may start from them.
        #[arg(long)]
        print_defaults: bool,
    },
    /// Tries everything that the gateway leans on, with its own credentials: database, clock, user pools and their app clients,
    /// upload role, walls between tenants, bucket, event queue, and the bucket's CORS rules as browsers meet them. Says for each
    /// what to do.
    ///
    /// Writes nothing, unless a wall between tenants is down or the store does not compare a Content-MD5: then objects of a few
    /// bytes, which it removes again (in a bucket with versions, a version stays). Ends with 1 when something failed, and with 0
    /// when nothing did, also when something is worth a warning or could not be looked at.
    Doctor {
        #[command(flatten)]
        source: Source,
        /// Print JSON instead of a table, also of a bad configuration: {"healthy": bool, "findings": [{"check": text, "outcome":
        /// "ok" | "warning" | "failed" | "unknown", "seen": text, "advice": text or null}]}.
        #[arg(long)]
        json: bool,
    },
    /// Asks the gateway that runs with this configuration on this machine whether it is ready, at its internal address. Ends with
    /// 0 when it says so within two seconds, else with 1.
    Healthcheck {
        #[command(flatten)]
        source: Source,
        /// Ask whether it is alive instead: it may wait for Postgres, or drain.
        #[arg(long)]
        live: bool,
    },
    /// Proves or saves what is on record of who did what.
    #[command(subcommand)]
    Audit(Audit),
    /// Suspends a tenant, straight in the database: no replica grants its people anything from a second later on. Says until when
    /// what they were handed out can work. Ends with 1 when that was to be revoked and was not; the tenant is suspended all the same.
    Suspend {
        #[command(flatten)]
        source: Source,
        /// The tenant's slug.
        #[arg(long, value_parser = slug)]
        tenant: Slug,
        /// Also kill the URLs, forms and credentials that are out, by the upload role's policy (iam:PutRolePolicy).
        #[arg(long)]
        revoke_outstanding: bool,
    },
    /// Activates a tenant that was suspended, straight in the database.
    Activate {
        #[command(flatten)]
        source: Source,
        /// The tenant's slug.
        #[arg(long, value_parser = slug)]
        tenant: Slug,
    },
    /// Prints the OpenAPI 3.1 document of the HTTP interface.
    Openapi,
    /// Prints the inline policy that a tenant's session gets, for auditors.
    SessionPolicy {
        #[command(flatten)]
        source: Source,
        /// The tenant's slug.
        #[arg(long)]
        tenant: String,
    },
}

/// Where settings come from: built-in defaults, then this file, then variables named GATEWAY__SECTION__NAME.
#[derive(Args)]
pub(crate) struct Source {
    /// A TOML file; `check-config --print-defaults` shows every setting.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[cfg(feature = "sandbox")]
#[derive(Args)]
pub(crate) struct SandboxArgs {
    /// Where its database, objects and keys live.
    #[arg(long, value_name = "DIR", default_value = ".sandbox")]
    pub(crate) data_dir: PathBuf,
    /// The gateway's public port; 0 for any. Default: 8080, or any when that is taken.
    #[arg(long, value_name = "PORT")]
    pub(crate) public_port: Option<u16>,
    /// The gateway's internal port; 0 for any. Default: 9090, or any when that is taken.
    #[arg(long, value_name = "PORT")]
    pub(crate) internal_port: Option<u16>,
    /// The port of S3 and STS; 0 for any. Default: 9000, or any when that is taken.
    #[arg(long, value_name = "PORT")]
    pub s3_port: Option<u16>,
    /// The port of the Cognito stand-in; 0 for any. Default: 9229, or any when that is taken.
    #[arg(long, value_name = "PORT")]
    pub(crate) cognito_port: Option<u16>,
    /// A web page that may call the gateway (CORS), such as https://partner.example, besides those of this machine; may be repeated.
    #[arg(long = "allowed-origin", value_name = "ORIGIN")]
    pub(crate) allowed_origins: Vec<String>,
    /// Let anybody register at the Cognito stand-in, on its page and over its API. Whoever does belongs to no tenant.
    #[arg(long)]
    pub(crate) self_sign_up: bool,
    /// Remove the data directory when it stops.
    #[arg(long)]
    pub(crate) ephemeral: bool,
    /// Remove what an earlier sandbox left in the data directory first.
    #[arg(long)]
    pub(crate) reset: bool,
    /// Use this Postgres instead of a private one.
    #[arg(long, value_name = "URL")]
    pub(crate) database_url: Option<String>,
}

/// About the audit, straight from the database.
#[derive(Subcommand)]
pub(crate) enum Audit {
    /// Walks the hash chains of all events, and names what was changed, removed or inserted, the first of it first. Ends with 1 then.
    ///
    /// Reads while the gateway writes on. Whoever may change the database and makes the chains anew behind a change is found by
    /// anchors alone.
    Verify {
        #[command(flatten)]
        source: Source,
        /// Print JSON: {"events", "edge", "links", "chains", "anchors", "unchained": numbers, "droppedUntil": time or null, "faults": [text]}.
        #[arg(long)]
        json: bool,
        /// Copies of the anchors, instead of those in audit.anchor_bucket.
        #[arg(long, value_name = "DIR")]
        anchors: Option<PathBuf>,
        /// The public key of the anchors, in PEM, instead of audit.anchor_key.
        #[arg(long, value_name = "FILE")]
        anchor_key: Option<PathBuf>,
    },
    /// Writes events out, newest first, in constant memory.
    Export {
        #[command(flatten)]
        source: Source,
        /// How they are written.
        #[arg(long, value_enum, default_value_t = Format::Ndjson)]
        format: Format,
        /// The file, which must not exist. Default: standard output.
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
        /// Of the tenant of this slug alone.
        #[arg(long, value_parser = slug)]
        tenant: Option<Slug>,
        /// What this one did.
        #[arg(long, value_parser = subject)]
        subject: Option<Subject>,
        /// What was done, such as upload.granted or upload.*
        #[arg(long, value_parser = action)]
        action: Option<ActionPattern>,
        /// From then on, as RFC 3339 has it: 2026-11-01T00:00:00Z.
        #[arg(long, value_parser = time)]
        from: Option<OffsetDateTime>,
        /// Before then.
        #[arg(long, value_parser = time)]
        until: Option<OffsetDateTime>,
    },
}

/// How a file of events is written.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Format {
    /// One JSON object a line.
    Ndjson,
    /// RFC 4180.
    Csv,
}

impl From<Format> for AuditFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Ndjson => Self::Ndjson,
            Format::Csv => Self::Csv,
        }
    }
}

fn slug(text: &str) -> Result<Slug, Invalid> {
    Slug::parse(text)
}

fn subject(text: &str) -> Result<Subject, Invalid> {
    Subject::parse(text)
}

fn action(text: &str) -> Result<ActionPattern, Invalid> {
    ActionPattern::parse(text)
}

fn time(text: &str) -> Result<OffsetDateTime, time::error::Parse> {
    OffsetDateTime::parse(text, &Rfc3339)
}
