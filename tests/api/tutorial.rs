//! Does the page of a tutorial work, which asks for a URL and PUTs to it with nothing but a type?

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use url::Url;

use crate::harness::{Answer, Harness};

async fn ask(gateway: &Harness, authorization: &str, body: Value) -> Answer {
    let request = gateway.request(Method::POST, "/upload").header(AUTHORIZATION, authorization).json(&body);
    gateway.send(request).await
}

fn photo() -> Value {
    json!({"filename": "photo.jpg", "contentType": "image/jpeg"})
}

async fn put(gateway: &Harness, url: &str, content_type: &str, bytes: &'static str) -> StatusCode {
    let request = gateway.http.put(url).header(CONTENT_TYPE, content_type).body(bytes);
    gateway.send(request).await.status
}

/// Status, granted size, whether it is exact, and the size that S3 held.
async fn row(gateway: &Harness, key: &str) -> (String, i64, bool, Option<i64>) {
    sqlx::query_as("select status, size_bytes, size_is_exact, stored_size_bytes from uploads where object_key = $1")
        .bind(key)
        .fetch_one(&gateway.database.pool)
        .await
        .expect("a row")
}

#[tokio::test]
async fn the_token_comes_with_or_without_bearer() {
    let gateway = Harness::start().await;
    let token = gateway.token("alice@acme.example");
    for authorization in [token.clone(), format!("Bearer {token}"), format!("bearer  {token}")] {
        let answer = ask(&gateway, &authorization, photo()).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        assert_eq!(answer.body.as_object().unwrap().keys().collect::<Vec<_>>(), ["key", "uploadUrl"]);
    }
    for authorization in ["", "Bearer", "Bearer ", &format!("Basic {token}"), &format!("{token} x"), "x"] {
        let answer = ask(&gateway, authorization, photo()).await;
        assert_eq!((answer.status.as_u16(), answer.problem()), (401, "invalid-token"), "{authorization:.12}");
    }
    let elsewhere = gateway.request(Method::GET, "/v1/me").header(AUTHORIZATION, token);
    assert_eq!(gateway.send(elsewhere).await.status, StatusCode::UNAUTHORIZED, "nowhere else");
}

#[tokio::test]
async fn nothing_but_host_and_type_is_signed_and_the_upload_is_on_record_and_completes() {
    let gateway = Harness::start().await;
    let token = gateway.token("alice@acme.example");
    let answer = ask(&gateway, &token, photo()).await.body;
    let (url, key) = (answer["uploadUrl"].as_str().unwrap(), answer["key"].as_str().unwrap());
    let query: Vec<(String, String)> = Url::parse(url).unwrap().query_pairs().into_owned().collect();
    let signed = query.iter().find(|(name, _)| name == "X-Amz-SignedHeaders").unwrap();
    assert_eq!(signed.1, "content-type;host");
    assert_eq!(row(&gateway, key).await, ("pending".to_owned(), 5 << 30, false, None));
    assert_eq!(put(&gateway, url, "text/html", "hello").await, StatusCode::FORBIDDEN, "another type");
    assert_eq!(put(&gateway, url, "image/jpeg", "hello").await, StatusCode::OK);
    let id = key.split('/').nth(3).unwrap();
    let done = gateway.post(&token, &format!("/v1/uploads/{id}/complete"), json!({})).await;
    assert_eq!((&done.body["status"], &done.body["size"]), (&json!("completed"), &json!(5)), "{}", done.body);
}

#[tokio::test]
async fn s3_s_event_completes_it_and_what_is_written_again_is_followed() {
    let gateway = Harness::with_events("").await;
    let answer = ask(&gateway, &gateway.token("alice@acme.example"), photo()).await.body;
    let (url, key) = (answer["uploadUrl"].as_str().unwrap(), answer["key"].as_str().unwrap());
    for (bytes, size) in [("hello", 5), ("hello, world", 12)] {
        assert_eq!(put(&gateway, url, "image/jpeg", bytes).await, StatusCode::OK);
        let expected = ("completed".to_owned(), 5 << 30, false, Some(size));
        gateway.until("the record says what S3 holds", async || row(&gateway, key).await == expected).await;
    }
}

#[tokio::test]
async fn the_size_is_checked_when_the_object_is_there() {
    let gateway = Harness::start().await;
    let admin = gateway.token("admin@platform.example");
    let token = gateway.token("alice@acme.example");
    let tenant = gateway.get(&token, "/v1/me").await.body["tenant"]["id"].as_str().unwrap().to_owned();
    gateway.patch(&admin, &format!("/v1/admin/tenants/{tenant}"), json!({"limits": {"maxUploadBytes": 5}})).await;
    let answer = ask(&gateway, &token, photo()).await.body;
    let (url, key) = (answer["uploadUrl"].as_str().unwrap(), answer["key"].as_str().unwrap());
    assert_eq!(put(&gateway, url, "image/jpeg", "hello!").await, StatusCode::OK, "S3 cannot know");
    let id = key.split('/').nth(3).unwrap();
    let done = gateway.post(&token, &format!("/v1/uploads/{id}/complete"), json!({})).await;
    assert_eq!((done.status.as_u16(), done.problem()), (422, "grant-broken"));
    assert_eq!(row(&gateway, key).await, ("failed".to_owned(), 5, false, Some(6)));
    assert_eq!(crate::store::keys(&gateway).await, Vec::<String>::new(), "and the object is gone");
}

#[tokio::test]
async fn it_reserves_no_more_than_a_month_has() {
    let gateway = Harness::start().await;
    crate::quotas::limit(&gateway, "alice@acme.example", json!({"monthlyBytes": 10})).await;
    let token = gateway.token("alice@acme.example");
    let answer = ask(&gateway, &token, photo()).await.body;
    assert_eq!(row(&gateway, answer["key"].as_str().unwrap()).await, ("pending".to_owned(), 10, false, None));
    let second = ask(&gateway, &token, photo()).await;
    assert_eq!((second.status.as_u16(), second.problem()), (403, "quota-exceeded"));
}

#[tokio::test]
async fn its_url_dies_as_every_other_and_bad_input_is_named() {
    let gateway = Harness::start().await;
    let token = gateway.token("alice@acme.example");
    for (body, pointers) in [
        (json!({}), vec!["/filename", "/contentType"]),
        (json!({"filename": "", "contentType": "image/jpeg"}), vec!["/filename"]),
        (json!({"filename": "x".repeat(256), "contentType": "image/jpeg"}), vec!["/filename"]),
        (json!({"filename": "../x", "contentType": "image/jpeg"}), vec!["/filename"]),
        (json!({"filename": "x", "contentType": "jpeg"}), vec!["/contentType"]),
        (json!({"filename": "x", "contentType": 5}), vec!["/contentType"]),
        (json!(["x", "image/jpeg"]), vec![""]),
    ] {
        let answer = ask(&gateway, &token, body.clone()).await;
        assert_eq!((answer.status.as_u16(), answer.problem()), (422, "invalid-request"), "{body}");
        let named: Vec<&str> =
            answer.body["errors"].as_array().unwrap().iter().map(|e| e["pointer"].as_str().unwrap()).collect();
        assert_eq!(named, pointers, "{body}");
    }
    let large = ask(&gateway, &token, json!({"filename": "x".repeat(70_000)})).await;
    assert_eq!((large.status.as_u16(), large.problem()), (413, "body-too-large"));
    let uploads: i64 =
        sqlx::query_scalar("select count(*) from uploads").fetch_one(&gateway.database.pool).await.unwrap();
    assert_eq!(uploads, 0);
    let answer = ask(&gateway, &token, photo()).await.body;
    let expiry: i64 = sqlx::query_scalar("select extract(epoch from expires_at - created_at)::bigint from uploads")
        .fetch_one(&gateway.database.pool)
        .await
        .unwrap();
    assert!(
        (Duration::from_secs(299)..=Duration::from_secs(300)).contains(&Duration::from_secs(expiry.unsigned_abs()))
    );
    assert!(answer["uploadUrl"].as_str().unwrap().contains("X-Amz-Expires=300"));
}
