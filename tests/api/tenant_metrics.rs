//! Is what a replica says of its knowledge of tenants true while Postgres hangs, and once it is back?

use crate::database::Database;
use crate::frozen::Frozen;
use crate::harness::Harness;

#[tokio::test]
async fn the_age_of_what_is_known_grows_while_postgres_hangs() {
    let directory = tempfile::tempdir().unwrap();
    let (postgres, database) = Database::server_of_its_own(&directory.path().join("postgres")).await;
    let gateway = Harness::on(database, "").await;
    gateway.listens().await;
    let metric = async |name: &str| gateway.metric(name).await;
    gateway.until("it is in step", async || metric("tenant_revision_age_seconds").await < 2.0).await;
    let frozen = Frozen::freeze(&postgres, &gateway.database).await;
    let grown = async || metric("tenant_revision_age_seconds").await > 4.0;
    gateway.until("the age grows", grown).await;
    gateway.until("nobody listens", async || metric("tenant_listener_connected").await == 0.0).await;
    frozen.thaw();
    gateway.until("it is in step again", async || metric("tenant_revision_age_seconds").await < 2.0).await;
}
