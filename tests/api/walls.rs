//! Does each of the three walls between tenants stand alone?

use reqwest::StatusCode;
use serde_json::json;
use upload_gateway::app::session_policy;
use upload_gateway::model::Slug;

use crate::harness::Harness;
use crate::store;

const EVERYTHING: &str =
    r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}"#;
const FOREIGN: [&str; 5] = ["globex/x", "acmeco/x", "ACME/x", "x", "acm/x"];

/// The policy that the gateway itself sends with AssumeRole, seen at STS.
async fn policy_at_sts(gateway: &Harness) -> String {
    gateway.grant(&gateway.token("alice@acme.example"), 11).await;
    let calls = gateway.neighbours().aws.assume_role_history();
    let [call] = calls.as_slice() else { panic!("one call and not {calls:?}") };
    assert!(call.granted);
    assert_eq!(call.session_name, "acme");
    assert_eq!(call.tags, [("customerName".to_owned(), "acme".to_owned())], "the slug, never the raw claim");
    call.policy.clone().expect("a session policy")
}

#[tokio::test]
async fn the_session_that_signs_carries_the_tenants_policy_and_reaches_no_other_prefix() {
    let gateway = Harness::start().await;
    let policy = policy_at_sts(&gateway).await;
    let config = gateway.neighbours().configuration((0, 0), "").unwrap();
    assert_eq!(policy, session_policy(&config, &Slug::parse("acme").unwrap()));

    let session = store::session(&gateway, "acme", Some(&policy)).await;
    for key in FOREIGN {
        assert_eq!(store::attempt(&session, key).await, [403; 4], "{key}");
    }
    assert_eq!(store::attempt(&session, "acme/x").await, [200; 4]);
    for (prefix, expected) in [(Some("acme/"), 200), (Some("acme"), 403), (Some("globex/"), 403), (None, 403)] {
        let listing = session.list_objects_v2().bucket("uploads").set_prefix(prefix.map(str::to_owned)).send().await;
        assert_eq!(store::status(&listing), expected, "{prefix:?}");
    }
    assert_eq!(store::keys(&gateway).await, [""; 0]);
}

#[tokio::test]
async fn the_session_policy_stands_when_the_role_allows_everything() {
    let gateway = Harness::start().await;
    let policy = policy_at_sts(&gateway).await;
    gateway.neighbours().aws.set_role_policy(EVERYTHING).unwrap();
    let session = store::session(&gateway, "acme", Some(&policy)).await;
    // The tag lies here: only the session policy is left to tell the tenants apart.
    let mistagged = store::session(&gateway, "globex", Some(&policy)).await;
    for key in FOREIGN {
        assert_eq!(store::attempt(&session, key).await, [403; 4], "{key}");
        assert_eq!(store::attempt(&mistagged, key).await, [403; 4], "{key}");
    }
    assert_eq!(store::keys(&gateway).await, [""; 0]);
    let unbound = store::session(&gateway, "acme", None).await;
    assert_eq!(store::attempt(&unbound, "globex/x").await, [200; 4], "the role's wall is down indeed");
}

#[tokio::test]
async fn the_tag_stands_when_there_is_no_session_policy() {
    let gateway = Harness::start().await;
    for policy in [None, Some(EVERYTHING)] {
        let session = store::session(&gateway, "acme", policy).await;
        for key in FOREIGN {
            assert_eq!(store::attempt(&session, key).await, [403; 4], "{key}");
        }
        assert_eq!(store::attempt(&session, "acme/x").await, [200; 4], "the session policy is no wall here");
    }
}

#[tokio::test]
async fn whatever_a_caller_sends_the_key_lies_below_its_own_tenant_and_subject() {
    let gateway = Harness::start().await;
    let gina = gateway.token("gina@globex.example");
    let subject = gateway.get(&gina, "/v1/me").await.body["subject"].as_str().unwrap().to_owned();
    for name in ["..", ".", "...", "%2e%2e%2facme%2fx", "acme", "a\u{202e}b", " ", "*", "${aws:userid}", "?x=y", "#"] {
        let body = json!({"fileName": name, "contentType": "text/plain", "size": 5, "collection": "acme",
                          "key": "acme/x", "tenant": "acme", "subject": "acme", "metadata": {"key": "../acme"}});
        let grant = gateway.post(&gina, "/v1/uploads", body).await;
        assert_eq!(grant.status, StatusCode::CREATED, "{name}: {}", grant.body);
        let key = grant.body["key"].as_str().unwrap();
        let start = format!("globex/{subject}/acme/{}/", grant.body["id"].as_str().unwrap());
        let file = key.strip_prefix(&start).unwrap_or_else(|| panic!("{name}: {key}"));
        assert!(!file.contains('/') && !file.starts_with('.') && !file.is_empty(), "{name}: {key}");
        assert_eq!(gateway.put(&grant.body, "hello", |put| put).await.status, StatusCode::OK, "{name}");
    }
    let keys = store::keys(&gateway).await;
    assert!(keys.len() == 11 && keys.iter().all(|key| key.starts_with("globex/")), "{keys:?}");
    for collection in ["../acme", "..", "a/../../acme", "", "%2e%2e", "a b"] {
        let body = json!({"fileName": "a", "contentType": "text/plain", "size": 5, "collection": collection});
        let refused = gateway.post(&gina, "/v1/uploads", body).await;
        assert_eq!(refused.pointers(), ["/collection"], "{collection}");
    }
}
