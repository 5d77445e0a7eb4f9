//! Does the ledger come to say what S3 holds, although nobody tells the gateway?

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::Row as _;
use upload_gateway::sandbox::aws::Fault;
use upload_gateway::sandbox::neighbours::BUCKET;

use crate::harness::Harness;
use crate::quotas::miscounted;
use crate::store;

/// Looks ten times a second, and waits ten minutes for what is late.
const EAGER: &str = "[reconcile]\ninterval = \"100ms\"\ngrace = \"10m\"\nlast_look = \"0s\"\nlease = \"1m\"\n";
/// The life of a URL.
const EXPIRY: Duration = Duration::from_secs(5 * 60 + 1);
const GRACE: Duration = Duration::from_secs(10 * 60 + 1);

fn path(grant: &Value) -> String {
    format!("/v1/uploads/{}", grant["id"].as_str().expect("an id"))
}

async fn status(gateway: &Harness, token: &str, grant: &Value) -> String {
    gateway.get(token, &path(grant)).await.body["status"].as_str().expect("a status").to_owned()
}

async fn becomes(gateway: &Harness, token: &str, grant: &Value, wanted: &str) {
    gateway.until(&format!("the upload is {wanted}"), async || status(gateway, token, grant).await == wanted).await;
}

async fn smuggle(gateway: &Harness, grant: &Value, bytes: &str) {
    let key = grant["key"].as_str().expect("a key");
    let put = store::admin(gateway).put_object().bucket(BUCKET).key(key).body(bytes.as_bytes().to_vec().into());
    Box::pin(put.send()).await.expect("stored");
}

pub(crate) async fn actions(gateway: &Harness, grant: &Value) -> Vec<(String, String)> {
    let rows = sqlx::query(
        "select action, coalesce(detail->>'source', '') from audit_events where upload_id = $1::uuid order by id",
    )
    .bind(grant["id"].as_str())
    .fetch_all(&gateway.database.pool)
    .await
    .expect("events");
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

async fn pending_checks(gateway: &Harness) -> i64 {
    let due = "select count(*) from uploads where check_at is not null";
    sqlx::query_scalar(due).fetch_one(&gateway.database.pool).await.expect("a count")
}

#[tokio::test]
async fn an_upload_whose_client_never_comes_back_is_found_and_completed() {
    let gateway = Harness::with(EAGER).await;
    let alice = gateway.token("alice@acme.example");
    let grant = gateway.grant(&alice, 11).await;
    gateway.put(&grant, "hello world", |put| put).await;
    gateway.travel(EXPIRY);
    becomes(&gateway, &alice, &grant, "completed").await;
    let done = gateway.get(&alice, &path(&grant)).await.body;
    assert_eq!((&done["etag"], &done["size"]), (&json!("5eb63bbbe01eeed093cb22bb8f5acdc3"), &json!(11)));
    let told = [("upload.granted", ""), ("upload.completed", "reconciler")].map(|(a, s)| (a.to_owned(), s.to_owned()));
    assert_eq!(actions(&gateway, &grant).await, told);
    assert_eq!(pending_checks(&gateway).await, 0, "it is looked at no more");
    assert_eq!(gateway.metric("reconciled_total{outcome=\"completed\"}").await, 1.0);
    assert_eq!(miscounted(&gateway).await, [""; 0]);
}

#[tokio::test]
async fn an_upload_expires_only_when_nothing_can_land_any_more() {
    let gateway = Harness::with(EAGER).await;
    let alice = gateway.token("alice@acme.example");
    let (late, never) = (gateway.grant(&alice, 11).await, gateway.grant(&alice, 9).await);
    gateway.travel(EXPIRY);
    let looked = async || gateway.metric("reconciled_total{outcome=\"waiting\"}").await >= 2.0;
    gateway.until("both were looked at", looked).await;
    assert_eq!(status(&gateway, &alice, &late).await, "pending");
    // It began before its URL died, and lands minutes later.
    smuggle(&gateway, &late, "hello world").await;
    gateway.travel(GRACE);
    becomes(&gateway, &alice, &late, "completed").await;
    becomes(&gateway, &alice, &never, "expired").await;
    let reserved: i64 = sqlx::query_scalar("select sum(reserved_bytes)::bigint from tenant_usage_now")
        .fetch_one(&gateway.database.pool)
        .await
        .expect("a sum");
    assert_eq!(reserved, 0, "what was reserved is given back");
    assert_eq!(miscounted(&gateway).await, [""; 0]);
    let late = gateway.post(&alice, &format!("{}/complete", path(&never)), json!({})).await;
    assert_eq!((late.status, late.problem()), (StatusCode::CONFLICT, "already-ended"));
}

#[tokio::test]
async fn an_object_that_breaks_its_grant_is_found_and_deleted() {
    let gateway = Harness::with(EAGER).await;
    let alice = gateway.token("alice@acme.example");
    let grant = gateway.grant(&alice, 11).await;
    smuggle(&gateway, &grant, "hello").await;
    gateway.travel(EXPIRY);
    becomes(&gateway, &alice, &grant, "failed").await;
    gateway.until("the object is gone", async || store::keys(&gateway).await.is_empty()).await;
    let told: Vec<String> = actions(&gateway, &grant).await.into_iter().map(|(action, _)| action).collect();
    gateway.until("both are in the audit", async || actions(&gateway, &grant).await.len() == 3).await;
    assert_eq!(told[..2], ["upload.granted", "upload.failed"]);
}

#[tokio::test]
async fn an_object_that_breaks_its_grant_is_kept_if_the_configuration_says_so() {
    let gateway = Harness::with(&format!("delete_broken = false\n{EAGER}")).await;
    let alice = gateway.token("alice@acme.example");
    let grant = gateway.grant(&alice, 11).await;
    smuggle(&gateway, &grant, "hello").await;
    gateway.travel(EXPIRY);
    becomes(&gateway, &alice, &grant, "failed").await;
    gateway.travel(GRACE);
    gateway.until("its last look is over", async || pending_checks(&gateway).await == 0).await;
    assert_eq!(store::keys(&gateway).await.len(), 1);
}

#[tokio::test]
async fn what_lands_after_its_upload_was_given_up_is_removed() {
    let gateway = Harness::with(EAGER).await;
    let alice = gateway.token("alice@acme.example");
    let grant = gateway.grant(&alice, 11).await;
    let gone = gateway.send(gateway.request(Method::DELETE, &path(&grant)).bearer_auth(&alice)).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    // The URL goes on working until it expires.
    assert_eq!(gateway.put(&grant, "hello world", |put| put).await.status, StatusCode::OK);
    gateway.travel(EXPIRY + GRACE);
    gateway.until("the stray is gone", async || store::keys(&gateway).await.is_empty()).await;
    gateway.until("nothing is looked for any more", async || pending_checks(&gateway).await == 0).await;
    assert_eq!(status(&gateway, &alice, &grant).await, "aborted");
    let last = actions(&gateway, &grant).await.pop();
    assert_eq!(last, Some(("object.deleted".to_owned(), "reconciler".to_owned())));
}

#[tokio::test]
async fn an_abandoned_multipart_upload_is_aborted() {
    let gateway = Harness::with(&format!("url_expiry = \"30s\"\nmultipart_expiry = \"1m\"\n{EAGER}")).await;
    let alice = gateway.token("alice@acme.example");
    let body = json!({"fileName": "a", "contentType": "a/b", "size": 6 << 20, "method": "multipart"});
    let grant = gateway.post(&alice, "/v1/uploads", body).await.body;
    assert_eq!(gateway.neighbours().aws.unfinished_uploads().await, 1);
    gateway.travel(Duration::from_secs(50));
    let parts = gateway.post(&alice, &format!("{}/parts", path(&grant)), json!({"partNumbers": [1]})).await;
    assert_eq!(parts.status, StatusCode::OK, "{}", parts.body);
    gateway.travel(Duration::from_secs(50));
    gateway.travel(GRACE - Duration::from_secs(60));
    assert_eq!(status(&gateway, &alice, &grant).await, "pending", "who asks for parts is waited for");
    gateway.travel(Duration::from_secs(61));
    becomes(&gateway, &alice, &grant, "expired").await;
    let none = async || gateway.neighbours().aws.unfinished_uploads().await == 0;
    gateway.until("S3 keeps no parts", none).await;
}

#[tokio::test]
async fn two_replicas_look_at_each_upload_once() {
    let gateway = Harness::with(EAGER).await;
    let replica = gateway.replica(EAGER).await;
    let alice = gateway.token("alice@acme.example");
    let uploads: Vec<Value> = (0..100).map(|_| json!({"fileName": "a", "contentType": "a/b", "size": 1})).collect();
    for _ in 0..3 {
        let made = gateway.post(&alice, "/v1/uploads/batch", json!({"uploads": uploads.clone()})).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    }
    for side in [&gateway, &replica] {
        side.travel(EXPIRY + GRACE);
    }
    let left = "select count(*) from uploads where status = 'pending' or check_at is not null";
    let settled = async || {
        let left: i64 = sqlx::query_scalar(left).fetch_one(&gateway.database.pool).await.expect("a count");
        left == 0
    };
    gateway.until("all are settled", settled).await;
    let expired = "reconciled_total{outcome=\"expired\"}";
    let (ours, theirs) = (gateway.metric(expired).await, replica.metric(expired).await);
    assert_eq!(ours + theirs, 300.0);
    let label = "reconciled_total{outcome=\"unchanged\"}";
    assert_eq!(gateway.metric(label).await + replica.metric(label).await, 0.0, "no row was looked at twice");
    assert_eq!(gateway.database.count("audit_events where action = 'upload.expired'").await, 300);
}

#[tokio::test]
async fn while_s3_is_away_nothing_expires_and_then_all_is_made_good() {
    let gateway = Harness::with(&EAGER.replace("1m", "1s")).await;
    let alice = gateway.token("alice@acme.example");
    let (there, absent) = (gateway.grant(&alice, 11).await, gateway.grant(&alice, 9).await);
    gateway.put(&there, "hello world", |put| put).await;
    gateway.neighbours().aws.set_s3_fault(Fault::Unavailable);
    gateway.travel(EXPIRY + GRACE);
    let tried = async || gateway.metric("reconciled_total{outcome=\"error\"}").await >= 1.0;
    gateway.until("it was tried", tried).await;
    for grant in [&there, &absent] {
        assert_eq!(status(&gateway, &alice, grant).await, "pending");
    }
    gateway.neighbours().aws.set_s3_fault(Fault::None);
    // What could not be looked at was put off.
    gateway.travel(GRACE);
    becomes(&gateway, &alice, &there, "completed").await;
    becomes(&gateway, &alice, &absent, "expired").await;
}

#[tokio::test]
async fn a_session_that_may_not_look_expires_nothing() {
    let gateway = Harness::with(EAGER).await;
    let alice = gateway.token("alice@acme.example");
    let grant = gateway.grant(&alice, 11).await;
    gateway.put(&grant, "hello world", |put| put).await;
    // As after a slip in the role's policy: every HEAD is answered 403, as if nothing were there.
    let only_put = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:PutObject", "Resource": format!("arn:aws:s3:::{BUCKET}/*")}]});
    gateway.neighbours().aws.set_role_policy(&only_put.to_string()).expect("a policy");
    gateway.travel(EXPIRY + GRACE);
    let tried = async || gateway.metric("reconciled_total{outcome=\"error\"}").await >= 1.0;
    gateway.until("it was tried", tried).await;
    assert_eq!(status(&gateway, &alice, &grant).await, "pending");
}

#[tokio::test]
async fn what_lands_hours_after_its_upload_expired_is_removed_all_the_same() {
    let gateway = Harness::with(&EAGER.replace("0s", "20m")).await;
    let alice = gateway.token("alice@acme.example");
    let grant = gateway.grant(&alice, 11).await;
    gateway.travel(EXPIRY + GRACE);
    becomes(&gateway, &alice, &grant, "expired").await;
    // S3 judged the URL when the request began; its last byte comes now.
    smuggle(&gateway, &grant, "hello world").await;
    gateway.travel(GRACE);
    gateway.until("the stray is gone", async || store::keys(&gateway).await.is_empty()).await;
    gateway.until("nothing is looked for any more", async || pending_checks(&gateway).await == 0).await;
    assert_eq!(status(&gateway, &alice, &grant).await, "expired");
    assert_eq!(actions(&gateway, &grant).await.pop().map(|(action, _)| action).as_deref(), Some("object.deleted"));
}

#[tokio::test]
async fn a_tenant_that_cannot_be_looked_at_keeps_no_other_waiting() {
    let gateway = Harness::with(&EAGER.replace("1m", "1s")).await;
    let (alice, gina) = (gateway.token("alice@acme.example"), gateway.token("gina@globex.example"));
    let file = json!({"fileName": "a", "contentType": "a/b", "size": 1});
    for token in [&gina, &alice] {
        let made = gateway.post(token, "/v1/uploads/batch", json!({"uploads": vec![file.clone(); 20]})).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    }
    let all = |tenant: &str, actions: [&str; 6]| {
        let statement = |action: &str| format!("s3:{action}");
        json!({"Effect": "Allow", "Action": actions.map(statement), "Resource": [format!("arn:aws:s3:::{BUCKET}/{tenant}/*"), format!("arn:aws:s3:::{BUCKET}")]})
    };
    let actions =
        ["PutObject", "GetObject", "DeleteObject", "AbortMultipartUpload", "ListMultipartUploadParts", "ListBucket"];
    // Globex's objects can be neither seen nor listed any more.
    let listed = json!({"Effect": "Deny", "Action": "s3:ListBucket", "Resource": format!("arn:aws:s3:::{BUCKET}"),
                        "Condition": {"StringLike": {"s3:prefix": "globex/*"}}});
    let policy = json!({"Version": "2012-10-17", "Statement": [all("acme", actions), listed]});
    gateway.neighbours().aws.set_role_policy(&policy.to_string()).expect("a policy");
    gateway.travel(EXPIRY + GRACE);
    let expired = "uploads where status = 'expired'";
    gateway.until("all of acme's are expired", async || gateway.database.count(expired).await == 20).await;
    let pending = "uploads u join tenants t on t.id = u.tenant_id where u.status = 'pending' and t.slug = 'globex'";
    assert_eq!(gateway.database.count(pending).await, 20);
}
