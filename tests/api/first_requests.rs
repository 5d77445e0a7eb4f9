//! When a tenant's people all come at once to a gateway that knows nothing, is everything asked for once?

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::StatusCode;
use serde_json::json;
use uuid::Uuid;

use crate::database::Database;
use crate::forge::Forger;
use crate::harness::Harness;
use crate::socket;

const REQUESTS: usize = 2_000;
/// Half of the requests are one person's, the others these many people's.
const PEOPLE: usize = 50;

/// How often Postgres has looked into the table of claim values, by index or otherwise, ever.
async fn looks(database: &Database) -> i64 {
    let scans = "select coalesce(seq_scan, 0) + coalesce(idx_scan, 0) from pg_stat_user_tables
                 where relname = 'tenant_claim_values'";
    sqlx::query_scalar(scans).fetch_one(&database.pool).await.unwrap()
}

/// Asks for a grant.
fn request(token: &str) -> String {
    let body = json!({"fileName": "a.txt", "contentType": "text/plain", "size": 1}).to_string();
    let head = "POST /v1/uploads HTTP/1.1\r\nhost: gateway\r\nconnection: close\r\ncontent-type: application/json";
    format!("{head}\r\nauthorization: Bearer {token}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

/// A fresh gateway that gets these requests at once and stops; how often it looked into the table of claim values.
async fn looks_of(gateway: &Harness, tokens: &[String]) -> i64 {
    let database = &gateway.database;
    let connections = "select count(*) from pg_stat_activity
                       where datname = current_database() and application_name like 'upload-gateway%' and pid <> pg_backend_pid()";
    let connections = async || sqlx::query_scalar::<_, i64>(connections).fetch_one(&database.pool).await.unwrap();
    gateway.until("the gateways before are gone", async || connections().await == 0).await;
    let before = looks(database).await;

    let mut replica = gateway.patient_replica().await;
    // When it begins to listen, it has looked at the tenants' revision for the first time, which makes it forget them all.
    replica.listens().await;
    for answer in socket::all_at_once(&replica.public_url, tokens.iter().map(|token| request(token))).await {
        assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    }
    assert_eq!(replica.metric("tokens_total{result=\"ok\"}").await, tokens.len() as f64);

    // A connection tells what it looked at when it ends.
    replica.stop().await;
    replica.until("its connections are gone", async || connections().await == 0).await;
    looks(database).await - before
}

#[tokio::test]
async fn two_thousand_first_requests_read_keys_tenant_and_credentials_once() {
    let mut gateway = Harness::start().await;
    let forger = Forger::new(&gateway);
    let mut tokens = vec![gateway.token("alice@acme.example"); REQUESTS / 2];
    let people: Vec<String> =
        (0..PEOPLE).map(|person| forger.with_claims(json!({"sub": Uuid::from_u128(person as u128)}))).collect();
    tokens.extend(people.iter().cycle().take(REQUESTS / 2).cloned());
    gateway.stop().await;

    let none = looks_of(&gateway, &[]).await;
    let one = looks_of(&gateway, &tokens[..1]).await;
    assert!(one > none, "the counter counts: {none} without a request, {one} with one");

    let (fetches, calls) = {
        let neighbours = gateway.neighbours();
        (neighbours.cognito.jwks_fetches(), neighbours.aws.assume_role_calls())
    };
    let (uploads, events) = (gateway.database.count("uploads").await, gateway.database.count("audit_events").await);
    let all = looks_of(&gateway, &tokens).await;
    assert_eq!(all, one, "as many looks for {REQUESTS} requests as for one");
    assert_eq!(gateway.neighbours().cognito.jwks_fetches() - fetches, 1);
    assert_eq!(gateway.neighbours().aws.assume_role_calls() - calls, 1);
    assert_eq!(gateway.database.count("uploads").await - uploads, REQUESTS as i64);
    assert_eq!(gateway.database.count("audit_events").await - events, REQUESTS as i64);
    let subjects = "(select distinct subject from uploads) as people";
    assert_eq!(gateway.database.count(subjects).await, PEOPLE as i64 + 1);
}

#[tokio::test]
async fn the_first_requests_of_two_tenants_get_credentials_of_their_own() {
    let gateway = Harness::start().await;
    let tokens = [gateway.token("alice@acme.example"), gateway.token("gina@globex.example")];
    let grants = join_all(tokens.iter().cycle().take(100).map(|token| gateway.grant(token, 1))).await;
    for (number, grant) in grants.iter().enumerate() {
        let slug = ["acme/", "globex/"][number % 2];
        assert!(grant["key"].as_str().unwrap().starts_with(slug), "{grant}");
    }
    assert_eq!(gateway.neighbours().aws.assume_role_calls(), 2);
    // Each signs with its own: S3 takes both.
    for grant in &grants[..2] {
        assert_eq!(gateway.put(grant, "a", |put| put.timeout(Duration::from_secs(5))).await.status, StatusCode::OK);
    }
}
