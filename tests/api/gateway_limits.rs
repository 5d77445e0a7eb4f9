//! Can the limits of the whole gateway be changed while it runs, for every replica and for good?

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Answer, Harness};

const LIMITS: &str = "/v1/admin/limits";
const ADMIN: &str = "admin@platform.example";
const CONFIGURED: &str = "[rate]\nsubject_requests_per_minute = 900\n[limits]\nmax_upload_bytes = \"7 MiB\"\n";

async fn limits(gateway: &Harness) -> Value {
    gateway.get(&gateway.token(ADMIN), LIMITS).await.body
}

async fn change(gateway: &Harness, body: Value) -> Answer {
    gateway.patch(&gateway.token(ADMIN), LIMITS, body).await
}

async fn reset(gateway: &Harness) -> Answer {
    gateway.send(gateway.request(Method::DELETE, LIMITS).bearer_auth(gateway.token(ADMIN))).await
}

/// How many requests a person may make in a minute, as the answer to one says.
async fn of_alice(gateway: &Harness) -> Option<String> {
    let answer = gateway.get(&gateway.token("alice@acme.example"), "/v1/collections").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.headers.get("ratelimit-policy").map(|policy| policy.to_str().unwrap().to_owned())
}

/// What a tenant has that names no limits of its own.
async fn of_new_tenant(gateway: &Harness, slug: &str) -> Value {
    let tenant = json!({"slug": slug, "name": slug});
    let created = gateway.post(&gateway.token(ADMIN), "/v1/admin/tenants", tenant).await;
    assert_eq!(created.status, StatusCode::CREATED, "{}", created.body);
    created.body["limits"].clone()
}

/// What admins did to the limits, first to last.
async fn acts(gateway: &Harness) -> Vec<(String, Value)> {
    let statement =
        "select action, detail from audit_events where action like 'limits.%' and tenant_id is null order by id";
    sqlx::query_as(statement).fetch_all(&gateway.database.pool).await.unwrap()
}

#[tokio::test]
async fn the_configurations_hold_until_an_admin_sets_others_and_again_when_these_are_taken_back() {
    let gateway = Harness::with(CONFIGURED).await;
    let configured = limits(&gateway).await;
    assert_eq!(configured["limits"]["maxUploadBytes"], 7 << 20);
    assert_eq!((&configured["subjectRequestsPerMinute"], &configured["setAt"]), (&json!(900), &Value::Null));
    assert_eq!(of_new_tenant(&gateway, "before").await, configured["limits"]);

    let wanted =
        json!({"limits": {"allowedContentTypes": ["image/*"], "monthlyBytes": 1_i64 << 40, "requestsPerMinute": 50}});
    let changed = change(&gateway, wanted).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
    assert_eq!(changed.body["limits"]["maxUploadBytes"], 7 << 20, "what was not named stays");
    assert_eq!(changed.body["subjectRequestsPerMinute"], 900);
    assert!(changed.body["setAt"].is_string());
    assert_eq!(limits(&gateway).await, changed.body);
    assert_eq!(of_new_tenant(&gateway, "after").await, changed.body["limits"]);
    let old = gateway.get(&gateway.token(ADMIN), "/v1/admin/tenants?q=before").await.body;
    assert_eq!(old["items"][0]["limits"], configured["limits"], "a tenant that was there keeps its own");

    let changed = change(&gateway, json!({"limits": {"monthlyBytes": null}, "subjectRequestsPerMinute": null})).await;
    assert_eq!(
        (&changed.body["limits"]["monthlyBytes"], &changed.body["subjectRequestsPerMinute"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(change(&gateway, json!({})).await.body, changed.body, "no change is no act");

    assert_eq!(reset(&gateway).await.body, configured);
    assert_eq!(reset(&gateway).await.body, configured, "and again is no act");
    assert_eq!(of_new_tenant(&gateway, "again").await, configured["limits"]);
    let both = json!({"changed": ["monthlyBytes", "subjectRequestsPerMinute"]});
    let expected = [
        ("limits.changed", json!({"changed": ["allowedContentTypes", "monthlyBytes", "requestsPerMinute"]})),
        ("limits.changed", both),
        ("limits.reset", json!({})),
    ];
    assert_eq!(acts(&gateway).await, expected.map(|(action, detail)| (action.to_owned(), detail)));
}

#[tokio::test]
async fn a_persons_limit_holds_on_every_replica_within_a_second_and_after_a_restart() {
    let gateway = Harness::with(CONFIGURED).await;
    let replica = gateway.replica(CONFIGURED).await;
    for gateway in [&gateway, &replica] {
        assert_eq!(of_alice(gateway).await.as_deref(), Some("\"subject\";q=900;w=60"));
    }
    for (limit, policy) in
        [(json!(77), Some("\"subject\";q=77;w=60")), (Value::Null, None), (json!(5), Some("\"subject\";q=5;w=60"))]
    {
        change(&gateway, json!({"subjectRequestsPerMinute": limit})).await;
        let changed = Instant::now();
        assert_eq!(of_alice(&gateway).await.as_deref(), policy, "here at once");
        replica.until("the replica knows", async || of_alice(&replica).await.as_deref() == policy).await;
        assert!(changed.elapsed() < Duration::from_secs(5), "{:?}", changed.elapsed());
    }
    let restarted = gateway.replica(CONFIGURED).await;
    restarted
        .until("it is known from the start", async || {
            of_alice(&restarted).await.as_deref() == Some("\"subject\";q=5;w=60")
        })
        .await;
    reset(&restarted).await;
    replica
        .until("the configuration's hold", async || {
            of_alice(&replica).await.as_deref() == Some("\"subject\";q=900;w=60")
        })
        .await;
}

#[tokio::test]
async fn two_changes_at_once_are_both_kept() {
    let gateway = Harness::with(CONFIGURED).await;
    for round in 1..=10 {
        let (one, other) = tokio::join!(
            change(&gateway, json!({"limits": {"maxUploadBytes": round}})),
            change(&gateway, json!({"subjectRequestsPerMinute": 100 + round})),
        );
        assert_eq!((one.status, other.status), (StatusCode::OK, StatusCode::OK), "{} {}", one.body, other.body);
        let now = limits(&gateway).await;
        assert_eq!(
            (&now["limits"]["maxUploadBytes"], &now["subjectRequestsPerMinute"]),
            (&json!(round), &json!(100 + round))
        );
    }
}

#[tokio::test]
async fn what_is_out_of_bounds_is_named_and_changes_nothing() {
    let gateway = Harness::with(CONFIGURED).await;
    let before = limits(&gateway).await;
    for (body, pointer) in [
        (json!({"subjectRequestsPerMinute": 0}), "/subjectRequestsPerMinute"),
        (json!({"subjectRequestsPerMinute": 1_i64 << 31}), "/subjectRequestsPerMinute"),
        (json!({"limits": {"maxUploadBytes": -1}}), "/limits/maxUploadBytes"),
        (json!({"limits": {"monthlyBytes": 0}}), "/limits/monthlyBytes"),
        (json!({"limits": {"requestsPerMinute": 1_i64 << 31}}), "/limits/requestsPerMinute"),
        (json!({"limits": {"allowedContentTypes": ["image"]}}), "/limits/allowedContentTypes/0"),
        (json!({"limits": {"allowedContentTypes": vec!["image/*"; 101]}}), "/limits/allowedContentTypes"),
    ] {
        let refused = change(&gateway, body.clone()).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{body} {}", refused.body);
        assert_eq!(refused.pointers(), [pointer], "{body}");
    }
    assert!(change(&gateway, json!({"limits": []})).await.status.is_client_error());
    assert_eq!(limits(&gateway).await, before);
    assert_eq!(acts(&gateway).await, []);
}
