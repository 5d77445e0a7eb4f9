//! A person gets a URL, puts a file there, and the grant and its outcome are on record.

use reqwest::StatusCode;
use serde_json::json;
use sqlx::Row as _;

use crate::harness::Harness;

#[tokio::test]
async fn a_grant_is_recorded_put_completed_and_read_back() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    let grant = gateway.grant(&alice, 11).await;
    let id = grant["id"].as_str().unwrap();
    assert_eq!(grant["status"], "pending");

    let early = gateway.post(&alice, &format!("/v1/uploads/{id}/complete"), json!({})).await;
    assert_eq!((early.status, early.problem()), (StatusCode::CONFLICT, "object-missing"));

    assert_eq!(gateway.put(&grant, "hello world", |put| put).await.status, StatusCode::OK);
    for _ in 0..2 {
        let done = gateway.post(&alice, &format!("/v1/uploads/{id}/complete"), json!({})).await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.body);
        assert_eq!(done.body["status"], "completed");
        assert_eq!(done.body["etag"], "5eb63bbbe01eeed093cb22bb8f5acdc3");
    }
    let read = gateway.get(&alice, &format!("/v1/uploads/{id}")).await;
    assert_eq!(
        (read.status, &read.body["status"], &read.body["size"]),
        (StatusCode::OK, &json!("completed"), &json!(11))
    );

    let events = sqlx::query("select action from audit_events where upload_id = $1::uuid order by id").bind(id);
    let rows = events.fetch_all(&gateway.database.pool).await.unwrap();
    let actions: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(actions, ["upload.granted", "upload.completed"]);
    assert_eq!(gateway.metric("uploads_total{status=\"completed\"}").await, 1.0);
    assert_eq!(gateway.metric("upload_bytes_total").await, 11.0);
}
