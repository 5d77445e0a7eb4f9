//! Is the ledger's word good while its connections are cut again and again?

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::join_all;
use reqwest::StatusCode;
use serde_json::json;

use crate::harness::Harness;
use crate::quotas::{limit, miscounted};

const SIZE: i64 = 10;
/// Of the 200 that ask at once, as many as the month has room for.
const ROOM: usize = 50;

/// Ends every connection of the gateways', and says how many there were.
async fn cut(gateway: &Harness) -> i64 {
    let all = "select count(*) from (
        select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and application_name = 'upload-gateway' and pid <> pg_backend_pid()
    ) as ended";
    sqlx::query_scalar(all).fetch_one(&gateway.database.pool).await.expect("a count")
}

#[tokio::test]
async fn whatever_is_cut_no_url_is_unrecorded_and_no_quota_overshot() {
    // Small transactions, and patience enough that the wait for a new connection is not what is tested.
    let further = "[ledger]\nbatch = 8\ndeadline = \"10s\"\n";
    let gateway = Harness::with(further).await;
    limit(&gateway, "alice@acme.example", json!({"monthlyBytes": SIZE * i64::try_from(ROOM).expect("few")})).await;
    let replica = gateway.replica(further).await;
    let alice = gateway.token("alice@acme.example");
    let ask = async |number: usize| {
        let side = if number.is_multiple_of(2) { &gateway } else { &replica };
        let body = json!({"fileName": "a", "contentType": "a/b", "size": SIZE});
        let request = side.request(reqwest::Method::POST, "/v1/uploads").bearer_auth(&alice).json(&body);
        // Every other pair goes the way of what may be repeated, which has a transaction of its own.
        let request = if number % 4 < 2 { request } else { request.header("idempotency-key", number.to_string()) };
        side.send(request).await
    };
    let all_answered = AtomicBool::new(false);
    let asking = async {
        let answers = join_all((0..200).map(ask)).await;
        all_answered.store(true, Ordering::Relaxed);
        answers
    };
    // Each time that something was recorded, so that there is progress to be cut.
    let cutting = async {
        let (mut cuts, mut recorded) = (0, 0);
        while !all_answered.load(Ordering::Relaxed) {
            let now = gateway.database.count("uploads").await;
            if now > recorded {
                recorded = now;
                cuts += i32::from(cut(&gateway).await > 0);
            }
        }
        cuts
    };
    let (answers, cuts) = tokio::join!(asking, cutting);
    assert!(cuts >= 2, "it was cut {cuts} times");

    let mut granted = BTreeSet::new();
    for answer in &answers {
        match answer.status {
            StatusCode::CREATED => assert!(granted.insert(answer.body["id"].as_str().expect("an id"))),
            StatusCode::FORBIDDEN => assert_eq!(answer.problem(), "quota-exceeded", "{}", answer.body),
            _ => assert_eq!(answer.problem(), "unavailable", "{}", answer.body),
        }
        let has_url = answer.body.to_string().contains("X-Amz-Signature");
        assert_eq!(has_url, answer.status == StatusCode::CREATED, "{}", answer.body);
    }
    let recorded: Vec<String> = sqlx::query_scalar("select id::text from uploads where status = 'pending'")
        .fetch_all(&gateway.database.pool)
        .await
        .expect("ids");
    let recorded: BTreeSet<&str> = recorded.iter().map(String::as_str).collect();
    assert!(granted.is_subset(&recorded), "{} URLs left, and {} are on record", granted.len(), recorded.len());
    assert!(recorded.len() <= ROOM, "{} grants where the month has room for {ROOM}", recorded.len());
    let audited = "audit_events where action = 'upload.granted'";
    assert_eq!(gateway.database.count(audited).await, i64::try_from(recorded.len()).expect("few"));
    assert_eq!(miscounted(&gateway).await, [""; 0]);

    // Once it is left in peace, the rest of the month can be had, and no more.
    let left = ROOM - recorded.len();
    let more = async || {
        gateway.post(&alice, "/v1/uploads", json!({"fileName": "a", "contentType": "a/b", "size": SIZE})).await
    };
    gateway
        .until("Postgres is reached again", async || replica.get(&alice, "/v1/me").await.status == StatusCode::OK)
        .await;
    for _ in 0..left {
        assert_eq!(more().await.status, StatusCode::CREATED);
    }
    assert_eq!(more().await.problem(), "quota-exceeded");
    assert_eq!(miscounted(&gateway).await, [""; 0]);
}
