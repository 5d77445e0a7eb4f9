//! When is an upload looked at again that was looked at and left as it was?

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::json;
use sqlx::Executor as _;
use time::OffsetDateTime;
use upload_gateway::adapters::postgres::reconcile;
use upload_gateway::model::{Clock, UploadId};
use upload_gateway::sandbox::aws::Fault;
use uuid::Uuid;

use crate::harness::Harness;

#[tokio::test]
async fn who_is_waited_for_is_looked_at_again_long_before_the_lease_is_over() {
    let gateway = Harness::with("[reconcile]\ninterval = \"100ms\"\ngrace = \"1h\"\nlease = \"30m\"\n").await;
    let alice = gateway.token("alice@acme.example");
    for _ in 0..3 {
        gateway.grant(&alice, 11).await;
    }
    // The life of a URL, and then twice what is waited for at first.
    for (later, looks) in [(5 * 60 + 1, 3.0), (31, 6.0), (62, 9.0)] {
        gateway.travel(Duration::from_secs(later));
        let waiting = async || gateway.metric("reconciled_total{outcome=\"waiting\"}").await >= looks;
        gateway.until("all were looked at", waiting).await;
    }
}

#[tokio::test]
async fn what_is_recorded_meanwhile_keeps_no_look_from_going_on() {
    let gateway = Harness::with("[reconcile]\ninterval = \"100ms\"\ngrace = \"10m\"\nlease = \"30m\"\n").await;
    let alice = gateway.token("alice@acme.example");
    let uploads = async |number: usize| {
        let upload = json!({"fileName": "a", "contentType": "a/b", "size": 1});
        let made = gateway.post(&alice, "/v1/uploads/batch", json!({"uploads": vec![upload; number]})).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    };
    uploads(5).await;
    gateway.travel(Duration::from_secs(10 * 60));
    let waiting = async || gateway.metric("reconciled_total{outcome=\"waiting\"}").await == 5.0;
    gateway.until("five are waited for", waiting).await;
    uploads(50).await;
    gateway.neighbours().aws.set_s3_fault(Fault::Hanging);
    gateway.travel(Duration::from_secs(5 * 60 + 1));
    let claimed = "uploads where check_at > expires_at + interval '15 minutes'";
    gateway.until("all are looked at", async || gateway.database.count(claimed).await == 55).await;

    // The five are to expire now. They take every connection of the pool, and somebody else has their rows.
    let mut other = gateway.database.pool.acquire().await.expect("a connection");
    let lock = "begin; select id from uploads order by id limit 5 for update";
    other.execute(lock).await.expect("locked");
    gateway.neighbours().aws.set_s3_fault(Fault::None);
    let stuck = "pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    let all_wait = async || {
        // Long enough for the next one that is waited for to be recorded.
        gateway.travel(Duration::from_secs(1));
        gateway.database.count(stuck).await == 4
    };
    gateway.until("no connection is left", all_wait).await;
    other.execute("commit").await.expect("let go");
    let expired = "uploads where status = 'expired'";
    gateway.until("five are expired", async || gateway.database.count(expired).await == 5).await;
    assert_eq!(gateway.metric("reconcile_failures_total").await, 0.0);
}

#[tokio::test]
async fn what_somebody_else_said_during_a_look_stands() {
    let gateway = Harness::with("[reconcile]\ninterval = \"1h\"\n").await;
    let alice = gateway.token("alice@acme.example");
    let mut ids = vec![];
    for _ in 0..3 {
        let id = gateway.grant(&alice, 11).await["id"].as_str().and_then(|id| Uuid::parse_str(id).ok());
        ids.push(id.expect("an id"));
    }
    let pool = &gateway.database.pool;
    let start = Clock::system().now().replace_nanosecond(0).expect("a second");
    let moment = |hours: u64| start + Duration::from_secs(hours * 3600);
    // Finer than Postgres keeps it.
    let leased_until = moment(2) + Duration::from_nanos(1);
    let (now, given, next) = (moment(1), moment(3), moment(4));
    assert_eq!(reconcile::claim_due(pool, now, leased_until, 10).await.expect("a claim").len(), 3);
    sqlx::query("update uploads set check_at = $2 where id = $1")
        .bind(ids[0])
        .bind(given)
        .execute(pool)
        .await
        .expect("given");
    let looked = [(ids[0], Some(next)), (ids[1], Some(next)), (ids[2], None)].map(|(id, at)| (UploadId::from(id), at));
    reconcile::due_next(pool, leased_until, &looked).await.expect("recorded");
    let due = sqlx::query_scalar("select check_at from uploads order by id");
    let due: Vec<Option<OffsetDateTime>> = due.fetch_all(pool).await.expect("moments");
    assert_eq!(due, [Some(given), Some(next), None]);
}
