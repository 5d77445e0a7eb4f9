//! What may a tenant's session do, how long do its credentials serve, and what when STS gives none?

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use upload_gateway::model::Clock;
use upload_gateway::sandbox::aws::Fault;

use crate::harness::{Answer, Harness};

/// What credentials must have left beyond the life of a URL.
const SKEW: Duration = Duration::from_secs(30);

async fn ask(gateway: &Harness, token: &str) -> Answer {
    gateway.post(token, "/v1/uploads", json!({"fileName": "a.txt", "contentType": "text/plain", "size": 1})).await
}

fn assert_unavailable(answer: &Answer) {
    assert_eq!((answer.status, answer.problem()), (StatusCode::SERVICE_UNAVAILABLE, "unavailable"), "{}", answer.body);
    assert!(answer.headers.contains_key("retry-after"));
    assert!(!answer.body.to_string().contains("X-Amz-"));
}

fn expiry(grant: &Value) -> OffsetDateTime {
    OffsetDateTime::parse(grant["request"]["expiresAt"].as_str().unwrap(), &Rfc3339).unwrap()
}

/// What a session may do below a prefix, and nothing else.
pub(crate) fn assert_policy(policy: &str, below: &str) {
    let allowed = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Action": ["s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
            "Resource": format!("arn:aws:s3:::uploads/{below}"),
        }, {
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": "arn:aws:s3:::uploads",
            "Condition": {"StringLike": {"s3:prefix": below}},
        }],
    });
    assert_eq!(serde_json::from_str::<Value>(policy).unwrap(), allowed);
}

#[tokio::test]
async fn a_session_carries_its_tenants_tag_name_and_prefix_and_nothing_else() {
    let gateway = Harness::start().await;
    for email in ["alice@acme.example", "bob@acme.example", "gina@globex.example"] {
        gateway.grant(&gateway.token(email), 1).await;
    }
    let history = gateway.neighbours().aws.assume_role_history();
    assert_eq!(history.len(), 2, "one for each tenant: {history:?}");
    for (call, slug) in history.iter().zip(["acme", "globex"]) {
        assert!(call.granted);
        assert_eq!(call.session_name, slug);
        assert_eq!(call.tags, [("customerName".to_owned(), slug.to_owned())]);
        assert_eq!(call.duration_seconds, 3600);
        assert_policy(call.policy.as_deref().unwrap(), &format!("{slug}/*"));
    }
}

#[tokio::test]
async fn credentials_serve_without_sts_until_they_are_too_short_and_again_when_it_is_back() {
    let gateway = Harness::with("url_expiry = \"1s\"\n").await;
    let aws = &gateway.neighbours().aws;
    let usable = Duration::from_secs(3);
    let life = Duration::from_secs(1) + SKEW + usable;
    aws.set_longest_session(life);
    let alice = gateway.token("alice@acme.example");
    let began = Instant::now();
    gateway.grant(&alice, 1).await;
    let credentials_end = Clock::system().now() + life;
    aws.set_sts_fault(Fault::Unavailable);

    let mut served = 0;
    let refused = gateway.until("the credentials are too short", async || {
        let answer = ask(&gateway, &alice).await;
        if answer.status == StatusCode::CREATED {
            served += 1;
            assert!(expiry(&answer.body) <= credentials_end - SKEW, "{}", answer.body);
            return false;
        }
        assert_unavailable(&answer);
        true
    });
    refused.await;
    assert!(served > 10, "{served} were served from memory");
    assert!(began.elapsed() > usable - Duration::from_secs(1), "{:?}", began.elapsed());
    let gina = ask(&gateway, &gateway.token("gina@globex.example")).await;
    assert_unavailable(&gina);

    aws.set_sts_fault(Fault::None);
    gateway.until("grants are made again", async || ask(&gateway, &alice).await.status == StatusCode::CREATED).await;
    assert!(gateway.metric("sts_calls_total{result=\"error\"}").await >= 2.0);
}

#[tokio::test]
async fn credentials_are_refreshed_before_anybody_has_to_wait_for_them() {
    let gateway = Harness::with("url_expiry = \"1s\"\n").await;
    let aws = &gateway.neighbours().aws;
    let usable = Duration::from_secs(8);
    aws.set_longest_session(Duration::from_secs(1) + SKEW + usable);
    let alice = gateway.token("alice@acme.example");
    let began = Instant::now();
    gateway.grant(&alice, 1).await;
    let refreshed = async || {
        assert_eq!(ask(&gateway, &alice).await.status, StatusCode::CREATED);
        aws.assume_role_calls() > 1
    };
    gateway.until("they were refreshed", refreshed).await;
    // At three quarters, or else when they ended, which is up to a second early, as STS tells whole seconds.
    let late = usable - Duration::from_millis(1500);
    assert!(began.elapsed() < late, "only when they had ended, after {:?}", began.elapsed());
}

#[tokio::test]
async fn no_url_outlives_its_credentials_also_when_the_clock_jumps() {
    let gateway = Harness::with("url_expiry = \"60s\"\n").await;
    let life = Duration::from_secs(60) + SKEW + Duration::from_secs(10);
    gateway.neighbours().aws.set_longest_session(life);
    let alice = gateway.token("alice@acme.example");
    let first = gateway.grant(&alice, 1).await;
    let credentials_end = Clock::system().now() + life;
    assert!(expiry(&first) <= credentials_end - SKEW);
    // As after a machine's sleep, of which timers know nothing. The stand-in's clock stays, so what it gives is too short too.
    gateway.travel(Duration::from_secs(60));
    assert_unavailable(&ask(&gateway, &alice).await);
    gateway.neighbours().aws.set_longest_session(Duration::from_secs(3600));
    let after = gateway.grant(&alice, 1).await;
    assert!(expiry(&after) > credentials_end, "signed by new ones: {after}");
    assert_eq!(gateway.neighbours().aws.assume_role_calls(), 3);
}

#[tokio::test]
async fn a_session_too_short_for_one_url_signs_none() {
    let gateway = Harness::with("url_expiry = \"60s\"\n").await;
    gateway.neighbours().aws.set_longest_session(Duration::from_secs(60) + SKEW - Duration::from_secs(1));
    assert_unavailable(&ask(&gateway, &gateway.token("alice@acme.example")).await);
    assert_eq!(gateway.database.count("uploads").await, 0);
}
