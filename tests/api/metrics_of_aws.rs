//! Do the metrics tell on-call how S3, STS, SQS and the user pools are doing?

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};
use reqwest::StatusCode;
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use upload_gateway::adapters::s3::{ObjectError, Objects};
use upload_gateway::adapters::sigv4::Scope;
use upload_gateway::adapters::sts::TemporaryCredentials;
use upload_gateway::metrics::Metrics;
use upload_gateway::model::{Clock, ObjectKey};
use upload_gateway::sandbox::aws::Fault;
use upload_gateway::sandbox::neighbours::{BUCKET, REGION};

use crate::harness::Harness;
use crate::metrics::scrape;
use crate::stage::{MINUTE, now, tenant};

fn calls(service: &str, operation: &str, result: &str) -> String {
    format!("aws_calls_total{{operation=\"{operation}\",result=\"{result}\",service=\"{service}\"}}")
}

#[tokio::test]
async fn calls_to_s3_and_sts_are_counted_by_how_they_end() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    let grant = gateway.grant(&alice, 5).await;
    assert_eq!(gateway.metric(&calls("sts", "AssumeRole", "ok")).await, 1.0);
    let path = format!("/v1/uploads/{}/complete", grant["id"].as_str().unwrap());
    let complete = async || gateway.post(&alice, &path, json!({})).await.status;

    assert_eq!(complete().await, StatusCode::CONFLICT);
    assert_eq!(gateway.metric(&calls("s3", "HeadObject", "ok")).await, 1.0, "no is an answer");
    assert_eq!(gateway.metric(&calls("s3", "ListObjectsV2", "ok")).await, 1.0, "which a listing confirms");
    gateway.neighbours().aws.set_s3_fault(Fault::Unavailable);
    assert_eq!(complete().await, StatusCode::SERVICE_UNAVAILABLE);
    gateway.neighbours().aws.set_s3_fault(Fault::None);
    gateway.put(&grant, "hello", |put| put).await;
    assert_eq!(complete().await, StatusCode::OK);

    assert_eq!(gateway.metric(&calls("s3", "HeadObject", "ok")).await, 2.0);
    assert_eq!(gateway.metric(&calls("s3", "HeadObject", "error")).await, 1.0, "its retries are within it");
    let scraped = scrape(&gateway).await;
    let seconds = |service| format!("upload_gateway_aws_call_seconds_count{{service=\"{service}\"}}");
    assert_eq!((scraped[&seconds("s3")], scraped[&seconds("sts")]), (4.0, 1.0));
    assert!(scraped["upload_gateway_aws_call_seconds_sum{service=\"s3\"}"] > 0.0);
}

#[tokio::test]
async fn a_call_that_nobody_answers_is_one_that_timed_out() {
    let gateway = Harness::start().await;
    let config = gateway.neighbours().configuration((0, 0), "").unwrap();
    let limit = Duration::from_millis(200);
    let timeouts = TimeoutConfig::builder().operation_timeout(limit);
    let attempts = TimeoutConfig::builder().operation_attempt_timeout(limit);
    for (timeouts, so_far) in [(timeouts, 1), (attempts, 2)] {
        let shared = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts.build());
        let metrics = Metrics::new().unwrap();
        let objects = Objects::new(&shared.load().await, &config.aws, &config.upload, &metrics);
        let session = TemporaryCredentials::new(
            "ASIAX".into(),
            "s".into(),
            "t".into(),
            Scope::new(REGION, "s3"),
            MINUTE,
            now() + MINUTE,
        );
        let key = ObjectKey::recorded(&tenant("acme"), "acme/a".to_owned()).unwrap();
        gateway.neighbours().aws.set_s3_fault(Fault::Hanging);
        let looked = objects.head(&session, &key).await;
        assert!(matches!(looked, Err(ObjectError::Unavailable(_))), "{so_far}: {looked:?}");
        let count = |result| metrics.aws_calls.with_label_values(&["s3", "HeadObject", result]).get();
        assert_eq!((count("timeout"), count("error"), count("ok")), (1, 0, 0));
        let timed = metrics.aws_call_seconds.with_label_values(&["s3"]);
        assert!(timed.get_sample_count() == 1 && timed.get_sample_sum() >= limit.as_secs_f64());
    }
    gateway.neighbours().aws.set_s3_fault(Fault::None);
}

#[tokio::test]
async fn a_long_poll_is_counted_and_not_timed() {
    let gateway = Harness::with_events("").await;
    let alice = gateway.token("alice@acme.example");
    let grant = gateway.grant(&alice, 5).await;
    gateway.put(&grant, "hello", |put| put).await;
    let forgotten = async || gateway.metric(&calls("sqs", "DeleteMessageBatch", "ok")).await == 1.0;
    gateway.until("the event was dealt with", forgotten).await;
    let scraped = scrape(&gateway).await;
    assert!(scraped[&format!("upload_gateway_{}", calls("sqs", "ReceiveMessage", "ok"))] >= 1.0);
    assert_eq!(scraped["upload_gateway_aws_call_seconds_count{service=\"sqs\"}"], 1.0);
    // S3's event said when the object was created, which was a moment ago.
    assert_eq!(scraped["upload_gateway_event_lag_seconds_count"], 1.0);
    assert!((0.0..60.0).contains(&scraped["upload_gateway_event_lag_seconds_sum"]));
}

/// The moment so many seconds ago, or ahead when they are below zero.
fn ago(seconds: i64) -> String {
    (Clock::system().now() - time::Duration::seconds(seconds)).format(&Rfc3339).unwrap()
}

#[tokio::test]
async fn the_lag_of_an_event_counts_from_the_objects_creation() {
    let gateway = Harness::start().await;
    let grant = gateway.grant(&gateway.token("alice@acme.example"), 5).await;
    let s3 = |time: Value| {
        let object = json!({"bucket": {"name": BUCKET}, "object": {"key": grant["key"]}});
        json!({"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "eventTime": time, "s3": object}]})
    };
    let event_bridge = |time: Value| {
        let detail = json!({"bucket": {"name": BUCKET}, "object": {"key": grant["key"]}});
        json!({"source": "aws.s3", "detail-type": "Object Created", "time": time, "detail": detail})
    };
    let tell = async |event: Value| {
        let told = gateway.http.post(format!("{}/s3-events", gateway.internal_url)).body(event.to_string());
        assert_eq!(gateway.send(told).await.status, StatusCode::OK);
        let scraped = scrape(&gateway).await;
        let lag = |part| scraped[&format!("upload_gateway_event_lag_seconds_{part}")];
        (lag("count"), (lag("sum") / 600.0).floor())
    };
    assert_eq!(tell(s3(ago(6010).into())).await, (1.0, 10.0));
    assert_eq!(tell(event_bridge(ago(12_010).into())).await, (2.0, 30.0));
    assert_eq!(tell(s3(ago(-7000).into())).await, (3.0, 30.0), "from the future is at once");
    for unreadable in [json!(null), json!("yesterday"), json!(1_763_000_000)] {
        assert_eq!(tell(s3(unreadable.clone())).await, (3.0, 30.0), "{unreadable}");
        assert_eq!(tell(event_bridge(unreadable)).await, (3.0, 30.0));
    }
}

#[tokio::test]
async fn the_least_life_of_the_remembered_credentials_is_told_if_there_are_any() {
    const LIFE: &str = "upload_gateway_sts_credential_remaining_seconds";
    let gateway = Harness::start().await;
    let sessions = async || gateway.metric("sts_credentials").await;
    assert_eq!(sessions().await, 0.0);
    assert!(!scrape(&gateway).await.contains_key(LIFE), "of none there is no least");

    gateway.grant(&gateway.token("alice@acme.example"), 1).await;
    let first = scrape(&gateway).await[LIFE];
    assert!((3500.0..=3600.0).contains(&first), "{first}");
    gateway.until("they age", async || scrape(&gateway).await[LIFE] < first - 2.0).await;
    gateway.grant(&gateway.token("gina@globex.example"), 1).await;
    assert_eq!(sessions().await, 2.0);
    let least = scrape(&gateway).await[LIFE];
    assert!(least < first - 2.0, "{least} of the older ones, and not {first} of the newer");

    // Beyond their use, and before anybody asks for new ones.
    gateway.travel(Duration::from_secs(3000));
    let aged = scrape(&gateway).await[LIFE];
    assert!((least - 3100.0..=least - 3000.0).contains(&aged), "{aged}");
}

#[tokio::test]
async fn the_age_of_the_signing_keys_grows_until_they_are_read_again() {
    let gateway = Harness::start().await;
    let series = format!("jwks_age_seconds{{issuer=\"{}\"}}", gateway.neighbours().cognito.issuer());
    assert!(scrape(&gateway).await.contains_key(&format!("upload_gateway_{series}")));
    gateway.until("they age", async || gateway.metric(&series).await >= 1.0).await;

    let eager = Harness::with("[auth]\njwks_refresh = \"1s\"\n").await;
    let series = format!("jwks_age_seconds{{issuer=\"{}\"}}", eager.neighbours().cognito.issuer());
    let mut before = 0.0;
    let younger = async || {
        let age = eager.metric(&series).await;
        std::mem::replace(&mut before, age) > age
    };
    eager.until("they are read again", younger).await;
}
