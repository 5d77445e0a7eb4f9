//! Does an upload complete by S3's word alone, and by nobody else's?

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::harness::{Answer, Harness};
use crate::reconciling::actions;

async fn tell(gateway: &Harness, event: &str) -> Answer {
    let url = format!("{}/s3-events", gateway.internal_url);
    gateway.send(reqwest::Client::new().post(url).body(event.to_owned())).await
}

fn notification(key: &str, sequencer: &str) -> String {
    let object = json!({"key": key.replace('/', "%2F"), "size": 11, "eTag": "x", "sequencer": sequencer});
    let record = json!({"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": "uploads"}, "object": object}});
    json!({"Records": [record]}).to_string()
}

fn eventbridge(key: &str) -> String {
    let detail = json!({"bucket": {"name": "uploads"}, "object": {"key": key, "size": 11, "sequencer": "0A"}});
    json!({"source": "aws.s3", "detail-type": "Object Created", "detail": detail}).to_string()
}

async fn read(gateway: &Harness, token: &str, grant: &Value) -> Value {
    gateway.get(token, &format!("/v1/uploads/{}", grant["id"].as_str().expect("an id"))).await.body
}

/// Everything that is on record, but when to look again.
async fn record(gateway: &Harness) -> Vec<String> {
    let statement = "select (to_jsonb(u) - 'check_at')::text from uploads u union all select to_jsonb(e)::text from audit_events e order by 1";
    sqlx::query_scalar(statement).fetch_all(&gateway.database.pool).await.expect("rows")
}

#[tokio::test]
async fn an_event_in_either_shape_completes_the_upload() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    for shape in [|key: &str| notification(key, "01"), |key: &str| eventbridge(key)] {
        let grant = gateway.grant(&alice, 11).await;
        gateway.put(&grant, "hello world", |put| put).await;
        let told = tell(&gateway, &shape(grant["key"].as_str().expect("a key"))).await;
        assert_eq!((told.status, told.body), (StatusCode::OK, json!({"events": 1, "settled": 1})));
        let done = read(&gateway, &alice, &grant).await;
        assert_eq!((&done["status"], &done["etag"]), (&json!("completed"), &json!("5eb63bbbe01eeed093cb22bb8f5acdc3")));
        assert_eq!(actions(&gateway, &grant).await[1], ("upload.completed".to_owned(), "event".to_owned()));
    }
}

#[tokio::test]
async fn duplicates_strangers_and_liars_change_nothing() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    let (done, absent) = (gateway.grant(&alice, 11).await, gateway.grant(&alice, 11).await);
    gateway.put(&done, "hello world", |put| put).await;
    let key = done["key"].as_str().expect("a key");
    tell(&gateway, &notification(key, "05")).await;
    let before = record(&gateway).await;
    let absent = absent["key"].as_str().expect("a key");
    let theirs = key.replacen("acme/", "globex/", 1);
    let other_bucket = notification(key, "06").replace("\"uploads\"", "\"somebody-elses\"");
    let test = json!({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "uploads"}).to_string();
    let strangers = [
        notification(key, "05"),
        notification(key, "04"),
        notification(absent, "01"),
        notification(&theirs, "07"),
        notification("some/thing/else", "01"),
        notification(&format!("{key}/more"), "08"),
        notification("a/b/c/0193a3c5-0000-7000-8000-000000000000/name", "01"),
        other_bucket,
        test,
    ];
    for event in strangers {
        let told = tell(&gateway, &event).await;
        assert_eq!((told.status, &told.body["settled"]), (StatusCode::OK, &json!(0)), "{event}");
    }
    assert_eq!(record(&gateway).await, before);
}

#[tokio::test]
async fn a_malformed_event_is_400_and_changes_nothing() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    let grant = gateway.grant(&alice, 11).await;
    gateway.put(&grant, "hello world", |put| put).await;
    let key = grant["key"].as_str().expect("a key");
    let before = record(&gateway).await;
    let good: Value = serde_json::from_str(&notification(key, "01")).expect("JSON");
    let mut half = good.clone();
    half["Records"]
        .as_array_mut()
        .expect("records")
        .push(json!({"eventSource": "aws:s3", "eventName": "ObjectCreated:Put"}));
    for event in ["", "{", "[]", "null", "{\"Records\": 1}", "{}", &half.to_string()] {
        let told = tell(&gateway, event).await;
        assert_eq!((told.status, told.problem()), (StatusCode::BAD_REQUEST, "malformed-event"), "{event}");
    }
    let large = format!("{{\"Records\": [], \"x\": \"{}\"}}", "x".repeat(1 << 20));
    assert_eq!(tell(&gateway, &large).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(record(&gateway).await, before);
    assert_eq!(gateway.metric("events_total{result=\"malformed\",source=\"http\"}").await, 7.0);
}

#[tokio::test]
async fn while_s3_is_away_the_sender_is_asked_to_come_again() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    let grant = gateway.grant(&alice, 11).await;
    gateway.put(&grant, "hello world", |put| put).await;
    let event = notification(grant["key"].as_str().expect("a key"), "01");
    gateway.neighbours().aws.set_s3_fault(upload_gateway::sandbox::aws::Fault::Unavailable);
    let told = tell(&gateway, &event).await;
    assert_eq!(told.status, StatusCode::SERVICE_UNAVAILABLE);
    gateway.neighbours().aws.set_s3_fault(upload_gateway::sandbox::aws::Fault::None);
    assert_eq!(tell(&gateway, &event).await.body["settled"], 1, "the same event again");
    assert_eq!(read(&gateway, &alice, &grant).await["status"], "completed");
}

#[tokio::test]
async fn with_a_queue_nobody_needs_to_say_that_an_upload_is_done() {
    let gateway = Harness::with_events("").await;
    let alice = gateway.token("alice@acme.example");
    let grant = gateway.grant(&alice, 11).await;
    gateway.put(&grant, "hello world", |put| put).await;
    let completed = async || read(&gateway, &alice, &grant).await["status"] == "completed";
    gateway.until("it is completed", completed).await;
    let forgotten = async || gateway.neighbours().aws.queued_messages() == 0;
    gateway.until("the message is forgotten", forgotten).await;
    assert_eq!(actions(&gateway, &grant).await[1].1, "event");
    let late = gateway
        .post(&alice, &format!("/v1/uploads/{}/complete", grant["id"].as_str().expect("an id")), json!({}))
        .await;
    assert_eq!(late.status, StatusCode::OK, "the client may still say so");
    assert_eq!(actions(&gateway, &grant).await.len(), 2);
}
