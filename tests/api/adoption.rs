//! Is what somebody writes with temporary credentials, without a grant, recorded and limited like every other upload?

use futures_util::future::join_all;
use reqwest::StatusCode;
use serde_json::json;
use upload_gateway::sandbox::aws::Fault;

use crate::harness::Harness;
use crate::holder::{ALICE, Holder, actions, audit, tell, vending};
use crate::quotas::{limit, miscounted};
use crate::store;

#[tokio::test]
async fn an_object_that_was_never_granted_becomes_an_upload_like_every_other() {
    let gateway = Harness::with_events("").await;
    let holder = Holder::of(&gateway).await;
    let key = holder.write_as("reports/2026/Bericht Nr. 1.pdf", b"hello world", "application/pdf").await;
    gateway.until("it is adopted", async || !holder.uploads().await.is_empty()).await;
    let upload = holder.upload().await;
    for (member, value) in [
        ("status", json!("completed")),
        ("key", json!(key)),
        ("collection", json!("reports")),
        ("fileName", json!("Bericht Nr. 1.pdf")),
        ("contentType", json!("application/pdf")),
        ("size", json!(11)),
        ("maxSize", json!(5_i64 << 30)),
        ("method", json!("put")),
        ("etag", json!("5eb63bbbe01eeed093cb22bb8f5acdc3")),
    ] {
        assert_eq!(upload[member], value, "{member}: {upload}");
    }
    let id = upload["id"].as_str().expect("an id");
    let told = audit(&gateway).await;
    let detail = json!({"key": key, "size": 11, "contentType": "application/pdf", "source": "event"});
    assert_eq!(told[0], ("object.adopted".to_owned(), detail));
    assert_eq!((told.len(), told[1].0.as_str()), (2, "upload.completed"));
    let usage = gateway.get(&holder.token, "/v1/me").await.body["usage"].clone();
    assert_eq!((&usage["uploads"], &usage["bytes"], &usage["reservedBytes"]), (&json!(1), &json!(11), &json!(0)));
    assert_eq!(gateway.metric("uploads_total{status=\"completed\"}").await, 1.0);
    assert_eq!(gateway.metric("upload_bytes_total").await, 11.0);
    assert_eq!(miscounted(&gateway).await, [""; 0]);
    let download = gateway.get(&holder.token, &format!("/v1/uploads/{id}/download")).await;
    let read = gateway.send(reqwest::Client::new().get(download.body["url"].as_str().expect("a URL"))).await;
    assert_eq!(read.body, "hello world");
    let bob = gateway.token("bob@acme.example");
    assert_eq!(gateway.get(&bob, &format!("/v1/uploads/{id}")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn however_often_and_wherever_it_is_told_of_there_is_one_upload() {
    let gateway = Harness::start().await;
    let replica = gateway.replica("").await;
    let holder = Holder::of(&gateway).await;
    for name in ["a/1", "a/2", "a/3"] {
        let key = holder.write(name, "hello").await;
        let told = (0..16).map(|turn| {
            let (place, key) = (if turn % 2 == 0 { &gateway } else { &replica }, &key);
            async move { tell(place, key, if turn % 3 == 0 { "" } else { "0A" }).await }
        });
        let told = join_all(told).await;
        assert!(told.iter().all(|(status, _)| *status == StatusCode::OK), "{told:?}");
        let settled: i64 = told.iter().filter_map(|(_, settled)| settled.as_i64()).sum();
        assert_eq!(settled, 1, "{told:?}");
    }
    assert_eq!(holder.uploads().await.len(), 3);
    assert_eq!(gateway.database.count("adopted_objects").await, 3);
    assert_eq!(actions(&gateway).await.len(), 6, "adopted and completed, each once");
    assert_eq!(miscounted(&gateway).await, [""; 0]);
}

#[tokio::test]
async fn what_breaks_a_limit_is_deleted_and_never_an_upload() {
    let gateway = Harness::start().await;
    let holder = Holder::of(&gateway).await;
    let limits = json!({"maxUploadBytes": 10, "allowedContentTypes": ["text/*"], "monthlyBytes": 12});
    limit(&gateway, ALICE, limits).await;
    holder.written("fits", "123456789", "01").await;
    for (name, bytes, content_type, rule) in [
        ("large", "12345678901", "text/plain", "maxUploadBytes"),
        ("empty", "", "text/plain", "maxUploadBytes"),
        ("page", "<p>", "application/xhtml+xml", "allowedContentTypes"),
        ("nothing", "x", "", "allowedContentTypes"),
        ("too-much", "1234", "text/plain", "monthlyBytes"),
    ] {
        let key = holder.write_as(name, bytes, content_type).await;
        assert_eq!(holder.tell(&key, "01").await, (StatusCode::OK, json!(1)), "{name}");
        let (action, detail) = audit(&gateway).await.pop().expect("an event");
        assert_eq!(
            (action.as_str(), &detail["rule"], &detail["deleted"]),
            ("object.refused", &json!(rule), &json!(true))
        );
        assert_eq!((&detail["key"], &detail["size"]), (&json!(key), &json!(bytes.len())));
        assert_eq!(holder.tell(&key, "01").await, (StatusCode::OK, json!(0)), "it is gone");
    }
    holder.written("just-fits", "123", "01").await;
    let kept = ["fits", "just-fits"].map(|name| format!("{}{name}", holder.prefix));
    assert_eq!(store::keys(&gateway).await, kept);
    assert_eq!(holder.uploads().await.len(), 2);
    assert_eq!(gateway.metric("quota_rejections_total{limit=\"monthly_bytes\"}").await, 1.0);
    assert_eq!(miscounted(&gateway).await, [""; 0]);
}

#[tokio::test]
async fn where_nothing_is_deleted_what_breaks_a_limit_is_only_told() {
    let gateway = Harness::with("delete_broken = false\n").await;
    let holder = Holder::of(&gateway).await;
    limit(&gateway, ALICE, json!({"maxUploadBytes": 10})).await;
    let key = holder.write("large", "12345678901").await;
    holder.tell(&key, "01").await;
    let (action, detail) = audit(&gateway).await.pop().expect("an event");
    assert_eq!((action.as_str(), &detail["deleted"]), ("object.refused", &json!(false)));
    assert_eq!(store::keys(&gateway).await, [key]);
    let grown = holder.written("small", "1", "01").await;
    holder.write("small", "12345678901").await;
    assert_eq!(holder.tell(&grown, "02").await, (StatusCode::OK, json!(0)));
    assert_eq!((&holder.upload().await["status"], &holder.upload().await["size"]), (&json!("completed"), &json!(1)));
    assert_eq!(actions(&gateway).await.last().map(String::as_str), Some("object.refused"));
}

#[tokio::test]
async fn while_s3_is_away_the_sender_is_asked_to_come_again() {
    let gateway = Harness::start().await;
    let holder = Holder::of(&gateway).await;
    let key = holder.write("a/b", "hello").await;
    gateway.neighbours().aws.set_s3_fault(Fault::Unavailable);
    assert_eq!(holder.tell(&key, "01").await.0, StatusCode::SERVICE_UNAVAILABLE);
    gateway.neighbours().aws.set_s3_fault(Fault::None);
    assert_eq!(holder.tell(&key, "01").await, (StatusCode::OK, json!(1)), "the same event again");
}

#[tokio::test]
async fn without_credentials_of_its_people_a_tenant_has_no_foreign_objects() {
    let gateway = Harness::start().await;
    let holder = Holder::of(&gateway).await;
    let known = holder.written("a/b", "hello", "01").await;
    vending(&gateway, false).await;
    let key = holder.write("c/d", "hello").await;
    assert_eq!(holder.tell(&key, "01").await, (StatusCode::OK, json!(0)));
    holder.written("a/b", "hello again", "02").await;
    assert_eq!(holder.upload().await["size"], 11, "what is known is followed");
    assert_eq!(store::keys(&gateway).await, [known, key]);
}
