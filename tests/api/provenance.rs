//! Does the audit say from where, in which request and in which trace somebody did something, and what else was handed out or refused?

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::harness::Harness;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// The latest events of acme, newest first: action, address, trace, request and detail.
async fn latest(gateway: &Harness, count: usize) -> Vec<Value> {
    let page = gateway.get(&gateway.token("ada@acme.example"), &format!("/v1/audit?limit={count}")).await;
    let items = page.body["items"].as_array().expect("items").clone();
    items.into_iter().map(|e| json!([e["action"], e["address"], e["requestId"], e["detail"]])).collect()
}

#[tokio::test]
async fn the_address_is_the_callers_as_far_as_whoever_says_so_is_trusted() {
    for (proxies, address) in
        [("[]", "127.0.0.1"), ("[\"127.0.0.0/8\"]", "203.0.113.9"), ("[\"10.0.0.1\"]", "127.0.0.1")]
    {
        let gateway = Harness::with(&format!("[server]\ntrusted_proxies = {proxies}\n")).await;
        let body = json!({"fileName": "a", "contentType": "text/plain", "size": 5});
        let request = gateway.request(reqwest::Method::POST, "/v1/uploads").json(&body);
        let request = request.bearer_auth(gateway.token("alice@acme.example"));
        let request =
            request.header("x-forwarded-for", "192.0.2.66").header("x-forwarded-for", "192.0.2.67, 203.0.113.9");
        let request = request.header("traceparent", format!("00-{TRACE}-00f067aa0ba902b7-01"));
        assert_eq!(gateway.send(request.header("x-request-id", "asked-1")).await.status, StatusCode::CREATED);
        let seen = latest(&gateway, 1).await;
        assert_eq!(seen, [json!(["upload.granted", address, "asked-1", {}])], "{proxies}");
    }
}

#[tokio::test]
async fn every_url_that_is_handed_out_after_the_grant_is_on_record() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    let body = json!({"fileName": "a", "contentType": "text/plain", "size": 20_000_000, "method": "multipart"});
    let begun = gateway.post(&alice, "/v1/uploads", body).await.body;
    let path = format!("/v1/uploads/{}", begun["id"].as_str().expect("an id"));
    let parts = gateway.post(&alice, &format!("{path}/parts"), json!({"partNumbers": [2, 1]})).await;
    assert_eq!(parts.status, StatusCode::OK, "{}", parts.body);
    assert_eq!(latest(&gateway, 1).await[0][3], json!({"operation": "part", "partNumbers": [2, 1]}));

    let grant = gateway.grant(&alice, 5).await;
    assert_eq!(gateway.put(&grant, "hello", |request| request).await.status, StatusCode::OK);
    let path = format!("/v1/uploads/{}", grant["id"].as_str().expect("an id"));
    assert_eq!(gateway.post(&alice, &format!("{path}/complete"), json!({})).await.status, StatusCode::OK);
    assert_eq!(gateway.get(&alice, &format!("{path}/download")).await.status, StatusCode::OK);
    assert_eq!(latest(&gateway, 1).await[0][3], json!({"operation": "download"}));
    let listed = gateway.get(&alice, "/v1/uploads?include=downloadUrl").await;
    assert_eq!(listed.status, StatusCode::OK, "{}", listed.body);
    assert_eq!(latest(&gateway, 1).await[0][3], json!({"operation": "download", "uploads": [grant["id"]]}));
    let before = latest(&gateway, 200).await.len();
    assert_eq!(gateway.get(&alice, "/v1/uploads").await.status, StatusCode::OK);
    assert_eq!(latest(&gateway, 200).await.len(), before, "no URL, no event");
}

#[tokio::test]
async fn no_url_leaves_when_it_cannot_be_put_on_record() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    let grant = gateway.grant(&alice, 5).await;
    assert_eq!(gateway.put(&grant, "hello", |request| request).await.status, StatusCode::OK);
    let path = format!("/v1/uploads/{}", grant["id"].as_str().expect("an id"));
    assert_eq!(gateway.post(&alice, &format!("{path}/complete"), json!({})).await.status, StatusCode::OK);
    sqlx::raw_sql("revoke insert on audit_events from upload_gateway_service")
        .execute(&gateway.database.pool)
        .await
        .expect("revoked");
    let body = json!({"fileName": "a", "contentType": "text/plain", "size": 5});
    let answers = [
        gateway.get(&alice, &format!("{path}/download")).await,
        gateway.get(&alice, "/v1/uploads?include=downloadUrl").await,
        gateway.post(&alice, "/v1/uploads", body).await,
    ];
    for answer in answers {
        assert_eq!(
            (answer.status, answer.problem()),
            (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
            "{}",
            answer.body
        );
        assert!(answer.headers.contains_key("retry-after") && !answer.body.to_string().contains("X-Amz-Signature"));
    }
}

#[tokio::test]
async fn whoever_is_known_and_refused_is_on_record_and_who_proves_nothing_is_not() {
    let gateway = Harness::start().await;
    let (alice, admin) = (gateway.token("alice@acme.example"), gateway.token("admin@platform.example"));
    assert_eq!(gateway.get(&alice, "/v1/audit").await.status, StatusCode::FORBIDDEN);
    assert_eq!(gateway.get("nonsense", "/v1/audit").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(gateway.post(&alice, "/v1/credentials", json!({})).await.status, StatusCode::FORBIDDEN);
    let acme = gateway.get(&admin, "/v1/admin/tenants?q=acme").await.body["items"][0]["id"].clone();
    let acme = format!("/v1/admin/tenants/{}", acme.as_str().expect("an id"));
    assert_eq!(gateway.post(&admin, &format!("{acme}/suspend"), json!({})).await.status, StatusCode::OK);
    let body = json!({"fileName": "a", "contentType": "text/plain", "size": 5});
    gateway
        .until("acme is refused", async || gateway.post(&alice, "/v1/uploads", body.clone()).await.status == 403)
        .await;
    assert_eq!(gateway.post(&admin, &format!("{acme}/activate"), json!({})).await.status, StatusCode::OK);
    // A platform admin of no tenant.
    assert_eq!(gateway.get(&admin, "/v1/uploads").await.status, StatusCode::FORBIDDEN);

    let refused = async || gateway.get(&admin, "/v1/admin/audit?action=request.refused").await.body["items"].clone();
    gateway
        .until("four are on record", async || refused().await.as_array().is_some_and(|items| items.len() >= 4))
        .await;
    let items = refused().await;
    let mut seen: Vec<Value> = items.as_array().expect("items").iter().map(|e| e["detail"].clone()).collect();
    seen.reverse();
    seen.dedup();
    let expected = [
        json!({"problem": "role-missing", "method": "GET", "route": "/v1/audit"}),
        json!({"problem": "credentials-not-allowed", "method": "POST", "route": "/v1/credentials"}),
        json!({"problem": "tenant-suspended", "method": "POST", "route": "/v1/uploads"}),
        json!({"problem": "tenant-claim-missing", "method": "GET", "route": "/v1/uploads"}),
    ];
    assert_eq!(seen, expected, "and no token that is none");
    assert!(
        items
            .as_array()
            .expect("items")
            .iter()
            .all(|e| e["tenantId"].is_null() == (e["detail"]["problem"] == "tenant-claim-missing"))
    );
}
