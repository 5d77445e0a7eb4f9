//! Is what an upload was given while somebody ended it, more time or parts, known to who clears up?

use std::time::Duration;

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use upload_gateway::adapters::postgres;
use upload_gateway::sandbox::aws::Fault;
use upload_gateway::sandbox::neighbours::BUCKET;

use crate::harness::{Answer, Harness};
use crate::store;

const GRACE: &str = "multipart_expiry = \"5m\"\n[reconcile]\ngrace = \"10m\"\nlast_look = \"0s\"\n";
/// No URL lives on, and nothing of one may still land.
const LONG_AFTER: Duration = Duration::from_secs(16 * 60);

/// A grant in parts that were not begun: S3 was away.
async fn not_begun(gateway: &Harness, token: &str) -> Value {
    gateway.neighbours().aws.set_s3_fault(Fault::Unavailable);
    let body = json!({"fileName": "a", "contentType": "a/b", "size": 6 << 20, "method": "multipart"});
    // Under a key, so that the grant is kept for who will ask again.
    let ask =
        gateway.request(Method::POST, "/v1/uploads").bearer_auth(token).header("idempotency-key", "k").json(&body);
    assert_eq!(gateway.send(ask).await.status, StatusCode::SERVICE_UNAVAILABLE);
    gateway.neighbours().aws.set_s3_fault(Fault::None);
    let statement = "select jsonb_build_object('id', id, 'key', object_key) from uploads";
    sqlx::query_scalar(statement).fetch_one(&gateway.database.pool).await.expect("on record")
}

/// Begins it at S3, as another replica would, and gives back S3's id.
async fn begin(gateway: &Harness, grant: &Value) -> String {
    let begin =
        store::admin(gateway).create_multipart_upload().bucket(BUCKET).key(grant["key"].as_str().expect("a key"));
    Box::pin(begin.send()).await.expect("begun").upload_id.expect("an id")
}

/// Makes the request, and changes the upload when the request has seen it and before it ends it.
async fn meanwhile(gateway: &Harness, change: &str, multipart: Option<&str>, request: RequestBuilder) -> Answer {
    let mut change_made = postgres::begin(&gateway.database.pool).await.expect("a transaction");
    let change = format!("update uploads set {change}");
    let changing = sqlx::query(sqlx::AssertSqlSafe(change)).bind(multipart);
    assert_eq!(changing.execute(&mut *change_made).await.expect("changed").rows_affected(), 1);
    let answer = tokio::spawn(request.send());
    let waits = "pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    gateway.until("it is about to end it", async || gateway.database.count(waits).await == 1).await;
    change_made.commit().await.expect("committed");
    let answer = answer.await.expect("made").expect("answered");
    let (status, headers) = (answer.status(), answer.headers().clone());
    Answer { status, headers, body: answer.json().await.unwrap_or_default() }
}

/// The status, and whether it is looked at once more when nothing may land any more.
async fn outlook(gateway: &Harness) -> (String, bool) {
    let statement = "select status, coalesce(check_at = expires_at + interval '10 minutes', false) from uploads";
    sqlx::query_as(statement).fetch_one(&gateway.database.pool).await.expect("a row")
}

#[tokio::test]
async fn parts_begun_while_their_upload_is_given_up_are_aborted() {
    let gateway = Harness::with(&format!("{GRACE}interval = \"1h\"\n")).await;
    let alice = gateway.token("alice@acme.example");
    let grant = not_begun(&gateway, &alice).await;
    gateway.travel(LONG_AFTER);
    let multipart = begin(&gateway, &grant).await;
    let path = format!("/v1/uploads/{}", grant["id"].as_str().expect("an id"));
    let delete = gateway.request(Method::DELETE, &path).bearer_auth(&alice);
    let gone = meanwhile(&gateway, "multipart_id = $1", Some(&multipart), delete).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{}", gone.body);
    assert_eq!(gateway.neighbours().aws.unfinished_uploads().await, 0);
}

#[tokio::test]
async fn parts_begun_while_their_upload_expires_are_aborted() {
    let gateway = Harness::with(&format!("{GRACE}interval = \"100ms\"\n")).await;
    let alice = gateway.token("alice@acme.example");
    let grant = not_begun(&gateway, &alice).await;
    let multipart = begin(&gateway, &grant).await;
    gateway.neighbours().aws.set_s3_fault(Fault::Hanging);
    gateway.travel(LONG_AFTER);
    let claimed = async || gateway.database.count("uploads where check_at <> expires_at").await == 1;
    gateway.until("the reconciler has it", claimed).await;
    let attach = sqlx::query("update uploads set multipart_id = $1").bind(multipart);
    attach.execute(&gateway.database.pool).await.expect("attached");
    gateway.neighbours().aws.set_s3_fault(Fault::None);
    gateway.until("it is over", async || outlook(&gateway).await.0 == "expired").await;
    gateway.until("S3 keeps no parts", async || gateway.neighbours().aws.unfinished_uploads().await == 0).await;
}

#[tokio::test]
async fn a_url_that_was_renewed_while_its_upload_ended_is_looked_after_until_it_dies() {
    let gateway = Harness::with(&format!("{GRACE}interval = \"1h\"\n")).await;
    let alice = gateway.token("alice@acme.example");
    let renewed = "expires_at = expires_at + interval '20 minutes' where status = 'pending' and $1::text is null";
    let grant = gateway.grant(&alice, 11).await;
    gateway.travel(LONG_AFTER);
    let path = format!("/v1/uploads/{}", grant["id"].as_str().expect("an id"));
    let delete = gateway.request(Method::DELETE, &path).bearer_auth(&alice);
    assert_eq!(meanwhile(&gateway, renewed, None, delete).await.status, StatusCode::NO_CONTENT);
    assert_eq!(outlook(&gateway).await, ("aborted".to_owned(), true));
}

#[tokio::test]
async fn so_it_is_when_what_it_holds_breaks_its_grant() {
    let gateway = Harness::with(&format!("{GRACE}interval = \"1h\"\n")).await;
    let alice = gateway.token("alice@acme.example");
    let renewed = "expires_at = expires_at + interval '20 minutes' where status = 'pending' and $1::text is null";
    let grant = gateway.grant(&alice, 11).await;
    gateway.travel(LONG_AFTER);
    let put = store::admin(&gateway).put_object().bucket(BUCKET).key(grant["key"].as_str().expect("a key"));
    Box::pin(put.body(b"hello".to_vec().into()).send()).await.expect("stored");
    let path = format!("/v1/uploads/{}/complete", grant["id"].as_str().expect("an id"));
    let complete = gateway.request(Method::POST, &path).bearer_auth(&alice).json(&json!({}));
    assert_eq!(meanwhile(&gateway, renewed, None, complete).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(outlook(&gateway).await, ("failed".to_owned(), true));
    assert!(store::keys(&gateway).await.is_empty());
}
