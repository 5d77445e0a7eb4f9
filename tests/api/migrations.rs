//! Does the database get its shape when replicas start together, and does an older release start on a newer shape?

use std::path::Path;

use futures_util::future::join_all;
use upload_gateway::adapters::postgres::{Shape, Ways, migrate, shape};
use upload_gateway::config;

use crate::database::Database;
use crate::harness::Harness;
use crate::own_process::OwnProcess;

async fn migrated(database: &Database) -> Result<(), sqlx::migrate::MigrateError> {
    let database = config::Database {
        url: database.url.clone().into(),
        session_url: None,
        password: config::DatabasePassword::InUrl,
        max_connections: 1,
        connect_timeout: std::time::Duration::from_secs(30),
        statement_timeout: std::time::Duration::from_secs(30),
    };
    migrate(Ways::new(&database).unwrap().sessions).await
}

#[tokio::test]
async fn replicas_that_start_together_on_an_empty_database_migrate_it_once() {
    let database = Database::empty().await;
    assert!(matches!(shape(&database.pool).await.unwrap(), Shape::Older { .. }));
    for result in join_all((0..3).map(|_replica| migrated(&database))).await {
        result.unwrap();
    }
    let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").read_dir().unwrap();
    let files = files.filter(|file| file.as_ref().unwrap().path().extension().is_some_and(|kind| kind == "sql"));
    assert_eq!(database.count("_sqlx_migrations where success").await, files.count() as i64);
    assert_eq!(shape(&database.pool).await.unwrap(), Shape::Known);
}

#[tokio::test]
async fn a_release_that_is_rolled_back_serves_with_the_newer_shape() {
    let gateway = Harness::start().await;
    let newer = "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
                 values (29991231000000, 'of a newer release', true, '', 0)";
    sqlx::query(newer).execute(&gateway.database.pool).await.unwrap();
    let mut own = OwnProcess::begin(&gateway, "", &["--migrate"]).await;
    let warned = own.line("the database is of a newer version").await;
    assert_eq!((&warned["level"], &warned["migrations.unknown"]), (&"WARN".into(), &1.into()));
    own.serves().await;
    gateway.until("it is ready", async || own.health(&[], &own.internal).await.0 == Some(0)).await;
    assert_eq!(shape(&gateway.database.pool).await.unwrap(), Shape::Newer { unknown: 1 });

    let edited =
        "update _sqlx_migrations set checksum = 'x' where version = (select min(version) from _sqlx_migrations)";
    sqlx::query(edited).execute(&gateway.database.pool).await.unwrap();
    assert!(migrated(&gateway.database).await.is_err(), "a migration that was edited is refused");
}

#[tokio::test]
async fn an_index_that_was_made_beforehand_is_taken_and_one_that_is_broken_is_named() {
    let database = Database::create().await;
    let migration = include_str!("../../migrations/20261121000011_settled_uploads.sql");
    sqlx::raw_sql(migration).execute(&database.pool).await.expect("all of them are there");
    let breaks = "update pg_index set indisvalid = false where indexrelid = 'uploads_settled_newest'::regclass";
    sqlx::query(breaks).execute(&database.pool).await.unwrap();
    let error = sqlx::raw_sql(migration).execute(&database.pool).await.unwrap_err().to_string();
    assert!(error.contains("drop them first: uploads_settled_newest"), "{error}");
}
