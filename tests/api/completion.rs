//! Is the outcome of an upload recorded once, truly, and only for those who may ask?

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::join_all;
use reqwest::StatusCode;
use reqwest::header::RETRY_AFTER;
use serde_json::{Value, json};
use sqlx::Row as _;
use upload_gateway::sandbox::aws::Fault;
use upload_gateway::sandbox::neighbours::BUCKET;

use crate::harness::{Answer, Harness};
use crate::store;

async fn complete(gateway: &Harness, token: &str, grant: &Value) -> Answer {
    gateway.post(token, &format!("/v1/uploads/{}/complete", grant["id"].as_str().expect("an id")), json!({})).await
}

/// The upload's audit events, each with its subject, in their order.
async fn audit(gateway: &Harness, grant: &Value) -> Vec<(String, String)> {
    let id = grant["id"].as_str().expect("an id");
    let events =
        sqlx::query("select action, subject from audit_events where upload_id = $1::uuid order by id").bind(id);
    let rows = events.fetch_all(&gateway.database.pool).await.expect("events");
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

async fn actions(gateway: &Harness, grant: &Value) -> Vec<String> {
    audit(gateway, grant).await.into_iter().map(|(action, _)| action).collect()
}

async fn subject(gateway: &Harness, token: &str) -> String {
    gateway.get(token, "/v1/me").await.body["subject"].as_str().expect("a subject").to_owned()
}

/// Puts what no signed URL lets through under the granted key.
async fn smuggle(gateway: &Harness, grant: &Value, bytes: &str, sha256: Option<String>) {
    let key = grant["key"].as_str().expect("a key");
    let put = store::admin(gateway).put_object().bucket(BUCKET).key(key).body(bytes.as_bytes().to_vec().into());
    Box::pin(put.set_checksum_sha256(sha256).send()).await.expect("stored");
}

fn sha256(text: &str) -> String {
    STANDARD.encode(digest(&SHA256, text.as_bytes()))
}

#[tokio::test]
async fn an_object_of_another_size_fails_the_upload_for_good() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    let grant = gateway.grant(&alice, 11).await;
    smuggle(&gateway, &grant, "hello", None).await;

    let broken = complete(&gateway, &alice, &grant).await;
    assert_eq!((broken.status, broken.problem()), (StatusCode::UNPROCESSABLE_ENTITY, "grant-broken"));
    assert_eq!(broken.body["detail"], "S3 holds 5 bytes where 11 were granted.");
    let read = gateway.get(&alice, &format!("/v1/uploads/{}", grant["id"].as_str().unwrap())).await;
    assert_eq!(read.body["status"], "failed");

    let again = complete(&gateway, &alice, &grant).await;
    assert_eq!((again.status, again.problem()), (StatusCode::CONFLICT, "already-ended"));
    smuggle(&gateway, &grant, "hello world", None).await;
    assert_eq!(complete(&gateway, &alice, &grant).await.problem(), "already-ended", "what has failed stays failed");
    assert_eq!(actions(&gateway, &grant).await, ["upload.granted", "upload.failed", "object.deleted"]);
    assert_eq!(gateway.metric("uploads_total{status=\"failed\"}").await, 1.0);
    assert_eq!(gateway.metric("uploads_total{status=\"completed\"}").await, 0.0);
    assert_eq!(gateway.metric("upload_bytes_total").await, 0.0);
}

#[tokio::test]
async fn an_object_of_another_checksum_fails_the_upload_for_good() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    let body = json!({"fileName": "a", "contentType": "text/plain", "size": 11,
                      "checksum": {"algorithm": "SHA256", "value": sha256("hello world")}});
    let grant = gateway.post(&alice, "/v1/uploads", body).await.body;
    smuggle(&gateway, &grant, "hello w0rld", Some(sha256("hello w0rld"))).await;
    for problem in ["grant-broken", "already-ended"] {
        assert_eq!(complete(&gateway, &alice, &grant).await.problem(), problem);
    }
    assert_eq!(actions(&gateway, &grant).await, ["upload.granted", "upload.failed", "object.deleted"]);
}

#[tokio::test]
async fn twenty_who_complete_at_once_make_one_event_and_hear_the_same() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    let grant = gateway.grant(&alice, 11).await;
    gateway.put(&grant, "hello world", |put| put).await;
    let answers = join_all((0..20).map(|_| complete(&gateway, &alice, &grant))).await;
    let first = &answers[0].body;
    for answer in &answers {
        assert_eq!((answer.status, &answer.body), (StatusCode::OK, first));
    }
    assert_eq!(&complete(&gateway, &alice, &grant).await.body, first);
    assert_eq!(actions(&gateway, &grant).await, ["upload.granted", "upload.completed"]);
    assert_eq!(gateway.metric("uploads_total{status=\"completed\"}").await, 1.0);
    assert_eq!(gateway.metric("upload_bytes_total").await, 11.0);
}

#[tokio::test]
async fn while_s3_is_away_the_upload_stays_pending() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    let grant = gateway.grant(&alice, 11).await;
    gateway.put(&grant, "hello world", |put| put).await;
    gateway.neighbours().aws.set_s3_fault(Fault::Unavailable);
    let away = complete(&gateway, &alice, &grant).await;
    assert_eq!((away.status, away.problem()), (StatusCode::SERVICE_UNAVAILABLE, "unavailable"));
    assert!(away.headers.contains_key(RETRY_AFTER));
    let path = format!("/v1/uploads/{}", grant["id"].as_str().unwrap());
    assert_eq!(gateway.get(&alice, &path).await.body["status"], "pending");
    assert_eq!(actions(&gateway, &grant).await, ["upload.granted"]);

    gateway.neighbours().aws.set_s3_fault(Fault::None);
    assert_eq!(complete(&gateway, &alice, &grant).await.body["status"], "completed");
}

#[tokio::test]
async fn a_store_that_hangs_is_given_up_in_time() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    let grant = gateway.grant(&alice, 11).await;
    gateway.neighbours().aws.set_s3_fault(Fault::Hanging);
    let away = complete(&gateway, &alice, &grant).await;
    assert_eq!((away.status, away.problem()), (StatusCode::SERVICE_UNAVAILABLE, "unavailable"));
    gateway.neighbours().aws.set_s3_fault(Fault::None);
    assert_eq!(complete(&gateway, &alice, &grant).await.problem(), "object-missing");
}

#[tokio::test]
async fn an_upload_is_its_owners_and_its_tenant_admins_and_for_others_does_not_exist() {
    let gateway = Harness::start().await;
    let [alice, bob, ada] = ["alice", "bob", "ada"].map(|name| gateway.token(&format!("{name}@acme.example")));
    let [gina, greta] = ["gina", "greta"].map(|name| gateway.token(&format!("{name}@globex.example")));
    let grant = gateway.grant(&alice, 11).await;
    gateway.put(&grant, "hello world", |put| put).await;
    let path = format!("/v1/uploads/{}", grant["id"].as_str().unwrap());
    let nowhere = gateway.get(&bob, "/v1/uploads/01930000-0000-7000-8000-000000000000").await;
    for stranger in [&bob, &gina, &greta] {
        for answer in [gateway.get(stranger, &path).await, complete(&gateway, stranger, &grant).await] {
            assert_eq!((answer.status, answer.problem()), (StatusCode::NOT_FOUND, "not-found"));
            assert_eq!(answer.body["detail"], nowhere.body["detail"], "another's thing looks like no thing");
        }
    }
    assert_eq!(actions(&gateway, &grant).await, ["upload.granted"]);
    assert_eq!(gateway.get(&ada, &path).await.body["status"], "pending");
    assert_eq!(complete(&gateway, &ada, &grant).await.body["status"], "completed");
    let expected =
        [("upload.granted", subject(&gateway, &alice).await), ("upload.completed", subject(&gateway, &ada).await)];
    assert_eq!(audit(&gateway, &grant).await, expected.map(|(action, subject)| (action.to_owned(), subject)));
    assert_eq!(gateway.get(&alice, &path).await.body["status"], "completed");
}
