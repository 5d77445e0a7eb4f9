//! Everything that the gateway talks to, on loopback: a private Postgres, S3, STS and a Cognito stand-in, with a gateway
//! in front. For developers on a laptop, and for the tests.

pub mod aws;
pub mod cognito;
mod document;
pub mod neighbours;
pub mod people;
pub mod postgres;
mod welcome;

use std::ffi::OsString;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};

use tokio_util::sync::CancellationToken;

use crate::adapters::postgres::DatabaseError;
use crate::app::{Application, StartError};
use crate::config::Faults;
use crate::model::Clock;
use document::Document;
use neighbours::Neighbours;
use postgres::Postgres;

/// How a sandbox is set up.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where everything lives.
    pub data_dir: PathBuf,
    /// The gateway's public port: 0 for any, none for 8080 or else any.
    pub public_port: Option<u16>,
    /// The gateway's internal port: 0 for any, none for 9090 or else any.
    pub internal_port: Option<u16>,
    /// The port of S3 and STS: 0 for any, none for 9000 or else any.
    pub s3_port: Option<u16>,
    /// The port of the Cognito stand-in: 0 for any, none for 9229 or else any.
    pub cognito_port: Option<u16>,
    /// Web pages that may call the gateway (CORS), besides those of this machine.
    pub allowed_origins: Vec<String>,
    /// Anybody may register in the user pool.
    pub self_sign_up: bool,
    /// Remove the data directory at the end.
    pub ephemeral: bool,
    /// Remove what an earlier sandbox left.
    pub reset: bool,
    /// A Postgres to use instead of a private one.
    pub database_url: Option<String>,
    /// Where Postgres's programs are, when not where they are searched for.
    pub pg_bin: Option<PathBuf>,
    /// The `PATH` that they are searched in.
    pub search_path: Option<OsString>,
}

/// A sandbox could not be started.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The data directory cannot be used.
    #[error("{}: {what}", path.display())]
    Directory {
        /// Which path.
        path: PathBuf,
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        source: std::io::Error,
    },
    /// The directory holds something that no sandbox put there.
    #[error("{} holds files that are no sandbox's: it is not touched", .0.display())]
    NotOurs(PathBuf),
    /// Postgres did not start.
    #[error(transparent)]
    Postgres(#[from] postgres::Error),
    /// S3 and STS did not start.
    #[error(transparent)]
    Aws(#[from] aws::Error),
    /// The Cognito stand-in did not start.
    #[error(transparent)]
    Cognito(#[from] cognito::Error),
    /// The configuration that was made for the gateway is not taken.
    #[error(transparent)]
    Configuration(#[from] Faults),
    /// The gateway did not start.
    #[error(transparent)]
    Gateway(#[from] StartError),
    /// The tenants could not be seeded.
    #[error("the tenants could not be created")]
    Seed(#[from] DatabaseError),
    /// The database could not be reached to seed them.
    #[error("the database could not be reached")]
    Database(#[from] sqlx::Error),
}

/// A running sandbox.
pub struct Sandbox {
    application: Application,
    neighbours: Neighbours,
    postgres: Option<Postgres>,
    document: Document,
    data_dir: PathBuf,
    ephemeral: bool,
}

/// The file whose presence says that a directory is a sandbox's and may be removed.
const MARKER: &str = "upload-gateway-sandbox";

impl Sandbox {
    /// Starts everything, seeds two tenants and their people, and writes `sandbox.json` once all of it answers.
    ///
    /// # Errors
    /// When a part cannot be started; those that were are stopped again.
    pub async fn start(options: Options, clock: Clock) -> Result<Self, Error> {
        let data_dir = claim(&options)?;
        // Who owns the tables brings them into shape, and is not who serves.
        let (database_url, service_url, postgres) = match options.database_url {
            Some(url) => (url.clone(), url, None),
            None => {
                let postgres = Postgres::start(postgres::Options {
                    directory: data_dir.join("postgres"),
                    pg_bin: options.pg_bin,
                    search_path: options.search_path,
                    download_directory: data_dir.join("postgres-programs"),
                })
                .await?;
                (postgres.url(), postgres.service_url(), Some(postgres))
            }
        };
        let keys = cognito::SigningKeys::load_or_generate(&data_dir.join("cognito-keys.json"))?;
        let neighbours = Neighbours::start(neighbours::Options {
            data_dir: data_dir.clone(),
            s3_port: port(options.s3_port, 9000),
            cognito_port: port(options.cognito_port, 9229),
            keys,
            people: people::people(),
            self_sign_up: options.self_sign_up,
            database_url: service_url,
            clock: clock.clone(),
            events: true,
        })
        .await?;
        let ports = (port(options.public_port, 8080), port(options.internal_port, 9090));
        // A developer's page has whatever port its own server has. An array of strings is the same in JSON and in TOML.
        let origins: Vec<&str> = ["http://localhost:*", "http://127.0.0.1:*"]
            .into_iter()
            .chain(options.allowed_origins.iter().map(String::as_str))
            .collect();
        let origins = serde_json::json!(origins);
        let config = neighbours.configuration(ports, &format!("[server]\nallowed_origins = {origins}\n"))?;
        let mut owner = config.clone();
        owner.database.url = database_url.clone().into();
        crate::app::migrate(&owner, clock.clone()).await?;
        people::seed(&config, &clock).await?;
        // Boxed, as it is the largest part of this future.
        let application = Box::pin(Application::build(config, clock)).await?;
        let portal = format!("http://{}/portal/", application.public_address());
        neighbours.cognito.change_settings(|settings| settings.callback_urls.push(portal));
        let document = Document::new(&application, &neighbours, &database_url);
        document.write(&data_dir)?;
        Ok(Self { application, neighbours, postgres, document, data_dir, ephemeral: options.ephemeral })
    }

    /// What to tell the person at the terminal.
    #[must_use]
    pub fn welcome(&self) -> String {
        welcome::text(&self.document, &self.data_dir)
    }

    /// Serves until `shutdown`, then stops the gateway first and what it leans on afterwards.
    ///
    /// # Errors
    /// When a listener breaks, or the data directory of an ephemeral sandbox cannot be removed.
    pub async fn run_until(self, shutdown: CancellationToken) -> Result<(), Error> {
        let served = self.application.run_until(shutdown).await;
        Document::remove(&self.data_dir);
        self.neighbours.stop().await;
        if let Some(mut postgres) = self.postgres {
            postgres.stop().await?;
        }
        if self.ephemeral {
            remove(&self.data_dir)?;
        }
        let path = self.data_dir;
        served.map_err(|source| Error::Directory { path, what: "a listener broke", source })
    }
}

/// The data directory, made and marked as ours; cleared before, if that was asked for.
fn claim(options: &Options) -> Result<PathBuf, Error> {
    let path = &options.data_dir;
    let failed = |what| move |source| Error::Directory { path: path.clone(), what, source };
    if options.reset && path.exists() {
        remove(path)?;
    }
    std::fs::create_dir_all(path).map_err(failed("cannot be made"))?;
    let mut entries = std::fs::read_dir(path).map_err(failed("cannot be read"))?;
    if entries.next().is_some() && !path.join(MARKER).exists() {
        return Err(Error::NotOurs(path.clone()));
    }
    std::fs::write(path.join(MARKER), "Made by `upload-gateway sandbox`; remove it with --reset.\n")
        .map_err(failed("cannot be written to"))?;
    Document::remove(path);
    path.canonicalize().map_err(failed("cannot be resolved"))
}

/// Removes a directory that a sandbox made, and no other.
fn remove(path: &Path) -> Result<(), Error> {
    if !path.join(MARKER).exists() {
        return Err(Error::NotOurs(path.to_owned()));
    }
    let failed = |source| Error::Directory { path: path.to_owned(), what: "cannot be removed", source };
    std::fs::remove_dir_all(path).map_err(failed)
}

/// The port that was asked for; else the usual one, or any when somebody has that.
fn port(asked: Option<u16>, usual: u16) -> u16 {
    asked.unwrap_or_else(|| {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, usual)).is_ok();
        if free { usual } else { 0 }
    })
}
