//! Does a tenant that keeps its people apart have them apart in the store, too?

use aws_sdk_s3::Client;
use reqwest::StatusCode;
use serde_json::{Value, json};
use upload_gateway::sandbox::aws::AssumeRoleCall;
use upload_gateway::sandbox::neighbours::BUCKET;

use crate::credentials::assert_policy;
use crate::harness::Harness;
use crate::store;

/// A gateway whose tenant Acme keeps its people apart, by the platform admin's word.
async fn apart() -> Harness {
    let gateway = Harness::start().await;
    isolate(&gateway, "user").await;
    gateway
}

async fn isolate(gateway: &Harness, isolation: &str) {
    let admin = gateway.token("admin@platform.example");
    let acme = me(gateway, &gateway.token("alice@acme.example")).await["tenant"]["id"].clone();
    let at = format!("/v1/admin/tenants/{}", acme.as_str().unwrap());
    let changed = gateway.patch(&admin, &at, json!({"isolation": isolation})).await;
    assert_eq!((changed.status, &changed.body["isolation"]), (StatusCode::OK, &json!(isolation)), "{}", changed.body);
}

async fn me(gateway: &Harness, token: &str) -> Value {
    gateway.get(token, "/v1/me").await.body
}

async fn subject(gateway: &Harness, token: &str) -> String {
    me(gateway, token).await["subject"].as_str().unwrap().to_owned()
}

fn sessions(gateway: &Harness) -> Vec<AssumeRoleCall> {
    gateway.neighbours().aws.assume_role_history()
}

fn tags(of: &AssumeRoleCall) -> Vec<(&str, &str)> {
    of.tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
}

/// The status of every other call that a session can make under a key.
async fn further_attempts(s3: &Client, key: &str) -> [u16; 4] {
    let create = s3.create_multipart_upload().bucket(BUCKET).key(key).send().await;
    let id = create.as_ref().ok().and_then(|created| created.upload_id()).unwrap_or("none").to_owned();
    let parts = s3.list_parts().bucket(BUCKET).key(key).upload_id(&id).send().await;
    let abort = s3.abort_multipart_upload().bucket(BUCKET).key(key).upload_id(&id).send().await;
    let (prefix, _) = key.rsplit_once('/').unwrap();
    let list = s3.list_objects_v2().bucket(BUCKET).prefix(format!("{prefix}/")).send().await;
    [store::status(&create), store::status(&parts), store::status(&abort), store::status(&list)]
}

#[tokio::test]
async fn a_user_s_grant_is_signed_by_a_session_of_its_own() {
    let gateway = apart().await;
    let [alice, bob] = ["alice", "bob"].map(|name| gateway.token(&format!("{name}@acme.example")));
    for token in [&alice, &bob, &alice] {
        let grant = gateway.grant(token, 5).await;
        assert_eq!(gateway.put(&grant, "hello", |put| put).await.status, StatusCode::OK);
        let complete = format!("/v1/uploads/{}/complete", grant["id"].as_str().unwrap());
        assert_eq!(gateway.post(token, &complete, json!({})).await.body["status"], "completed");
    }
    let calls = sessions(&gateway);
    assert_eq!(calls.len(), 2, "one for each of them: {calls:?}");
    for (call, token) in calls.iter().zip([&alice, &bob]) {
        let subject = subject(&gateway, token).await;
        assert!(call.granted);
        assert_eq!(call.session_name, subject);
        assert_eq!(tags(call), [("customerName", "acme"), ("subject", subject.as_str())]);
        assert_policy(call.policy.as_deref().unwrap(), &format!("acme/{subject}/*"));
    }
}

#[tokio::test]
async fn a_user_s_session_reaches_nothing_of_another_s() {
    let gateway = apart().await;
    let [alice, bob] = ["alice", "bob"].map(|name| gateway.token(&format!("{name}@acme.example")));
    let theirs = gateway.grant(&bob, 5).await["key"].as_str().unwrap().to_owned();
    store::admin(&gateway).put_object().bucket(BUCKET).key(&theirs).send().await.unwrap();
    gateway.grant(&alice, 5).await;
    let policy = sessions(&gateway).pop().and_then(|call| call.policy).unwrap();
    let alice = subject(&gateway, &alice).await;
    let session = store::session(&gateway, "acme", Some(&policy)).await;
    let bobs = theirs.split('/').nth(1).unwrap();
    for key in [&theirs, &format!("acme/{bobs}/x"), &format!("acme/{alice}x/x"), "acme/x", "globex/x"] {
        assert_eq!(store::attempt(&session, key).await, [403; 4], "{key}");
        assert_eq!(further_attempts(&session, key).await, [403; 4], "{key}");
    }
    assert_eq!(store::keys(&gateway).await, [theirs]);
    let own = format!("acme/{alice}/x");
    assert_eq!(store::attempt(&session, &own).await, [200; 4], "the policy lets through what is alice's");
    assert_eq!(further_attempts(&session, &own).await, [200; 4]);
}

#[tokio::test]
async fn a_tenant_admin_s_session_reaches_all_of_the_tenant() {
    let gateway = apart().await;
    let [alice, ada] = ["alice", "ada"].map(|name| gateway.token(&format!("{name}@acme.example")));
    let grant = gateway.grant(&alice, 5).await;
    assert_eq!(gateway.put(&grant, "hello", |put| put).await.status, StatusCode::OK);
    let complete = format!("/v1/uploads/{}/complete", grant["id"].as_str().unwrap());
    assert_eq!(gateway.post(&ada, &complete, json!({})).await.body["status"], "completed");
    let call = sessions(&gateway).pop().unwrap();
    assert_eq!((call.session_name.as_str(), tags(&call)), ("acme", vec![("customerName", "acme")]));
    assert_policy(call.policy.as_deref().unwrap(), "acme/*");
}

#[tokio::test]
async fn a_change_of_mind_is_heard_by_the_next_grant() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    let mut names = Vec::new();
    for isolation in ["tenant", "user", "tenant"] {
        isolate(&gateway, isolation).await;
        gateway.grant(&alice, 5).await;
        names = sessions(&gateway).into_iter().map(|call| call.session_name).collect::<Vec<_>>();
    }
    assert_eq!(names, ["acme".to_owned(), subject(&gateway, &alice).await], "and a known session is used again");
}
