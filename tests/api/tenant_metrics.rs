//! Is what a replica says of its knowledge of tenants true while Postgres hangs, and once it is back?

use std::process::Command;

use crate::database::Database;
use crate::harness::Harness;

#[tokio::test]
async fn the_age_of_what_is_known_grows_while_postgres_hangs() {
    let directory = tempfile::tempdir().unwrap();
    let (postgres, database) = Database::server_of_its_own(&directory.path().join("postgres")).await;
    let gateway = Harness::on(database, "").await;
    gateway.listens().await;
    let metric = async |name: &str| gateway.metric(name).await;
    gateway.until("it is in step", async || metric("tenant_revision_age_seconds").await < 2.0).await;
    let mut frozen: Vec<i32> = sqlx::query_scalar(
        "select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
    )
    .fetch_all(&gateway.database.pool)
    .await
    .unwrap();
    // The one that makes new backends, too.
    frozen.push(i32::try_from(postgres.pid()).unwrap());
    let signal = |name: &str| {
        for pid in &frozen {
            assert!(Command::new("kill").args([name, &pid.to_string()]).status().unwrap().success());
        }
    };
    signal("-STOP");
    let grown = async || metric("tenant_revision_age_seconds").await > 4.0;
    gateway.until("the age grows", grown).await;
    gateway.until("nobody listens", async || metric("tenant_listener_connected").await == 0.0).await;
    signal("-CONT");
    gateway.until("it is in step again", async || metric("tenant_revision_age_seconds").await < 2.0).await;
}
