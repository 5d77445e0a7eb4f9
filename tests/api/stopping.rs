//! Does a gateway that is asked to stop let its callers go without losing what it was given?

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::harness::Harness;
use crate::own_process::OwnProcess;
use crate::socket;

const ALICE: &str = "alice@acme.example";

/// A request whose connection may be used again.
const ASKED: &str = "GET /nowhere HTTP/1.1\r\nhost: gateway\r\n\r\n";

async fn readiness(gateway: &Harness) -> (StatusCode, Value) {
    let (status, body) = gateway.internal("/readyz").await.unwrap();
    (status, serde_json::from_str(&body).unwrap())
}

/// What comes until the other side closes, which it must do within 20 seconds.
async fn rest(connection: &mut TcpStream) -> String {
    let mut rest = Vec::new();
    let closed = tokio::time::timeout(Duration::from_secs(20), connection.read_to_end(&mut rest)).await;
    // A connection that was cut ends in an error.
    let _cut = closed.expect("the connection is closed in time");
    String::from_utf8(rest).unwrap()
}

fn says_close(head: &str) -> bool {
    head.to_ascii_lowercase().contains("\r\nconnection: close\r\n")
}

#[tokio::test]
async fn a_draining_gateway_says_so_and_serves_on() {
    let gateway = Harness::with("[server]\ndrain = \"30s\"\nkeep_alive = \"60s\"\n").await;
    let alice = gateway.token(ALICE);
    assert_eq!(readiness(&gateway).await.1["draining"], json!(false));
    assert_eq!(gateway.metric("draining").await, 0.0);
    let mut kept = socket::write(&gateway.public_url, ASKED).await;
    assert!(!says_close(&socket::head(&mut kept).await), "a connection may be kept before");

    gateway.begin_to_stop();
    gateway.until("it drains", async || readiness(&gateway).await.0 == StatusCode::SERVICE_UNAVAILABLE).await;
    assert_eq!(readiness(&gateway).await.1, json!({"database": true, "signingKeys": true, "draining": true}));
    assert_eq!(gateway.internal("/livez").await.unwrap().0, StatusCode::OK);
    assert_eq!(gateway.metric("draining").await, 1.0);

    kept.write_all(ASKED.as_bytes()).await.unwrap();
    let answered = rest(&mut kept).await;
    let second = &answered[answered.find("HTTP/1.1 404").expect("an answer on the old connection")..];
    assert!(says_close(second), "{second}");
    let body = json!({"fileName": "a.txt", "contentType": "text/plain", "size": 1});
    let granted = gateway.post(&alice, "/v1/uploads", body).await;
    assert_eq!(granted.status, StatusCode::CREATED, "{}", granted.body);
    for answer in [granted, gateway.get("x", "/v1/me").await, gateway.get(&alice, "/v1/me").await] {
        assert_eq!(answer.headers["connection"], "close", "{}", answer.status);
    }
}

#[tokio::test]
async fn when_the_drain_is_over_nobody_is_let_in() {
    let mut gateway = Harness::with("[server]\ndrain = \"1500ms\"\n").await;
    let asked = Instant::now();
    gateway.stop().await;
    assert!(asked.elapsed() >= Duration::from_millis(1500), "{:?}", asked.elapsed());
    for url in [&gateway.public_url, &gateway.internal_url] {
        let refused = TcpStream::connect(url.trim_start_matches("http://")).await;
        assert!(refused.is_err(), "{url}");
    }
}

#[tokio::test]
async fn connections_that_idle_do_not_hold_a_stop() {
    let mut gateway = Harness::with("[server]\nkeep_alive = \"10m\"\nshutdown_grace = \"60s\"\n").await;
    let mut kept = socket::write(&gateway.public_url, ASKED).await;
    socket::head(&mut kept).await;
    let mut silent = socket::write(&gateway.public_url, "").await;
    let mut unfinished = socket::write(&gateway.public_url, "GET / HT").await;
    // Each was accepted: connections are taken in order.
    gateway.get("x", "/v1/me").await;
    let asked = Instant::now();
    gateway.stop().await;
    assert!(asked.elapsed() < Duration::from_secs(20), "{:?}", asked.elapsed());
    for connection in [&mut kept, &mut silent, &mut unfinished] {
        rest(connection).await;
    }
}

#[tokio::test]
async fn a_grant_that_waits_for_postgres_is_recorded_and_answered() {
    let further = "[ledger]\ndeadline = \"30s\"\n[server]\nrequest_timeout = \"60s\"\nshutdown_grace = \"60s\"\n";
    let mut gateway = Harness::with(further).await;
    let alice = gateway.token(ALICE);
    gateway.grant(&alice, 1).await;
    let mut lock = gateway.database.pool.acquire().await.unwrap();
    sqlx::raw_sql("begin; lock table uploads in access exclusive mode").execute(&mut *lock).await.unwrap();
    let body = json!({"fileName": "a.txt", "contentType": "text/plain", "size": 1});
    let request = gateway.request(Method::POST, "/v1/uploads").bearer_auth(&alice).json(&body);
    let waiting = tokio::spawn(request.send());
    let waits = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    let waits = async || sqlx::query_scalar::<_, i64>(waits).fetch_one(&gateway.database.pool).await.unwrap() > 0;
    gateway.until("the grant waits", waits).await;

    gateway.begin_to_stop();
    let address = gateway.public_url.trim_start_matches("http://").to_owned();
    gateway.until("nobody is let in", async || TcpStream::connect(&address).await.is_err()).await;
    assert_eq!(readiness(&gateway).await.1["draining"], json!(true), "the probes answer until the last");
    assert!(!waiting.is_finished(), "an answer without a record");
    sqlx::raw_sql("commit").execute(&mut *lock).await.unwrap();
    drop(lock);
    let answer = waiting.await.unwrap().unwrap();
    assert_eq!((answer.status(), &answer.headers()["connection"]), (StatusCode::CREATED, &"close".parse().unwrap()));
    gateway.stop().await;
    assert_eq!(gateway.database.count("uploads").await, 2);
    assert_eq!(gateway.database.count("audit_events").await, 2);
}

#[tokio::test]
async fn a_caller_who_dawdles_is_cut_off_at_the_grace() {
    let further = "[server]\nrequest_timeout = \"2m\"\nshutdown_grace = \"1500ms\"\n";
    let mut gateway = Harness::with(further).await;
    let request = format!(
        "POST /v1/uploads HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
         content-length: 100\r\nexpect: 100-continue\r\n\r\n",
        gateway.token(ALICE)
    );
    let mut dawdler = socket::write(&gateway.public_url, &request).await;
    assert!(socket::head(&mut dawdler).await.starts_with("HTTP/1.1 100"), "the body is waited for");
    dawdler.write_all(b"{\"fileName\"").await.unwrap();
    let asked = Instant::now();
    gateway.stop().await;
    let elapsed = asked.elapsed();
    assert!(elapsed >= Duration::from_millis(1500), "the grace is given: {elapsed:?}");
    assert!(elapsed < Duration::from_secs(20), "and no more: {elapsed:?}");
    assert_eq!(rest(&mut dawdler).await, "");
    assert_eq!(gateway.database.count("uploads").await, 0);
}

#[tokio::test]
async fn a_process_that_is_told_to_end_ends_well() {
    let gateway = Harness::start().await;
    for signal in ["-TERM", "-INT"] {
        let mut own = OwnProcess::serve(&gateway, "drain = \"1s\"\nkeep_alive = \"10m\"\n").await;
        let mut kept = socket::write(&own.public, ASKED).await;
        socket::head(&mut kept).await;
        own.signal(signal).await;
        own.line("stopping").await;
        own.line("stopped").await;
        assert_eq!(own.end().await.code(), Some(0), "{signal}");
        rest(&mut kept).await;
    }
}
