//! Does a form upload write what was granted, and nothing else?

use reqwest::StatusCode;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::harness::{Answer, Harness};
use crate::quotas::{limit, miscounted};
use crate::reconciling::actions;

async fn grant(gateway: &Harness, token: &str, further: Value) -> Value {
    let mut body = json!({"fileName": "hello.txt", "contentType": "text/plain", "method": "post"});
    body.as_object_mut().expect("an object").extend(further.as_object().expect("an object").clone());
    let answer = gateway.post(token, "/v1/uploads", body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    answer.body
}

/// As a browser sends it: every field of the grant, and the file last.
async fn send(gateway: &Harness, grant: &Value, bytes: &str, change: impl Fn(&str, &str) -> String) -> Answer {
    let mut form = Form::new();
    for (name, value) in grant["request"]["fields"].as_object().expect("fields") {
        form = form.text(name.clone(), change(name, value.as_str().expect("a text")));
    }
    let form = form.part("file", Part::bytes(bytes.as_bytes().to_vec()).file_name("hello.txt"));
    let url = grant["request"]["url"].as_str().expect("a URL");
    gateway.send(reqwest::Client::new().post(url).multipart(form)).await
}

fn as_granted(_: &str, value: &str) -> String {
    value.to_owned()
}

async fn complete(gateway: &Harness, token: &str, grant: &Value) -> Answer {
    gateway.post(token, &format!("/v1/uploads/{}/complete", grant["id"].as_str().expect("an id")), json!({})).await
}

#[tokio::test]
async fn a_client_that_cannot_say_the_size_sends_a_form() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    let grant = grant(&gateway, &alice, json!({})).await;
    assert_eq!((&grant["request"]["method"], &grant["size"]), (&json!("POST"), &Value::Null));
    let sent = send(&gateway, &grant, "hello world", as_granted).await;
    assert_eq!(sent.status, StatusCode::CREATED, "{}", sent.body);
    let done = complete(&gateway, &alice, &grant).await;
    assert_eq!((done.status, &done.body["size"]), (StatusCode::OK, &json!(11)));
    assert_eq!(done.body["etag"], "5eb63bbbe01eeed093cb22bb8f5acdc3");
    assert_eq!(miscounted(&gateway).await, [""; 0]);
}

#[tokio::test]
async fn a_form_takes_only_what_its_policy_says() {
    let gateway = Harness::start().await;
    limit(&gateway, "alice@acme.example", json!({"maxUploadBytes": 20})).await;
    let alice = gateway.token("alice@acme.example");
    let (open, exact) = (grant(&gateway, &alice, json!({})).await, grant(&gateway, &alice, json!({"size": 5})).await);
    for (grant, bytes) in
        [(&open, "x".repeat(21)), (&open, String::new()), (&exact, "123456".into()), (&exact, "1234".into())]
    {
        let sent = send(&gateway, grant, &bytes, as_granted).await;
        assert_eq!(sent.status, StatusCode::BAD_REQUEST, "{} bytes: {}", bytes.len(), sent.body);
    }
    let fields = open["request"]["fields"].as_object().expect("fields").clone();
    for changed in fields.keys() {
        let change = |name: &str, value: &str| if name == changed { format!("{value}x") } else { value.to_owned() };
        let sent = send(&gateway, &open, "hello world", change).await;
        assert!(matches!(sent.status.as_u16(), 400 | 403 | 501), "{changed}: {} {}", sent.status, sent.body);
    }
    assert_eq!(complete(&gateway, &alice, &open).await.problem(), "object-missing");
    assert_eq!(send(&gateway, &exact, "12345", as_granted).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_form_that_is_sent_twice_leaves_the_second_object_on_record() {
    let gateway = Harness::with_events("").await;
    let alice = gateway.token("alice@acme.example");
    let grant = grant(&gateway, &alice, json!({})).await;
    send(&gateway, &grant, "hello world", as_granted).await;
    let path = format!("/v1/uploads/{}", grant["id"].as_str().expect("an id"));
    let size = async |size: i64| gateway.get(&alice, &path).await.body["size"] == size;
    gateway.until("the first is on record", async || size(11).await).await;
    send(&gateway, &grant, "hello, world!", as_granted).await;
    gateway.until("the second is on record", async || size(13).await).await;
    let told: Vec<String> = actions(&gateway, &grant).await.into_iter().map(|(action, _)| action).collect();
    assert_eq!(told, ["upload.granted", "upload.completed", "object.overwritten"]);
    assert_eq!(miscounted(&gateway).await, [""; 0]);
}
