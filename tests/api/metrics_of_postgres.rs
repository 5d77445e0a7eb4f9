//! Do the metrics tell on-call how the database, the ledger and the reconciler are doing?

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::json;
use upload_gateway::adapters::postgres;
use upload_gateway::sandbox::aws::Fault;

use crate::harness::Harness;
use crate::metrics::scrape;

#[tokio::test]
async fn connections_are_busy_while_somebody_waits_for_a_lock() {
    let gateway = Harness::start().await;
    let busy = async || gateway.metric("database_connections{state=\"busy\"}").await;
    let idle = async || gateway.metric("database_connections{state=\"idle\"}").await;
    // One listens for changes all the time.
    gateway.until("nothing goes on", async || busy().await == 1.0 && idle().await >= 1.0).await;
    assert_eq!(gateway.metric("database_connections_max").await, 4.0);

    let tenant = gateway.get(&gateway.token("alice@acme.example"), "/v1/me").await.body["tenant"]["id"].clone();
    let mut holder = postgres::begin(&gateway.database.pool).await.unwrap();
    sqlx::query("select id from tenants where slug = 'acme' for update").execute(&mut *holder).await.unwrap();
    let admin = gateway.token("admin@platform.example");
    let path = format!("/v1/admin/tenants/{}", tenant.as_str().unwrap());
    let patch = gateway.request(Method::PATCH, &path).bearer_auth(&admin).json(&json!({"name": "Acme & Co"}));
    let waiting = tokio::spawn(patch.send());
    gateway.until("it waits", async || busy().await == 2.0).await;
    holder.commit().await.unwrap();
    assert_eq!(waiting.await.unwrap().unwrap().status(), StatusCode::OK);
    gateway.until("it is done", async || busy().await == 1.0).await;
}

/// Sends so many requests for grants at once; how many were answered 201 and how many 503.
async fn ask_for_grants(gateway: &Harness, token: &str, how_many: usize) -> (usize, usize) {
    let body = json!({"fileName": "a.txt", "contentType": "text/plain", "size": 1});
    let ask = |_| gateway.post(token, "/v1/uploads", body.clone());
    let answers = join_all((0..how_many).map(ask)).await;
    let of = |status| answers.iter().filter(|answer| answer.status == status).count();
    (of(StatusCode::CREATED), of(StatusCode::SERVICE_UNAVAILABLE))
}

fn refusals(reason: &str) -> String {
    format!("ledger_refusals_total{{reason=\"{reason}\"}}")
}

async fn hold_the_ledger(gateway: &Harness) -> sqlx::Transaction<'static, sqlx::Postgres> {
    let mut holder = postgres::begin(&gateway.database.pool).await.unwrap();
    sqlx::query("lock table uploads in exclusive mode").execute(&mut *holder).await.unwrap();
    holder
}

#[tokio::test]
async fn a_ledger_that_is_held_up_shows_its_queue_and_what_it_refuses() {
    // The writer waits for a lock for half a second, and so for each of those that wait here, one after the other.
    let gateway = Harness::with("[ledger]\nqueue = 8\nbatch = 1\ndeadline = \"14s\"\n").await;
    let alice = gateway.token("alice@acme.example");
    gateway.grant(&alice, 1).await;
    let scraped = scrape(&gateway).await;
    let queue = ["rows", "capacity"].map(|part| scraped[&format!("upload_gateway_ledger_queue_{part}")]);
    assert_eq!(queue, [0.0, 8.0]);
    for reason in ["full", "late", "locked", "unavailable"] {
        assert_eq!(scraped[&format!("upload_gateway_{}", refusals(reason))], 0.0, "told before it happens");
    }

    let holder = hold_the_ledger(&gateway).await;
    let watch = async {
        gateway.until("grants wait", async || gateway.metric("ledger_queue_rows").await >= 1.0).await;
        gateway.until("one was given up", async || gateway.metric(&refusals("locked")).await >= 1.0).await;
        holder.rollback().await.unwrap();
    };
    let ((granted, refused), ()) = tokio::join!(ask_for_grants(&gateway, &alice, 40), watch);
    let (full, locked) = (gateway.metric(&refusals("full")).await, gateway.metric(&refusals("locked")).await);
    assert!(full >= 1.0 && locked >= 1.0, "{full} found no place, {locked} a lock");
    assert_eq!((granted + refused, refused as f64), (40, full + locked));
    assert_eq!(gateway.metric("ledger_queue_rows").await, 0.0);
}

#[tokio::test]
async fn a_grant_that_is_not_recorded_in_time_is_refused_as_late() {
    let gateway = Harness::with("[ledger]\ndeadline = \"100ms\"\n").await;
    let alice = gateway.token("alice@acme.example");
    // Credentials are fetched and the writer connects, however long that takes.
    let granted = async || ask_for_grants(&gateway, &alice, 1).await == (1, 0);
    gateway.until("the ledger works", granted).await;
    let before = gateway.metric(&refusals("late")).await;
    let holder = hold_the_ledger(&gateway).await;
    assert_eq!(ask_for_grants(&gateway, &alice, 1).await, (0, 1));
    assert_eq!(gateway.metric(&refusals("late")).await, before + 1.0);
    holder.rollback().await.unwrap();
}

#[tokio::test]
async fn what_is_due_is_counted_up_to_a_bound_and_its_age_told() {
    let gateway = Harness::with("[reconcile]\ninterval = \"1h\"\n").await;
    let alice = gateway.token("alice@acme.example");
    for _ in 0..3 {
        gateway.grant(&alice, 1).await;
    }
    let due = async || {
        let scraped = scrape(&gateway).await;
        ["due", "oldest_due_seconds"].map(|name| scraped[&format!("upload_gateway_reconcile_{name}")])
    };
    assert_eq!(due().await, [0.0, 0.0]);
    let pool = &gateway.database.pool;
    let make_due = "update uploads set check_at = now() - interval '1 minute' * n
                    from (select id, row_number() over () as n from uploads) as numbered
                    where uploads.id = numbered.id and n <= 2";
    sqlx::query(make_due).execute(pool).await.unwrap();
    let [count, oldest] = due().await;
    assert_eq!(count, 2.0);
    assert!((120.0..180.0).contains(&oldest), "{oldest}");

    let copy = "insert into uploads
                select (jsonb_populate_record(u, jsonb_build_object('id', gen_random_uuid()))).*
                from uploads u, generate_series(1, 5001) where check_at < now()";
    assert_eq!(sqlx::query(copy).execute(pool).await.unwrap().rows_affected(), 10_002);
    let [count, oldest] = due().await;
    assert_eq!(count, 10_000.0);
    assert!(oldest >= 120.0, "{oldest}");
    sqlx::query("update uploads set check_at = null").execute(pool).await.unwrap();
    assert_eq!(due().await, [0.0, 0.0]);
}

#[tokio::test]
async fn sweeps_are_timed_and_those_that_are_broken_off_counted() {
    let gateway = Harness::with("[reconcile]\ninterval = \"100ms\"\n").await;
    let sweeps = async || gateway.metric("reconcile_sweep_seconds_count").await;
    gateway.until("it sweeps", async || sweeps().await >= 2.0).await;
    assert!(gateway.metric("reconcile_sweep_seconds_sum").await > 0.0);
    assert_eq!(gateway.metric("reconcile_failures_total").await, 0.0);
    gateway.grant(&gateway.token("alice@acme.example"), 1).await;
    gateway.neighbours().aws.set_s3_fault(Fault::Unavailable);
    gateway.travel(Duration::from_secs(301));
    gateway.until("one fails", async || gateway.metric("reconcile_failures_total").await >= 1.0).await;
}
