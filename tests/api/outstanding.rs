//! Is an admin who suspends a tenant told until when what was handed out before can still work?

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::harness::Harness;

const ADMIN: &str = "admin@platform.example";
const EXPIRY: &str = "url_expiry = \"7m\"\nsession_duration = \"45m\"\n";

async fn tenant(gateway: &Harness, email: &str) -> String {
    let me = gateway.get(&gateway.token(email), "/v1/me").await.body;
    format!("/v1/admin/tenants/{}", me["tenant"]["id"].as_str().expect("an id"))
}

async fn post(gateway: &Harness, path: &str) -> Value {
    let answer = gateway.post(&gateway.token(ADMIN), path, json!({})).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.body
}

async fn allow(gateway: &Harness, path: &str, vending: bool) {
    let answer = gateway.patch(&gateway.token(ADMIN), path, json!({"credentialVending": vending})).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
}

fn time(value: &Value) -> OffsetDateTime {
    OffsetDateTime::parse(value.as_str().expect("a time"), &Rfc3339).expect("RFC 3339")
}

/// Is it so many minutes after now, give or take what the test takes?
fn is_in(value: &Value, minutes: i64) -> bool {
    let left = time(value) - upload_gateway::model::Clock::system().now();
    left <= time::Duration::minutes(minutes) && left > time::Duration::minutes(minutes) - time::Duration::seconds(30)
}

#[tokio::test]
async fn urls_live_as_long_as_a_new_one_would_and_only_a_suspension_says_so() {
    let gateway = Harness::with(EXPIRY).await;
    let path = tenant(&gateway, "alice@acme.example").await;
    let grant = gateway.grant(&gateway.token("alice@acme.example"), 5).await;
    let suspended = post(&gateway, &format!("{path}/suspend")).await;
    let outstanding = &suspended["outstanding"];
    assert_eq!(suspended["status"], "suspended");
    assert!(is_in(&outstanding["urlsUntil"], 7), "{outstanding}");
    assert!(time(&grant["request"]["expiresAt"]) <= time(&outstanding["urlsUntil"]), "{outstanding}");
    assert_eq!(outstanding["credentialsUntil"], Value::Null);
    assert_eq!(outstanding["revocation"], "not-asked");
    assert_eq!(outstanding.as_object().unwrap().len(), 3);
    let read = gateway.get(&gateway.token(ADMIN), &path).await.body;
    let activated = post(&gateway, &format!("{path}/activate")).await;
    assert_eq!((read.get("outstanding"), activated.get("outstanding")), (None, None));
}

#[tokio::test]
async fn credentials_live_as_long_as_new_ones_would_where_they_are_allowed() {
    let gateway = Harness::with(EXPIRY).await;
    let path = tenant(&gateway, "alice@acme.example").await;
    allow(&gateway, &path, true).await;
    let outstanding = post(&gateway, &format!("{path}/suspend")).await["outstanding"].clone();
    assert!(is_in(&outstanding["credentialsUntil"], 45), "{outstanding}");
}

#[tokio::test]
async fn credentials_that_were_handed_out_before_they_were_forbidden_are_not_forgotten() {
    let gateway = Harness::with(EXPIRY).await;
    let acme = tenant(&gateway, "alice@acme.example").await;
    let globex = tenant(&gateway, "gina@globex.example").await;
    for path in [&acme, &globex] {
        allow(&gateway, path, true).await;
    }
    gateway.travel(Duration::from_secs(20 * 60));
    let handed_out = gateway.post(&gateway.token("alice@acme.example"), "/v1/credentials", json!({})).await;
    assert_eq!(handed_out.status, StatusCode::OK, "{}", handed_out.body);
    for path in [&acme, &globex] {
        allow(&gateway, path, false).await;
    }
    let until = post(&gateway, &format!("{acme}/suspend")).await["outstanding"]["credentialsUntil"].clone();
    assert_eq!(time(&until), time(&handed_out.body["expiration"]));
    let others = post(&gateway, &format!("{globex}/suspend")).await["outstanding"]["credentialsUntil"].clone();
    assert_eq!(others, Value::Null, "nobody of globex has any");
    // They are over sooner than a whole session after their hand-out, for STS's clock did not travel.
    gateway.travel(Duration::from_secs(26 * 60));
    let over = post(&gateway, &format!("{acme}/suspend")).await["outstanding"]["credentialsUntil"].clone();
    assert_eq!(over, Value::Null);
}
