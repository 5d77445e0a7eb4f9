//! What happens when a dependency is away, and when it comes back?

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use upload_gateway::adapters::postgres::ledger::{self, LedgerError};
use upload_gateway::adapters::postgres::{self, GrantRow, tenants};
use upload_gateway::metrics::Metrics;
use upload_gateway::model::{
    Clock, Collection, ContentType, FileName, FileSize, Grant, GrantedSize, Metadata, Method as UploadMethod,
    ObjectKey, Provenance, Subject, Tenant, TenantId, UploadId,
};
use uuid::Uuid;

use crate::database::{Database, start_server};
use crate::frozen::Frozen;
use crate::harness::{Answer, Harness, SERVERS};
use crate::metrics::scrape;

fn body() -> Value {
    json!({"fileName": "a.txt", "contentType": "text/plain", "size": 1})
}

fn assert_unavailable(answer: &Answer) {
    assert_eq!((answer.status, answer.problem()), (StatusCode::SERVICE_UNAVAILABLE, "unavailable"), "{}", answer.body);
    assert!(answer.headers.contains_key("retry-after"));
    assert!(!answer.body.to_string().contains("X-Amz-"), "no URL leaves unrecorded");
}

/// What the metrics say, which they must say soon also while Postgres says nothing.
async fn scrape_soon(gateway: &Harness) -> BTreeMap<String, f64> {
    let asked = Instant::now();
    let scraped = scrape(gateway).await;
    assert!(asked.elapsed() < Duration::from_secs(6), "a scrape does not wait: {:?}", asked.elapsed());
    scraped
}

/// Makes a grant, after which the gateway remembers the tenant whatever becomes of Postgres. On its first look at the tenants'
/// changes it forgets them all; and a server that was made this moment may take longer for a commit than the deadline allows.
async fn first_grant(gateway: &Harness, token: &str) -> Value {
    gateway.listens().await;
    let mut grant = Value::Null;
    gateway
        .until("a first grant is made", async || {
            let answer = gateway.post(token, "/v1/uploads", body()).await;
            grant = answer.body;
            answer.status == StatusCode::CREATED
        })
        .await;
    grant
}

#[tokio::test]
async fn without_postgres_no_url_leaves_and_with_it_again_they_do() {
    let directory = tempfile::tempdir().unwrap();
    let (mut postgres, database) = Database::server_of_its_own(&directory.path().join("postgres")).await;
    let gateway = Harness::on(database, "[ledger]\ndeadline = \"1s\"\n").await;
    let alice = gateway.token("alice@acme.example");
    first_grant(&gateway, &alice).await;
    let active = "tenants{status=\"active\"}";
    gateway.until("the tenants are counted", async || gateway.metric(active).await == 2.0).await;
    let refused = "ledger_refusals_total{reason=\"unavailable\"}";
    let refused_before = gateway.metric(refused).await;

    postgres.stop().await.unwrap();
    for _ in 0..3 {
        let asked = Instant::now();
        assert_unavailable(&gateway.post(&alice, "/v1/uploads", body()).await);
        assert!(asked.elapsed() < Duration::from_secs(6), "the deadline holds: {:?}", asked.elapsed());
    }
    let (status, _) = gateway.internal("/readyz").await.unwrap();
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    let (status, _) = gateway.internal("/livez").await.unwrap();
    assert_eq!(status, StatusCode::OK);
    let scraped = scrape_soon(&gateway).await;
    assert_eq!(scraped["upload_gateway_tenants{status=\"active\"}"], 2.0, "the last count stands");
    assert!(scraped[&format!("upload_gateway_{refused}")] > refused_before, "the ledger was asked, and refused");

    let path = directory.path().join("postgres");
    let _postgres = SERVERS.spawn(async move { start_server(path).await }).await.unwrap();
    gateway
        .until("grants are made again", async || {
            gateway.post(&alice, "/v1/uploads", body()).await.status == StatusCode::CREATED
        })
        .await;
    assert_eq!(gateway.database.count("uploads").await, gateway.database.count("audit_events").await);
}

#[tokio::test]
async fn a_frozen_postgres_is_given_up_on_in_time() {
    let directory = tempfile::tempdir().unwrap();
    let (postgres, database) = Database::server_of_its_own(&directory.path().join("postgres")).await;
    let further = "[ledger]\ndeadline = \"500ms\"\n[server]\nrequest_timeout = \"5s\"\n";
    let gateway = Harness::on(database, further).await;
    let alice = gateway.token("alice@acme.example");
    let grant = first_grant(&gateway, &alice).await;
    let read = format!("/v1/uploads/{}", grant["id"].as_str().unwrap());
    let frozen = Frozen::freeze(&postgres, &gateway.database).await;
    let asked = Instant::now();
    let answer = gateway.post(&alice, "/v1/uploads", body()).await;
    let elapsed = asked.elapsed();
    // The readers' connections are frozen too, so reading is given up on as a whole.
    let late = gateway.get(&alice, &read).await;
    scrape_soon(&gateway).await;
    frozen.thaw();
    assert_unavailable(&answer);
    assert!(elapsed < Duration::from_millis(4500), "the ledger's deadline is the first to strike: {elapsed:?}");
    assert_unavailable(&late);
    assert!(late.headers.contains_key("x-request-id"));
    gateway
        .until("grants are made again", async || {
            gateway.post(&alice, "/v1/uploads", body()).await.status == StatusCode::CREATED
        })
        .await;
}

#[tokio::test]
async fn a_gateway_that_is_stopped_under_load_loses_no_row_that_it_answered() {
    let mut gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    gateway.grant(&alice, 1).await;
    let requests: Vec<_> = (0..200)
        .map(|_| tokio::spawn(gateway.request(Method::POST, "/v1/uploads").bearer_auth(&alice).json(&body()).send()))
        .collect();
    gateway.until("the load has begun", async || gateway.database.count("uploads").await > 10).await;
    gateway.stop().await;
    let mut granted = 1;
    for answer in join_all(requests).await {
        if answer.unwrap().is_ok_and(|answer| answer.status() == StatusCode::CREATED) {
            granted += 1;
        }
    }
    let recorded = gateway.database.count("uploads").await;
    assert!(granted <= recorded, "{granted} URLs left and {recorded} are on record");
    assert_eq!(recorded, gateway.database.count("audit_events").await);
}

/// A tenant that is on record, and rows for it and for one that is not.
async fn ledger_rows(database: &Database) -> (Tenant, impl Fn(TenantId) -> GrantRow) {
    let tenant = tenants::find_by_claim(&database.pool, "Acme Customer 1").await.unwrap().unwrap();
    let known = tenant.clone();
    let row = move |id: TenantId| {
        let now = Clock::system().now();
        let subject = Subject::parse("someone").unwrap();
        let (file_name, upload) = (FileName::parse("a.txt").unwrap(), UploadId::new(now));
        let grant = Grant {
            id: upload,
            key: ObjectKey::new(&known, &subject, &Collection::default(), upload, &file_name),
            subject,
            collection: Collection::default(),
            file_name,
            content_type: ContentType::parse("text/plain").unwrap(),
            size: GrantedSize::Exactly(FileSize::parse(1).unwrap()),
            checksum: None,
            metadata: Metadata::default(),
            method: UploadMethod::Put,
            parts: None,
        };
        let tenant = Tenant { id, ..known.clone() };
        GrantRow::new(&tenant, grant, now, now + Duration::from_secs(60), Provenance::of_gateway(now, None))
    };
    (tenant, row)
}

#[tokio::test]
async fn a_poisoned_row_fails_alone_and_a_full_queue_says_so() {
    let gateway = Harness::start().await;
    let (tenant, row) = ledger_rows(&gateway.database).await;
    let config = gateway.neighbours().configuration((0, 0), "[ledger]\nqueue = 8\n").unwrap();
    let pool = postgres::Pools::new(&config.database).unwrap().sessions;
    let metrics = Metrics::new().unwrap();
    let (ledger, writer) = ledger::open(pool, &config.ledger, metrics.clone());
    let poisoned = TenantId::from(Uuid::from_u128(7));
    // The writer does not run yet, so the eight make one batch and the ninth finds no place.
    let waiting = (0..9).map(|n| ledger.record(row(if n == 3 { poisoned } else { tenant.id })));
    let (results, ()) = tokio::join!(join_all(waiting), async {
        tokio::spawn(writer.run());
    });
    for (n, result) in results.iter().enumerate() {
        match n {
            3 => assert!(matches!(result, Err(LedgerError::Refused(_))), "{result:?}"),
            8 => assert!(matches!(result, Err(LedgerError::Full)), "{result:?}"),
            _ => assert!(result.is_ok(), "{n}: {result:?}"),
        }
    }
    let refused = |reason| metrics.ledger_refusals.with_label_values(&[reason]).get();
    assert_eq!(["full", "late", "locked", "unavailable"].map(refused), [1, 0, 0, 0], "the poisoned row is no refusal");
    assert_eq!(gateway.database.count("uploads").await, 7);
    assert_eq!(gateway.database.count("audit_events").await, 7);
}

#[tokio::test]
async fn a_tenant_that_was_ever_granted_an_upload_cannot_be_deleted() {
    let gateway = Harness::start().await;
    gateway.grant(&gateway.token("alice@acme.example"), 1).await;
    let delete = async |slug: &str| {
        sqlx::query("delete from tenants where slug = $1").bind(slug).execute(&gateway.database.pool).await
    };
    let error = delete("acme").await.unwrap_err();
    let constraint = error.as_database_error().and_then(|error| error.constraint());
    assert_eq!(constraint, Some("tenant_usage_tenant_id_fkey"), "{error}");
    assert_eq!(delete("globex").await.unwrap().rows_affected(), 1, "nothing keeps one that was not");
}

#[tokio::test]
async fn a_row_that_is_tried_again_is_not_judged_against_itself() {
    let gateway = Harness::start().await;
    let (tenant, row) = ledger_rows(&gateway.database).await;
    let config = gateway.neighbours().configuration((0, 0), "").unwrap();
    let open = || {
        let pool = postgres::Pools::new(&config.database).unwrap().sessions;
        ledger::open(pool, &config.ledger, Metrics::new().unwrap())
    };
    // A month with room for one byte, which the first row takes.
    let limited = || GrantRow { monthly_bytes: Some(1), ..row(tenant.id) };
    let first = limited();
    let (ledger, writer) = open();
    tokio::spawn(writer.run());
    ledger.record(first.clone()).await.unwrap();
    // Together with a row that has the batch tried again in pieces, as after an answer that was lost.
    let (ledger, writer) = open();
    let poisoned = row(TenantId::from(Uuid::from_u128(7)));
    let waiting = [first, poisoned, limited()].map(|row| ledger.record(row));
    let (results, ()) = tokio::join!(join_all(waiting), async {
        tokio::spawn(writer.run());
    });
    assert!(
        matches!(results[..], [Ok(()), Err(LedgerError::Refused(_)), Err(LedgerError::OverQuota(_))]),
        "{results:?}"
    );
    assert_eq!(gateway.database.count("uploads").await, 1);
}

#[tokio::test]
async fn a_row_whose_first_attempt_comes_through_late_is_on_record_once() {
    let gateway = Harness::start().await;
    let (tenant, row) = ledger_rows(&gateway.database).await;
    let config = gateway.neighbours().configuration((0, 0), "").unwrap();
    let pool = postgres::Pools::new(&config.database).unwrap().sessions;
    let (ledger, writer) = ledger::open(pool, &config.ledger, Metrics::new().unwrap());
    tokio::spawn(writer.run());
    ledger.record(row(tenant.id)).await.unwrap();
    let waits = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    for _try in 0..50 {
        let (late, other) = (row(tenant.id), row(tenant.id));
        let (id, before) = (late.grant.id.as_uuid(), gateway.database.count("uploads").await);
        // The server goes on with an attempt that its gateway has given up: written, and not committed yet.
        let mut first = postgres::begin(&gateway.database.pool).await.unwrap();
        let copy = "insert into uploads select (jsonb_populate_record(u, jsonb_build_object('id', $1))).* from uploads u limit 1";
        sqlx::query(copy).bind(id).execute(&mut *first).await.unwrap();
        let again = tokio::spawn({
            let ledger = ledger.clone();
            async move { tokio::join!(ledger.record(late), ledger.record(other)) }
        });
        let waiting = async || {
            let count: i64 = sqlx::query_scalar(waits).fetch_one(&gateway.database.pool).await.unwrap();
            count > 0 || again.is_finished()
        };
        gateway.until("the second attempt waits for the first", waiting).await;
        first.commit().await.unwrap();
        let (late, other) = again.await.unwrap();
        assert!(other.is_ok() || matches!(other, Err(LedgerError::Locked)), "its company suffers nothing: {other:?}");
        if other.is_ok() && late.is_ok() {
            assert_eq!(gateway.database.count("uploads").await, before + 2);
            return;
        }
        // The machine was too busy to commit within the writer's patience.
        assert!(matches!(late, Ok(()) | Err(LedgerError::Locked)), "{late:?}");
    }
    panic!("the first attempt was never committed in time");
}
