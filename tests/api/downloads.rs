//! Does a file come back under its own name, only while it is there, and gone when it is deleted?

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Answer, Harness};
use crate::quotas::miscounted;
use crate::reconciling::actions;
use crate::store;

async fn uploaded(gateway: &Harness, token: &str, name: &str, content_type: &str) -> Value {
    let body = json!({"fileName": name, "contentType": content_type, "size": 11});
    let grant = gateway.post(token, "/v1/uploads", body).await.body;
    assert_eq!(gateway.put(&grant, "hello world", |put| put).await.status, StatusCode::OK);
    let path = format!("/v1/uploads/{}/complete", grant["id"].as_str().expect("an id"));
    let done = gateway.post(token, &path, json!({})).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    done.body
}

async fn download(gateway: &Harness, token: &str, upload: &Value, query: &str) -> Answer {
    gateway.get(token, &format!("/v1/uploads/{}/download{query}", upload["id"].as_str().expect("an id"))).await
}

async fn fetch(gateway: &Harness, url: &Value) -> Answer {
    gateway.send(reqwest::Client::new().get(url.as_str().expect("a URL"))).await
}

#[tokio::test]
async fn names_in_any_script_come_back_exactly() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    let names = [
        "تقرير الربع الأول.pdf",
        "報告書 第一四半期.pdf",
        "🚀 launch 🎉.pdf",
        "na\u{ef}ve \"q\" 100%.pdf",
        "a;b=c,d'e.pdf",
    ];
    for name in names {
        let upload = uploaded(&gateway, &alice, name, "application/pdf").await;
        assert_eq!(upload["fileName"], name);
        let url = download(&gateway, &alice, &upload, "").await;
        assert_eq!(url.status, StatusCode::OK, "{}", url.body);
        let file = fetch(&gateway, &url.body["url"]).await;
        assert_eq!((file.status, &file.body), (StatusCode::OK, &json!("hello world")), "{name}");
        assert_eq!(file.headers["content-type"], "application/pdf");
        let disposition = file.headers["content-disposition"].to_str().expect("visible ASCII");
        assert!(disposition.starts_with("attachment; filename=\""), "{disposition}");
        let encoded = disposition.split("filename*=UTF-8''").nth(1).expect("RFC 8187");
        let decoded = percent_encoding::percent_decode_str(encoded).decode_utf8().expect("UTF-8");
        assert_eq!(decoded, name);
    }
}

#[tokio::test]
async fn a_download_may_be_a_redirection_and_an_image_may_be_shown() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    let image = uploaded(&gateway, &alice, "photo.jpg", "image/jpeg").await;
    let path =
        format!("/v1/uploads/{}/download?redirect=true&disposition=inline", image["id"].as_str().expect("an id"));
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
    let url = format!("{}{path}", gateway.public_url);
    let redirected = gateway.send(client.get(url).bearer_auth(&alice)).await;
    assert_eq!(redirected.status, StatusCode::FOUND);
    let file = fetch(&gateway, &json!(redirected.headers["location"].to_str().expect("a URL"))).await;
    assert!(file.headers["content-disposition"].to_str().is_ok_and(|text| text.starts_with("inline;")));

    let page = uploaded(&gateway, &alice, "page.html", "text/html").await;
    let shown = download(&gateway, &alice, &page, "?disposition=inline").await;
    assert_eq!((shown.status.as_u16(), shown.pointers()), (422, vec!["?disposition"]), "a browser would run it");
    assert_eq!(download(&gateway, &alice, &page, "").await.status, StatusCode::OK);
    for (query, pointer) in [("?disposition=evil", "?disposition"), ("?redirect=1", "?redirect")] {
        let wrong = download(&gateway, &alice, &image, query).await;
        assert_eq!((wrong.status.as_u16(), wrong.pointers()), (422, vec![pointer]));
    }
}

#[tokio::test]
async fn only_what_is_there_can_be_downloaded() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    let pending = gateway.grant(&alice, 11).await;
    assert_eq!(download(&gateway, &alice, &pending, "").await.problem(), "object-missing");
    let upload = uploaded(&gateway, &alice, "a.txt", "text/plain").await;
    let url = download(&gateway, &alice, &upload, "").await;
    for stranger in ["bob@acme.example", "gina@globex.example"] {
        let answer = download(&gateway, &gateway.token(stranger), &upload, "").await;
        assert_eq!((answer.status, answer.problem()), (StatusCode::NOT_FOUND, "not-found"), "{stranger}");
    }
    let tampered = url.body["url"].as_str().expect("a URL").replace("attachment", "inline");
    assert_eq!(fetch(&gateway, &json!(tampered)).await.status, StatusCode::FORBIDDEN, "the headers are signed");

    let path = format!("/v1/uploads/{}", upload["id"].as_str().expect("an id"));
    for _ in 0..2 {
        let gone = gateway.send(gateway.request(Method::DELETE, &path).bearer_auth(&alice)).await;
        assert_eq!(gone.status, StatusCode::NO_CONTENT);
    }
    // S3 says 403 of what is not there to a session that may not list everything.
    let gone = fetch(&gateway, &url.body["url"]).await;
    assert!(matches!(gone.status.as_u16(), 403 | 404), "the object is gone at once: {}", gone.status);
    assert_eq!(download(&gateway, &alice, &upload, "").await.problem(), "already-ended");
    let record = gateway.get(&alice, &path).await.body;
    assert_eq!((&record["status"], &record["fileName"]), (&json!("deleted"), &json!("a.txt")), "the record stays");
    let told: Vec<String> = actions(&gateway, &upload).await.into_iter().map(|(action, _)| action).collect();
    assert_eq!(told, ["upload.granted", "upload.completed", "url.issued", "upload.deleted", "object.deleted"]);
    assert_eq!(store::keys(&gateway).await, [""; 0]);
    assert_eq!(miscounted(&gateway).await, [""; 0]);
}

#[tokio::test]
async fn while_s3_is_away_a_deletion_is_decided_and_made_good_later() {
    let gateway = Harness::with("[reconcile]\ninterval = \"100ms\"\nlease = \"1s\"\n").await;
    let alice = gateway.token("alice@acme.example");
    let upload = uploaded(&gateway, &alice, "a.txt", "text/plain").await;
    gateway.neighbours().aws.set_s3_fault(upload_gateway::sandbox::aws::Fault::Unavailable);
    let path = format!("/v1/uploads/{}", upload["id"].as_str().expect("an id"));
    let gone = gateway.send(gateway.request(Method::DELETE, &path).bearer_auth(&alice)).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    assert_eq!(download(&gateway, &alice, &upload, "").await.problem(), "already-ended");
    gateway.neighbours().aws.set_s3_fault(upload_gateway::sandbox::aws::Fault::None);
    assert_eq!(store::keys(&gateway).await.len(), 1);
    gateway.until("the object is gone", async || store::keys(&gateway).await.is_empty()).await;
}

#[tokio::test]
async fn one_call_gives_a_gallery_its_whole_page() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    for name in ["one.jpg", "two.jpg"] {
        uploaded(&gateway, &alice, name, "image/jpeg").await;
    }
    gateway.grant(&alice, 11).await;
    let page = gateway.get(&alice, "/v1/uploads?include=downloadUrl").await.body;
    let items = page["items"].as_array().expect("items");
    assert_eq!(items.len(), 3);
    assert_eq!((&items[0]["status"], items[0].get("downloadUrl")), (&json!("pending"), None));
    for (item, name) in items[1..].iter().zip(["two.jpg", "one.jpg"]) {
        let file = fetch(&gateway, &item["downloadUrl"]).await;
        assert_eq!((file.status, &file.body), (StatusCode::OK, &json!("hello world")));
        assert!(file.headers["content-disposition"].to_str().is_ok_and(|text| text.contains(name)));
        assert!(item["downloadUrlExpiresAt"].is_string());
    }
    let without = gateway.get(&alice, "/v1/uploads").await.body;
    assert!(without["items"].as_array().is_some_and(|items| items.iter().all(|i| i.get("downloadUrl").is_none())));
}
