//! Does a token of RDS's kind open a real Postgres, and nothing else do?

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign};
use aws_sigv4::sign::v4;
use sqlx::AssertSqlSafe;
use time::OffsetDateTime;
use time::macros::datetime;
use upload_gateway::app;
use upload_gateway::config::{Config, DatabasePassword};
use upload_gateway::doctor::{Outcome, Report};
use upload_gateway::model::Clock;

use crate::database::Database;
use crate::harness::Harness;

const NOW: OffsetDateTime = datetime!(2026-11-21 12:00 UTC);

/// As AWS's own library signs it. A Postgres that is reached by its socket is called localhost.
fn token(key_id: &str, secret: &str, user: &str) -> String {
    let identity = Credentials::new(key_id, secret, None, None, "test").into();
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(Duration::from_secs(900));
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region("eu-central-1")
        .name("rds-db")
        .time(SystemTime::from(NOW))
        .settings(settings)
        .build()
        .unwrap()
        .into();
    let url = format!("https://localhost:5432/?Action=connect&DBUser={user}");
    let request = SignableRequest::new("GET", &url, std::iter::empty(), SignableBody::Bytes(b"")).unwrap();
    let (instructions, _) = sign(request, &params).unwrap().into_parts();
    let of = |wanted: &str| {
        let found = instructions.params().iter().find(|(name, _)| *name == wanted);
        found.map(|(_, value)| value.to_string()).unwrap()
    };
    let credential = of("X-Amz-Credential").replace('/', "%2F");
    format!(
        "localhost:5432/?Action=connect&DBUser={user}&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={credential}\
         &X-Amz-Date={}&X-Amz-Expires=900&X-Amz-SignedHeaders=host&X-Amz-Signature={}",
        of("X-Amz-Date"),
        of("X-Amz-Signature"),
    )
}

#[tokio::test]
async fn a_signed_token_opens_postgres_and_a_later_one_is_another() {
    let directory = tempfile::tempdir().unwrap();
    let (_postgres, database) = Database::server_of_its_own(&directory.path().join("postgres")).await;
    let gateway = Harness::start().await;
    let (key_id, secret) = gateway.neighbours().aws.gateway_credentials();
    let pool = &database.pool;
    let role = format!("create role by_token superuser login password '{}'", token(key_id, secret, "by_token"));
    sqlx::query(AssertSqlSafe(role)).execute(pool).await.unwrap();
    let rules: String = sqlx::query_scalar("show hba_file").fetch_one(pool).await.unwrap();
    let trusting = std::fs::read_to_string(&rules).unwrap();
    std::fs::write(&rules, format!("local all by_token scram-sha-256\n{trusting}")).unwrap();
    let mut config = gateway.neighbours().configuration((0, 0), "").unwrap();
    config.database.url = database.url.replace("user=postgres", "user=by_token").into();
    config.database.password = DatabasePassword::Iam;
    gateway
        .until("Postgres asks for a password", async || {
            sqlx::query("select pg_reload_conf()").execute(pool).await.unwrap();
            let found = Box::pin(app::examine(&at_password(&config, DatabasePassword::InUrl), Clock::system())).await;
            database_outcome(&found.unwrap()) == Outcome::Failed
        })
        .await;

    let at = |now: OffsetDateTime| Clock::new(move || now);
    app::migrate(&config, at(NOW)).await.unwrap();
    let report = Box::pin(app::examine(&config, at(NOW))).await.unwrap();
    assert_eq!(database_outcome(&report), Outcome::Ok, "{report}");

    // With sessions elsewhere, the token for them is signed for the place where they are.
    let mut elsewhere = config.clone();
    elsewhere.database.session_url = Some(config.database.url.clone());
    elsewhere.database.url = "postgres://by_token@pooler.example/gateway?sslmode=verify-full".into();
    app::migrate(&elsewhere, at(NOW)).await.unwrap();

    let later = at(NOW + time::Duration::SECOND);
    assert!(app::migrate(&config, later.clone()).await.is_err(), "another second, another token");
    let report = Box::pin(app::examine(&config, later)).await.unwrap();
    assert_eq!(database_outcome(&report), Outcome::Failed, "{report}");
    assert!(!report.to_string().contains("X-Amz-Signature"), "{report}");
}

fn at_password(config: &Config, password: DatabasePassword) -> Config {
    let mut config = config.clone();
    config.database.password = password;
    config
}

fn database_outcome(report: &Report) -> Outcome {
    report.0.iter().find(|finding| finding.check == "database").unwrap().outcome
}
