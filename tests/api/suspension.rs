//! How soon does every replica know that a tenant is suspended?

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::json;

use crate::harness::Harness;

/// Acme's status as this replica sees it, by what it answers to Alice.
async fn problem(replica: &Harness) -> (StatusCode, String) {
    let answer = replica.get(&replica.token("alice@acme.example"), "/v1/me").await;
    (answer.status, answer.problem().to_owned())
}

/// Lets both replicas remember the tenant, and answers its id.
async fn remember(gateway: &Harness, replica: &Harness) -> String {
    for _ in 0..2 {
        assert_eq!(problem(replica).await.0, StatusCode::OK);
    }
    let me = gateway.get(&gateway.token("alice@acme.example"), "/v1/me").await;
    me.body["tenant"]["id"].as_str().unwrap().to_owned()
}

async fn change(gateway: &Harness, id: &str, action: &str) {
    let admin = gateway.token("admin@platform.example");
    let answer = gateway.post(&admin, &format!("/v1/admin/tenants/{id}/{action}"), json!({})).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
}

/// It is a second on a machine that has the time; this one runs all other tests besides. `tests/fleet` holds the second itself.
const SOON: Duration = Duration::from_secs(5);

fn suspended() -> (StatusCode, String) {
    (StatusCode::FORBIDDEN, "tenant-suspended".to_owned())
}

#[tokio::test]
async fn a_suspension_is_seen_at_once_here_and_within_a_second_elsewhere() {
    let gateway = Harness::start().await;
    // So rarely that only the notification can have told.
    let replica = gateway.replica("[tenants]\npoll = \"1m\"\n").await;
    gateway.listens().await;
    replica.listens().await;
    let id = remember(&gateway, &replica).await;
    for _ in 0..3 {
        change(&gateway, &id, "suspend").await;
        let changed = Instant::now();
        assert_eq!(problem(&gateway).await, suspended());
        replica.until("the replica refuses", async || problem(&replica).await == suspended()).await;
        assert!(changed.elapsed() < SOON, "{:?}", changed.elapsed());

        change(&gateway, &id, "activate").await;
        assert_eq!(problem(&gateway).await.0, StatusCode::OK);
        replica.until("the replica lets in", async || problem(&replica).await.0 == StatusCode::OK).await;
    }
    // Others are not touched.
    change(&gateway, &id, "suspend").await;
    let gina = replica.get(&replica.token("gina@globex.example"), "/v1/me").await;
    assert_eq!(gina.status, StatusCode::OK);
}

#[tokio::test]
async fn a_suspension_whose_notification_is_lost_is_seen_by_looking_every_second() {
    let gateway = Harness::start().await;
    let replica = gateway.replica("").await;
    // Changes count and tell nobody, as behind a pooler that cannot listen.
    let mute = "create or replace function announce_tenant_change() returns trigger language plpgsql as $$
                begin update tenant_revision set revision = revision + 1; return null; end $$";
    sqlx::query(mute).execute(&gateway.database.pool).await.unwrap();
    let id = remember(&gateway, &replica).await;
    change(&gateway, &id, "suspend").await;
    let changed = Instant::now();
    assert_eq!(problem(&gateway).await, suspended());
    replica.until("the replica refuses", async || problem(&replica).await == suspended()).await;
    assert!(changed.elapsed() < SOON, "{:?}", changed.elapsed());
}
