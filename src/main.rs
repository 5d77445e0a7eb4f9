//! The command line: what can be started, and how its end is reported.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use upload_gateway::adapters::otlp::{self, Exporter};
use upload_gateway::app::{self, Application};
use upload_gateway::config::{self, Config};
use upload_gateway::doctor::Report;
use upload_gateway::healthcheck::{self, Probe};
use upload_gateway::model::{Clock, Slug};
use upload_gateway::{http, telemetry};

/// A request makes and drops two hundred things, and musl's own allocator, which packages for any Linux have, takes turns for each.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
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
struct Source {
    /// A TOML file; `check-config --print-defaults` shows every setting.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[cfg(feature = "sandbox")]
#[derive(Args)]
struct SandboxArgs {
    /// Where its database, objects and keys live.
    #[arg(long, value_name = "DIR", default_value = ".sandbox")]
    data_dir: PathBuf,
    /// The gateway's public port; 0 for any. Default: 8080, or any when that is taken.
    #[arg(long, value_name = "PORT")]
    public_port: Option<u16>,
    /// The gateway's internal port; 0 for any. Default: 9090, or any when that is taken.
    #[arg(long, value_name = "PORT")]
    internal_port: Option<u16>,
    /// The port of S3 and STS; 0 for any. Default: 9000, or any when that is taken.
    #[arg(long, value_name = "PORT")]
    s3_port: Option<u16>,
    /// The port of the Cognito stand-in; 0 for any. Default: 9229, or any when that is taken.
    #[arg(long, value_name = "PORT")]
    cognito_port: Option<u16>,
    /// A web page that may call the gateway (CORS), such as https://partner.example, besides those of this machine; may be repeated.
    #[arg(long = "allowed-origin", value_name = "ORIGIN")]
    allowed_origins: Vec<String>,
    /// Let anybody register at the Cognito stand-in, on its page and over its API. Whoever does belongs to no tenant.
    #[arg(long)]
    self_sign_up: bool,
    /// Remove the data directory when it stops.
    #[arg(long)]
    ephemeral: bool,
    /// Remove what an earlier sandbox left in the data directory first.
    #[arg(long)]
    reset: bool,
    /// Use this Postgres instead of a private one.
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say_error(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Serve { source, migrate } => {
            let config = Config::load(source.config.as_deref())?;
            let export = otlp::open(&config.trace).context("spans cannot be exported")?;
            let (queue, exporter) = export.unzip();
            let export = queue.map(|queue| telemetry::Export { queue, share: config.trace.sample_ratio });
            let _last_lines = telemetry::start(&config.log, export, Clock::system())?;
            block_on(serve(config, migrate, exporter))
        }
        #[cfg(feature = "sandbox")]
        Command::Sandbox(args) => block_on(sandbox(args)),
        Command::Migrate(source) => {
            let config = Config::load(source.config.as_deref())?;
            block_on(async move { Ok(app::migrate(&config, Clock::system()).await?) })
        }
        Command::CheckConfig { print_defaults: true, .. } => {
            say(config::DEFAULTS);
            Ok(())
        }
        Command::CheckConfig { source, .. } => {
            let config = Config::load(source.config.as_deref())?;
            block_on(async move { Ok(app::check_certificate(&config).await?) })?;
            say("The configuration is good.");
            Ok(())
        }
        Command::Doctor { source, json } => {
            let report = match Config::load(source.config.as_deref()) {
                Ok(config) => block_on(async move { Ok(Box::pin(app::examine(&config, Clock::system())).await?) })?,
                Err(faults) if json => Report::of_faults(&faults),
                Err(faults) => return Err(faults.into()),
            };
            say(&if json { report.to_json()? } else { report.to_string() });
            anyhow::ensure!(report.is_healthy(), "not everything is as it must be");
            Ok(())
        }
        Command::Healthcheck { source, live } => {
            let config = Config::load(source.config.as_deref())?;
            let probe = if live { Probe::Live } else { Probe::Ready };
            block_on(async move { Ok(healthcheck::ask(config.server.internal_address, probe).await?) })
        }
        Command::Openapi => {
            say(&http::openapi::text(&http::openapi::document())?);
            Ok(())
        }
        Command::SessionPolicy { source, tenant } => {
            let config = Config::load(source.config.as_deref())?;
            let slug = Slug::parse(&tenant).map_err(|rule| anyhow::anyhow!("--tenant {rule}"))?;
            say(&app::session_policy(&config, &slug));
            Ok(())
        }
    }
}

fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no runtime")?;
    let done = runtime.block_on(work);
    // A name that is still being resolved would be waited for.
    runtime.shutdown_background();
    done
}

async fn serve(config: Config, migrate: bool, exporter: Option<Exporter>) -> anyhow::Result<()> {
    // First of all: the first process of a container is sent no signal that it does not wait for.
    let shutdown = stop_signal()?;
    if migrate {
        let migrating = Box::pin(app::migrate(&config, Clock::system()));
        let Some(migrated) = shutdown.run_until_cancelled(migrating).await else { return Ok(()) };
        migrated?;
    }
    let served = CancellationToken::new();
    let exporting = exporter.map(|exporter| tokio::spawn(exporter.run_until(served.clone())));
    let application = Application::build(config, Clock::system()).await?;
    if let Some(reload) = application.certificate_reload() {
        let mut hangup = signal(SignalKind::hangup())?;
        tokio::spawn(async move {
            while hangup.recv().await.is_some() {
                reload.notify_one();
            }
        });
    }
    let result = application.run_until(shutdown).await;
    served.cancel();
    if let Some(exporting) = exporting {
        exporting.await?;
    }
    Ok(result?)
}

#[cfg(feature = "sandbox")]
async fn sandbox(args: SandboxArgs) -> anyhow::Result<()> {
    use upload_gateway::sandbox::{Options, Sandbox};

    let log = config::Log { format: config::LogFormat::Text, filter: "warn".to_owned() };
    let _last_lines = telemetry::start(&log, None, Clock::system())?;
    let shutdown = stop_signal()?;
    let (pg_bin, search_path) = config::postgres_search();
    let options = Options {
        data_dir: args.data_dir,
        public_port: args.public_port,
        internal_port: args.internal_port,
        s3_port: args.s3_port,
        cognito_port: args.cognito_port,
        allowed_origins: args.allowed_origins,
        self_sign_up: args.self_sign_up,
        ephemeral: args.ephemeral,
        reset: args.reset,
        database_url: args.database_url,
        pg_bin,
        search_path,
    };
    let sandbox = Box::pin(Sandbox::start(options, Clock::system())).await?;
    say(&sandbox.welcome());
    Ok(sandbox.run_until(shutdown).await?)
}

/// Cancelled by the first SIGTERM or SIGINT. A second one ends the process at once, for those who cannot wait.
fn stop_signal() -> anyhow::Result<CancellationToken> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let token = CancellationToken::new();
    let cancelled = token.clone();
    tokio::spawn(async move {
        for _ in 0..2 {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if cancelled.is_cancelled() {
                std::process::exit(130);
            }
            cancelled.cancel();
        }
    });
    Ok(token)
}

#[expect(clippy::print_stdout, reason = "this is what the command was asked to print")]
fn say(text: &str) {
    println!("{}", text.trim_end());
}

#[expect(clippy::print_stderr, reason = "a command's failure is told on standard error, also when logging is off")]
fn say_error(error: &anyhow::Error) {
    eprintln!("upload-gateway: {error:#}");
}
