//! Does the gateway know who is asking, and what its tenant has used?

use std::time::Duration;

use insta::assert_json_snapshot;
use reqwest::StatusCode;
use serde_json::json;

use crate::harness::Harness;

#[tokio::test]
async fn a_user_a_tenant_admin_and_a_platform_admin_see_themselves() {
    let gateway = Harness::start().await;
    for (name, email) in [
        ("user", "alice@acme.example"),
        ("tenant_admin", "greta@globex.example"),
        ("platform_admin", "admin@platform.example"),
    ] {
        let me = gateway.get(&gateway.token(email), "/v1/me").await;
        assert_eq!(me.status, StatusCode::OK, "{}", me.body);
        assert_eq!(me.body["subject"], gateway.neighbours().cognito.id_claims(email).unwrap()["sub"]);
        let id = insta::dynamic_redaction(|id, _path| {
            assert!(id.as_str().is_some_and(|text| text.len() == 36));
            "[id]"
        });
        assert_json_snapshot!(format!("me_{name}"), me.body, { ".tenant.id" => id });
    }
}

#[tokio::test]
async fn usage_is_what_the_tenant_was_granted_this_month_and_did_not_lose() {
    let gateway = Harness::start().await;
    let [alice, bob, gina] =
        ["alice@acme.example", "bob@acme.example", "gina@globex.example"].map(|email| gateway.token(email));
    let pending = gateway.grant(&alice, 100).await;
    let completed = gateway.grant(&bob, 11).await;
    let failed = gateway.grant(&bob, 1000).await;
    for (grant, bytes) in [(&completed, "hello world"), (&failed, "short")] {
        let key = grant["key"].as_str().unwrap();
        let put = crate::store::admin(&gateway)
            .put_object()
            .bucket("uploads")
            .key(key)
            .body(bytes.as_bytes().to_vec().into());
        Box::pin(put.send()).await.unwrap();
        gateway.post(&bob, &format!("/v1/uploads/{}/complete", grant["id"].as_str().unwrap()), json!({})).await;
    }
    assert_eq!(pending["status"], "pending");
    for person in [&alice, &bob] {
        assert_eq!(
            gateway.get(person, "/v1/me").await.body["usage"],
            json!({"uploads": 2, "bytes": 111, "reservedBytes": 100})
        );
    }
    let nothing = json!({"uploads": 0, "bytes": 0, "reservedBytes": 0});
    assert_eq!(gateway.get(&gina, "/v1/me").await.body["usage"], nothing);

    let month = 32 * 24 * 3600;
    let cognito = &gateway.neighbours().cognito;
    let mut claims = cognito.id_claims("alice@acme.example").unwrap();
    claims["exp"] = json!(claims["exp"].as_i64().unwrap() + month);
    let later = cognito.sign(json!({"alg": "RS256", "kid": cognito.kid()}), claims);
    gateway.travel(Duration::from_secs(month.unsigned_abs()));
    let me = gateway.get(&later, "/v1/me").await;
    assert_eq!(me.body["usage"], nothing, "a new month, a new count: {}", me.body);
}
