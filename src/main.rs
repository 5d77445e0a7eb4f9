//! What is started, and how is its end reported?

mod cli;

use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser as _;
use cli::{Cli, Command};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use upload_gateway::adapters::otlp::{self, Exporter};
use upload_gateway::app::{self, Application, Standing};
use upload_gateway::config::{self, Config};
use upload_gateway::doctor::Report;
use upload_gateway::healthcheck::{self, Probe};
use upload_gateway::model::{Clock, Slug};
use upload_gateway::{http, telemetry};

/// A request makes and drops two hundred things, and musl's own allocator, which packages for any Linux have, takes turns for each.
/// Its second line gives memory back within a tenth of a second, where the third keeps what one busy second needed.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
        Command::Sandbox(args) => block_on_threads(std::thread::available_parallelism()?.get(), sandbox(args)),
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
        Command::Audit(command) => block_on(cli::audit::run(command)),
        Command::Suspend { source, tenant, revoke_outstanding } => {
            block_on(cli::tenant::change(source, tenant, Standing::Suspended { revoke: revoke_outstanding }))
        }
        Command::Activate { source, tenant } => block_on(cli::tenant::change(source, tenant, Standing::Active)),
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

/// Requests and their records have threads of their own. What is left waits for others most of the time, and one thread does it:
/// each has memory that it alone can use again.
fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    block_on_threads(1, work)
}

fn block_on_threads<T>(threads: usize, work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(threads).enable_all().build().context("no runtime")?;
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
async fn sandbox(args: cli::SandboxArgs) -> anyhow::Result<()> {
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
