//! Does the listener pass on what S3 says, lose nothing of it, and stop when it is told to?

use std::convert::Infallible;
use std::fmt::Display;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use reqwest::StatusCode;
use serde_json::json;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use upload_gateway::adapters::sqs::EventQueue;
use upload_gateway::event_listener::listen_until;
use upload_gateway::metrics::Metrics;
use upload_gateway::model::ObjectCreated;
use upload_gateway::sandbox::aws::{Aws, Fault};
use upload_gateway::sandbox::neighbours::REGION;

use crate::harness::Harness;
use crate::log;

/// What a call may take where the test wants the gateway's own patience.
const USUAL: Duration = Duration::from_secs(5);

/// The gateway of these tests has no queue; this is the one that its S3 writes to.
async fn queue(gateway: &Harness, wait: &str, timeout: Duration) -> EventQueue {
    let aws = &gateway.neighbours().aws;
    let further = format!("[events]\nqueue_url = \"{}\"\nwait = \"{wait}\"\n", aws.queue_url());
    let config = gateway.neighbours().configuration((0, 0), &further).unwrap();
    let (id, secret) = aws.gateway_credentials();
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(timeout).operation_timeout(timeout);
    let shared = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(Credentials::new(id, secret, None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts.build())
        .load()
        .await;
    EventQueue::new(&shared, &config.aws, &config.events, &Metrics::new().unwrap()).expect("a queue")
}

struct Listener {
    running: JoinHandle<()>,
    stop: CancellationToken,
    metrics: Metrics,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Listener {
    /// Listens, and notes every key that it is told, whatever `notice` then says of it.
    async fn start<E: Display + 'static>(
        gateway: &Harness,
        notice: impl Fn(&ObjectCreated) -> Result<(), E> + Send + Sync + 'static,
    ) -> Self {
        let (stop, metrics, heard) =
            (CancellationToken::new(), Metrics::new().unwrap(), Arc::<Mutex<Vec<_>>>::default());
        let record = {
            let heard = Arc::clone(&heard);
            async move |event: ObjectCreated| {
                tokio::task::yield_now().await;
                heard.lock().unwrap().push(event.key.clone());
                notice(&event)
            }
        };
        let queue = queue(gateway, "20s", USUAL).await;
        let running = tokio::spawn(listen_until(queue, stop.clone(), metrics.clone(), record));
        Self { running, stop, metrics, heard }
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    fn count(&self, result: &str) -> u64 {
        self.metrics.events.with_label_values(&["sqs", result]).get()
    }

    /// How long it takes to stop.
    async fn stop(self) -> Duration {
        let asked = Instant::now();
        self.stop.cancel();
        self.running.await.unwrap();
        asked.elapsed()
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the shape of a notice")]
fn fine(_: &ObjectCreated) -> Result<(), Infallible> {
    Ok(())
}

fn aws(gateway: &Harness) -> &Aws {
    &gateway.neighbours().aws
}

fn notification(keys: &[&str]) -> String {
    let record = |key: &&str| {
        json!({
            "eventSource": "aws:s3", "eventName": "ObjectCreated:Put",
            "s3": { "bucket": { "name": "uploads" }, "object": { "key": key } },
        })
    };
    json!({ "Records": keys.iter().map(record).collect::<Vec<_>>() }).to_string()
}

#[tokio::test]
async fn an_upload_is_told_of_and_its_message_is_gone() {
    let gateway = Harness::start().await;
    let listener = Listener::start(&gateway, fine).await;
    gateway.until("the listener waits", async || aws(&gateway).long_polls() == 1).await;
    let alice = gateway.token("alice@acme.example");
    let grant = gateway.grant(&alice, 5).await;
    assert_eq!(gateway.put(&grant, "hello", |request| request).await.status, StatusCode::OK);

    gateway.until("the upload was noticed", async || listener.count("ok") == 1).await;
    let key = listener.heard().remove(0);
    assert!(key.starts_with("acme/") && key.contains(grant["id"].as_str().unwrap()), "{key}");
    gateway.until("the message is gone", async || aws(&gateway).queued_messages() == 0).await;
    assert_eq!(listener.heard().len(), 1);
}

#[tokio::test]
async fn what_could_not_be_noticed_comes_again() {
    let gateway = Harness::start().await;
    aws(&gateway).set_visibility_timeout(Duration::from_secs(1));
    let works = Arc::new(AtomicBool::new(false));
    let notice = {
        let works = Arc::clone(&works);
        move |event: &ObjectCreated| {
            if works.load(Ordering::SeqCst) || event.key == "lucky" { Ok(()) } else { Err("the database is away") }
        }
    };
    let listener = Listener::start(&gateway, notice).await;
    aws(&gateway).send_message(&notification(&["lucky"]));
    gateway.until("the lucky one is gone", async || aws(&gateway).queued_messages() == 0).await;

    aws(&gateway).send_message(&notification(&["a", "lucky"]));
    gateway.until("it was told again", async || listener.count("error") >= 2).await;
    assert_eq!(aws(&gateway).queued_messages(), 1, "half noticed is not noticed");
    works.store(true, Ordering::SeqCst);
    gateway.until("it is gone", async || aws(&gateway).queued_messages() == 0).await;
    assert_eq!(listener.heard().iter().filter(|key| *key == "a").count() as u64, listener.count("error") + 1);
}

#[tokio::test]
async fn a_message_that_is_no_notification_stays_and_holds_nobody_up() {
    log::capture();
    let gateway = Harness::start().await;
    let listener = Listener::start(&gateway, fine).await;
    aws(&gateway).send_message("hunter2, which is no JSON");
    aws(&gateway).send_message(&json!({ "Service": "Amazon S3", "Event": "s3:TestEvent" }).to_string());
    aws(&gateway).send_message(&notification(&["a"]));
    gateway
        .until("the others are gone", async || listener.count("ok") == 1 && aws(&gateway).queued_messages() == 1)
        .await;
    assert_eq!((listener.count("malformed"), listener.count("ignored"), listener.count("error")), (1, 1, 0));
    assert_eq!(listener.heard(), ["a"]);
    gateway.until("it waits again, without a pause", async || aws(&gateway).long_polls() == 1).await;
    let logged = log::captured();
    assert!(logged.contains("is no notification") && !logged.contains("hunter2, which"), "not the body");
}

#[tokio::test]
async fn a_stop_ends_a_long_poll_at_once_and_what_comes_later_stays_for_others() {
    let gateway = Harness::start().await;
    let listener = Listener::start(&gateway, fine).await;
    gateway.until("the listener waits", async || aws(&gateway).long_polls() == 1).await;
    let took = listener.stop().await;
    assert!(took < Duration::from_secs(8), "{took:?}");
    gateway.until("nobody waits any more", async || aws(&gateway).long_polls() == 0).await;
    aws(&gateway).send_message(&notification(&["a"]));
    assert_eq!(queue(&gateway, "20s", USUAL).await.receive().await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_was_received_is_seen_through_before_a_stop() {
    let gateway = Harness::start().await;
    let stop = CancellationToken::new();
    let notice = {
        let stop = stop.clone();
        async move |_: ObjectCreated| {
            stop.cancel();
            tokio::task::yield_now().await;
            Ok::<_, Infallible>(())
        }
    };
    aws(&gateway).send_message(&notification(&["a", "b"]));
    let queue = queue(&gateway, "20s", USUAL).await;
    listen_until(queue, stop, Metrics::new().unwrap(), notice).await;
    assert_eq!(aws(&gateway).queued_messages(), 0);
}

#[tokio::test]
async fn while_the_queue_is_away_the_listener_pauses_and_afterwards_it_hears_again() {
    log::capture();
    let times_away = || log::captured().matches("the event queue is away").count();
    let gateway = Harness::start().await;
    let listener = Listener::start(&gateway, fine).await;
    gateway.until("the listener waits", async || aws(&gateway).long_polls() == 1).await;
    aws(&gateway).set_sqs_fault(Fault::Unavailable);
    gateway.until("it asked three times", async || times_away() == 3).await;
    let took = listener.stop().await;
    assert!(took < Duration::from_millis(1900), "the third pause lasts two seconds at least: {took:?}");

    let listener = Listener::start(&gateway, fine).await;
    gateway.until("the next one asked", async || times_away() == 4).await;
    aws(&gateway).send_message(&notification(&["a"]));
    aws(&gateway).set_sqs_fault(Fault::None);
    gateway.until("it hears", async || listener.heard() == ["a"] && aws(&gateway).queued_messages() == 0).await;
}

#[tokio::test]
async fn while_nothing_can_be_noticed_messages_are_not_worn_out() {
    let gateway = Harness::start().await;
    aws(&gateway).set_visibility_timeout(Duration::ZERO);
    let listener = Listener::start(&gateway, |_: &ObjectCreated| Err("the database is away")).await;
    let began = Instant::now();
    aws(&gateway).send_message(&notification(&["a"]));
    gateway.until("it was told thrice", async || listener.count("error") >= 3).await;
    assert!(began.elapsed() >= Duration::from_millis(1400), "half a second, then one: {:?}", began.elapsed());
    assert_eq!(listener.count("error"), 3);
}

#[tokio::test]
async fn a_long_poll_outlasts_the_usual_time_out_and_a_deletion_does_not() {
    let gateway = Harness::start().await;
    let queue = queue(&gateway, "1s", Duration::from_millis(900)).await;
    let asked = Instant::now();
    assert_eq!(queue.receive().await.unwrap(), []);
    assert!(asked.elapsed() >= Duration::from_secs(1));

    aws(&gateway).send_message("anything");
    let messages = queue.receive().await.unwrap();
    aws(&gateway).set_sqs_fault(Fault::Hanging);
    let refusal = queue.forget(&messages).await.unwrap_err().to_string();
    assert!(refusal.starts_with("messages of the event queue could not be deleted"), "{refusal}");
    let refusal = queue.receive().await.unwrap_err().to_string();
    assert!(refusal.starts_with("the event queue could not be read"), "{refusal}");
    aws(&gateway).set_sqs_fault(Fault::None);
    queue.forget(&messages).await.unwrap();
    assert_eq!(aws(&gateway).queued_messages(), 0);
}

#[tokio::test]
async fn a_gateway_listens_only_where_a_queue_is_configured() {
    let listening = Harness::with_events("").await;
    let config = listening.neighbours().configuration((0, 0), "").unwrap();
    assert_eq!(config.events.queue_url.unwrap().as_str(), aws(&listening).queue_url());

    let deaf = Harness::start().await;
    let config = deaf.neighbours().configuration((0, 0), "").unwrap();
    let shared = aws_config::SdkConfig::builder().build();
    assert!(EventQueue::new(&shared, &config.aws, &config.events, &Metrics::new().unwrap()).is_none());
}
