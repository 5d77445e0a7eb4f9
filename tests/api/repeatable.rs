//! Is a request that is made twice carried out once, and a batch as a whole or not at all?

use std::collections::BTreeSet;

use futures_util::future::join_all;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::harness::{Answer, Harness};
use crate::quotas::{limit, miscounted};

async fn ask(gateway: &Harness, token: &str, path: &str, key: &str, body: &Value) -> Answer {
    let request = gateway.request(reqwest::Method::POST, path).bearer_auth(token).header("idempotency-key", key);
    gateway.send(request.json(body)).await
}

fn file(size: i64) -> Value {
    json!({"fileName": "hello.txt", "contentType": "text/plain", "size": size})
}

#[tokio::test]
async fn of_200_at_once_with_one_key_one_makes_the_upload_and_all_may_use_it() {
    let gateway = Harness::start().await;
    let replica = gateway.replica("").await;
    // The quota has room for one: whoever comes second must not be judged by it.
    limit(&gateway, "alice@acme.example", json!({"monthlyBytes": 11})).await;
    let alice = gateway.token("alice@acme.example");
    let body = file(11);
    let asked =
        (0..200).map(|n| ask(if n % 2 == 0 { &gateway } else { &replica }, &alice, "/v1/uploads", "a-key", &body));
    let answers = join_all(asked).await;
    let ids: BTreeSet<&str> = answers.iter().filter_map(|answer| answer.body["id"].as_str()).collect();
    assert!(
        answers.iter().all(|answer| answer.status == StatusCode::CREATED),
        "{:?}",
        answers.iter().find(|a| a.status != 201)
    );
    assert_eq!((ids.len(), gateway.database.count("uploads").await), (1, 1));
    let replayed = answers.iter().filter(|answer| answer.headers.contains_key("idempotency-replayed")).count();
    assert_eq!(replayed, 199);
    let last = &answers[199].body;
    assert_eq!(gateway.put(last, "hello world", |put| put).await.status, StatusCode::OK, "each of the URLs works");
    assert_eq!(miscounted(&gateway).await, [""; 0]);
}

#[tokio::test]
async fn a_key_outlives_the_process_and_its_url_is_fresh() {
    let mut first = Harness::start().await;
    let second = first.replica("").await;
    let alice = second.token("alice@acme.example");
    let made = ask(&first, &alice, "/v1/uploads", "\"quoted\"", &file(11)).await;
    first.stop().await;
    second.travel(std::time::Duration::from_secs(120));
    let again = ask(&second, &alice, "/v1/uploads", "quoted", &file(11)).await;
    assert_eq!(again.body["id"], made.body["id"]);
    assert!(again.body["request"]["expiresAt"].as_str() > made.body["request"]["expiresAt"].as_str());
    assert_eq!(again.headers["idempotency-replayed"], "true");
    let expiry: time::OffsetDateTime =
        sqlx::query_scalar("select expires_at from uploads").fetch_one(&second.database.pool).await.expect("a row");
    let stated = again.body["request"]["expiresAt"].as_str().expect("a time");
    let stated = time::OffsetDateTime::parse(stated, &time::format_description::well_known::Rfc3339).expect("a time");
    assert_eq!(expiry, stated, "the record knows of the fresh URL");

    second.put(&again.body, "hello world", |put| put).await;
    let path = format!("/v1/uploads/{}/complete", made.body["id"].as_str().expect("an id"));
    assert_eq!(second.post(&alice, &path, json!({})).await.status, StatusCode::OK);
    let after = ask(&second, &alice, "/v1/uploads", "quoted", &file(11)).await;
    assert_eq!((&after.body["status"], &after.body["request"]), (&json!("completed"), &Value::Null));
}

#[tokio::test]
async fn a_key_belongs_to_one_request_of_one_subject() {
    let gateway = Harness::start().await;
    let (alice, bob) = (gateway.token("alice@acme.example"), gateway.token("bob@acme.example"));
    let made = ask(&gateway, &alice, "/v1/uploads", "k", &file(11)).await;
    let other = ask(&gateway, &alice, "/v1/uploads", "k", &file(12)).await;
    assert_eq!((other.status.as_u16(), other.pointers()), (422, vec!["Idempotency-Key"]), "{}", other.body);
    let batch = ask(&gateway, &alice, "/v1/uploads/batch", "k", &json!({"uploads": [file(11)]})).await;
    assert_eq!((batch.status.as_u16(), batch.pointers()), (422, vec!["Idempotency-Key"]));
    let theirs = ask(&gateway, &bob, "/v1/uploads", "k", &file(12)).await;
    assert_eq!(theirs.status, StatusCode::CREATED);
    assert_ne!(theirs.body["id"], made.body["id"]);
    let shuffled = json!({"size": 11, "contentType": "text/plain", "fileName": "hello.txt", "unknown": true});
    assert_eq!(ask(&gateway, &alice, "/v1/uploads", "k", &shuffled).await.body["id"], made.body["id"]);
    for wrong in ["", "a b", &"k".repeat(256)] {
        let answer = ask(&gateway, &alice, "/v1/uploads", wrong, &file(11)).await;
        assert_eq!((answer.status.as_u16(), answer.pointers()), (422, vec!["Idempotency-Key"]), "{wrong}");
    }
}

#[tokio::test]
async fn what_was_refused_may_be_asked_again_under_its_key() {
    let gateway = Harness::start().await;
    limit(&gateway, "alice@acme.example", json!({"monthlyBytes": 10})).await;
    let alice = gateway.token("alice@acme.example");
    assert_eq!(ask(&gateway, &alice, "/v1/uploads", "k", &file(11)).await.problem(), "quota-exceeded");
    limit(&gateway, "alice@acme.example", json!({"monthlyBytes": 11})).await;
    let answer = ask(&gateway, &alice, "/v1/uploads", "k", &file(11)).await;
    assert_eq!((answer.status, answer.headers.get("idempotency-replayed")), (StatusCode::CREATED, None));
}

#[tokio::test]
async fn a_key_is_forgotten_when_it_has_run_out() {
    let gateway = Harness::with("idempotency_expiry = \"10m\"\n[reconcile]\ninterval = \"100ms\"\n").await;
    let alice = gateway.token("alice@acme.example");
    let first = ask(&gateway, &alice, "/v1/uploads", "k", &file(11)).await;
    gateway.travel(std::time::Duration::from_secs(601));
    // Whether or not the reconciler was there before us.
    let second = ask(&gateway, &alice, "/v1/uploads", "k", &file(12)).await;
    assert_eq!(second.status, StatusCode::CREATED, "{}", second.body);
    assert_ne!(second.body["id"], first.body["id"]);
    gateway.travel(std::time::Duration::from_secs(601));
    let forgotten = async || gateway.database.count("idempotency_keys").await == 0;
    gateway.until("the reconciler forgets it", forgotten).await;
}

#[tokio::test]
async fn a_batch_is_granted_in_its_order() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    let uploads: Vec<Value> =
        (1..=100).map(|n| json!({"fileName": format!("{n}.txt"), "contentType": "text/plain", "size": n})).collect();
    let body = json!({"uploads": uploads});
    let made = ask(&gateway, &alice, "/v1/uploads/batch", "batch", &body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let items = made.body["items"].as_array().expect("items");
    let names: Vec<&str> = items.iter().filter_map(|item| item["fileName"].as_str()).collect();
    assert_eq!(names, (1..=100).map(|n| format!("{n}.txt")).collect::<Vec<_>>());
    assert_eq!(gateway.put(&items[4], "12345", |put| put).await.status, StatusCode::OK);
    let again = ask(&gateway, &alice, "/v1/uploads/batch", "batch", &body).await;
    let ids = |answer: &Answer| {
        answer.body["items"].as_array().expect("items").iter().map(|i| i["id"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&again), ids(&made));
    assert_eq!(gateway.database.count("uploads").await, 100);
}

#[tokio::test]
async fn a_batch_is_granted_whole_or_not_at_all() {
    let gateway = Harness::start().await;
    limit(&gateway, "alice@acme.example", json!({"monthlyBytes": 100, "allowedContentTypes": ["text/*"]})).await;
    let alice = gateway.token("alice@acme.example");
    let ask = async |uploads: Value| gateway.post(&alice, "/v1/uploads/batch", json!({"uploads": uploads})).await;
    let over = ask(json!([file(60), file(41)])).await;
    assert_eq!((over.status, over.problem()), (StatusCode::FORBIDDEN, "quota-exceeded"));
    let image = json!({"fileName": "a", "contentType": "image/png", "size": 1});
    let not_allowed = ask(json!([file(1), image])).await;
    assert_eq!((not_allowed.status.as_u16(), not_allowed.pointers()), (422, vec!["/uploads/1/contentType"]));
    let wrong = ask(json!([file(0), {"fileName": "a/b"}])).await;
    let pointers = ["/uploads/0/size", "/uploads/1/fileName", "/uploads/1/contentType", "/uploads/1/size"];
    assert_eq!((wrong.status.as_u16(), wrong.pointers()), (422, pointers.to_vec()));
    for many in [0, 101] {
        let answer = ask(vec![file(1); many].into()).await;
        assert_eq!((answer.status.as_u16(), answer.pointers()), (422, vec!["/uploads"]), "{many}");
    }
    assert_eq!(gateway.database.count("uploads").await, 0);
    assert_eq!(ask(json!([file(60), file(40)])).await.status, StatusCode::CREATED);
    assert_eq!(miscounted(&gateway).await, [""; 0]);
}

#[tokio::test]
async fn a_batch_that_cannot_begin_at_s3_is_taken_back() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    let parts = json!({"fileName": "a", "contentType": "a/b", "size": 6 << 20, "method": "multipart"});
    gateway.neighbours().aws.set_s3_fault(upload_gateway::sandbox::aws::Fault::Unavailable);
    let refused = gateway.post(&alice, "/v1/uploads/batch", json!({"uploads": [file(1), parts]})).await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE, "{}", refused.body);
    gateway.neighbours().aws.set_s3_fault(upload_gateway::sandbox::aws::Fault::None);
    let statuses: Vec<String> =
        sqlx::query_scalar("select status from uploads").fetch_all(&gateway.database.pool).await.expect("rows");
    assert_eq!(statuses, ["aborted", "aborted"]);
    assert_eq!(miscounted(&gateway).await, [""; 0]);
}
