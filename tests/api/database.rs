//! How does a test get a Postgres database of its own?

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use upload_gateway::adapters::postgres::{Ways, migrate};
use upload_gateway::config;
use upload_gateway::sandbox::postgres::{Options, Postgres, as_service};

use crate::harness::SERVERS;

/// A database of a test's own, migrated.
#[derive(Clone)]
pub(crate) struct Database {
    /// As the tables' owner.
    pub(crate) url: String,
    /// As the gateway has it.
    pub(crate) service_url: String,
    pub(crate) pool: PgPool,
}

impl Database {
    /// On the server that all tests share.
    pub(crate) async fn create() -> Self {
        Self::like("gateway").await
    }

    /// Not migrated, on the same server.
    pub(crate) async fn empty() -> Self {
        Self::like("template0").await
    }

    async fn like(template: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let (admin, url) = tokio::task::spawn_blocking(move || (server().url_for("postgres"), server().url_for(&name)))
            .await
            .expect("a server");
        let name = url.split('?').next().and_then(|u| u.rsplit('/').next()).expect("a name").replace("%5F", "_");
        let admin = PgPoolOptions::new().max_connections(1).connect(&admin).await.expect("the server answers");
        let statement = format!("create database {name} template {template}");
        sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&admin).await.expect("a database");
        admin.close().await;
        Self::at(url).await
    }

    /// At a place that is migrated already.
    pub(crate) async fn at(url: String) -> Self {
        let pool = SERVERS.spawn({
            let url = url.clone();
            async move { PgPoolOptions::new().max_connections(2).connect_lazy(&url).expect("a URL") }
        });
        Self { pool: pool.await.expect("a pool"), service_url: as_service(&url), url }
    }

    /// A server of the test's own, which it may stop, crash and start again.
    pub(crate) async fn server_of_its_own(directory: &Path) -> (Postgres, Self) {
        let directory = directory.to_owned();
        let start = async move { start_server(directory).await };
        let postgres = SERVERS.spawn(start).await.expect("a server");
        let database = Self::at(postgres.url()).await;
        (postgres, database)
    }

    pub(crate) async fn count(&self, table: &str) -> i64 {
        let statement = format!("select count(*) from {table}");
        sqlx::query_scalar(sqlx::AssertSqlSafe(statement)).fetch_one(&self.pool).await.expect("a count")
    }
}

/// The Postgres that all tests share. It ends with the process, however that ends.
fn server() -> &'static Postgres {
    static SERVER: OnceLock<Postgres> = OnceLock::new();
    SERVER.get_or_init(|| {
        let tests = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        forget_dead_servers(&tests);
        SERVERS.block_on(start_server(tests.join(format!("postgres-{}", std::process::id()))))
    })
}

pub(crate) async fn start_server(directory: PathBuf) -> Postgres {
    let (pg_bin, search_path) = config::postgres_search();
    let downloads = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("postgres-programs");
    let options = Options { directory, pg_bin, search_path, download_directory: downloads };
    let postgres = Postgres::start(options).await.expect("Postgres starts");
    let database = config::Database {
        url: postgres.url().into(),
        session_url: None,
        password: config::DatabasePassword::InUrl,
        max_connections: 1,
        connect_timeout: Duration::from_secs(10),
        statement_timeout: Duration::from_secs(10),
    };
    migrate(Ways::new(&database).expect("a URL").sessions).await.expect("migrations");
    postgres
}

/// The files of servers whose processes are gone.
fn forget_dead_servers(tests: &Path) {
    for entry in std::fs::read_dir(tests).into_iter().flatten().flatten() {
        let name = entry.file_name().into_string().unwrap_or_default();
        let pid = name.strip_prefix("postgres-").and_then(|pid| pid.parse::<u32>().ok());
        if pid.is_some_and(|pid| !PathBuf::from(format!("/proc/{pid}")).exists()) {
            let _gone = std::fs::remove_dir_all(entry.path());
        }
    }
}
