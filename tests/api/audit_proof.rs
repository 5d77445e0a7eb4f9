//! Does `audit verify` prove what was written, and name what was not?

use std::process::Output;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::database::Database;
use crate::harness::Harness;
use crate::own_process;

/// What `audit verify --json` ends with and prints.
pub(crate) async fn verify(gateway: &Harness, database_url: &str) -> (Option<i32>, Value) {
    let output = audit(gateway, database_url, &["verify", "--json"]).await;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}")))
}

pub(crate) async fn audit(gateway: &Harness, database_url: &str, arguments: &[&str]) -> Output {
    audit_with(gateway, database_url, arguments, "").await
}

/// With further TOML at the end of the configuration.
pub(crate) async fn audit_with(gateway: &Harness, database_url: &str, arguments: &[&str], further: &str) -> Output {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("gateway.toml");
    let text = own_process::configuration(gateway, further).replace(&gateway.database.url, database_url);
    std::fs::write(&file, text).expect("a file");
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_upload-gateway"));
    command.arg("audit").args(arguments).arg("--config").arg(&file).output().await.expect("it runs")
}

/// As who owns the whole server may do, past every trigger.
pub(crate) async fn tamper(database: &Database, statements: &str) {
    let statements =
        format!("set session_replication_role = replica; {statements}; set session_replication_role = origin");
    sqlx::raw_sql(sqlx::AssertSqlSafe(statements)).execute(&database.pool).await.expect("tampered with");
}

fn faults(report: &Value) -> Vec<&str> {
    report["faults"].as_array().expect("a list").iter().map(|fault| fault.as_str().expect("a text")).collect()
}

/// Some of everything that is on record: twenty grants at once, a life to its end, admins' acts and refusals.
async fn live(gateway: &Harness) {
    let (alice, admin) = (gateway.token("alice@acme.example"), gateway.token("admin@platform.example"));
    futures_util::future::join_all((0..20).map(|_| gateway.grant(&alice, 5))).await;
    let grant = gateway.grant(&alice, 5).await;
    assert_eq!(gateway.put(&grant, "hello", |request| request).await.status, StatusCode::OK);
    let path = format!("/v1/uploads/{}", grant["id"].as_str().unwrap());
    let done = gateway.post(&alice, &format!("{path}/complete"), json!({})).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    assert_eq!(gateway.get(&alice, &format!("{path}/download")).await.status, StatusCode::OK);
    let gone = gateway.send(gateway.request(Method::DELETE, &path).bearer_auth(&alice)).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    assert_eq!(gateway.get(&alice, "/v1/admin/tenants").await.status, StatusCode::FORBIDDEN);
    let tenant = json!({"slug": "initech", "name": "Initech Ⅲ \"\\ \u{1f4a5}", "claimValues": ["Initech \u{e4}"]});
    assert_eq!(gateway.post(&admin, "/v1/admin/tenants", tenant).await.status, StatusCode::CREATED);
    gateway.until("the refusal is on record", async || actions(gateway, "request.refused").await == 1).await;
}

async fn actions(gateway: &Harness, action: &str) -> i64 {
    let statement = "select count(*) from audit_events where action = $1";
    sqlx::query_scalar(statement).bind(action).fetch_one(&gateway.database.pool).await.expect("a count")
}

#[tokio::test]
async fn whatever_a_gateway_writes_is_proved() {
    let gateway = Harness::start().await;
    let quota = json!({"limits": {"monthlyBytes": 1000}});
    live(&gateway).await;
    let admin = gateway.token("admin@platform.example");
    let found = gateway.get(&admin, "/v1/admin/tenants?q=globex").await.body;
    let path = format!("/v1/admin/tenants/{}", found["items"][0]["id"].as_str().unwrap());
    assert_eq!(gateway.patch(&admin, &path, quota).await.status, StatusCode::OK);
    // Of twenty at once, ten have room; what is refused takes no place in its link.
    let gina = gateway.token("gina@globex.example");
    let body = || json!({"fileName": "a", "contentType": "text/plain", "size": 100});
    let asked = (0..20).map(|_| gateway.post(&gina, "/v1/uploads", body()));
    let granted = futures_util::future::join_all(asked).await;
    assert_eq!(granted.iter().filter(|answer| answer.status == StatusCode::CREATED).count(), 10);
    gateway.until("the refusals are on record", async || actions(&gateway, "request.refused").await == 11).await;

    let (code, report) = verify(&gateway, &gateway.database.url).await;
    assert_eq!((code, faults(&report)), (Some(0), vec![]), "{report}");
    assert_eq!(report["events"], gateway.database.count("audit_events").await);
    assert_eq!((&report["unchained"], &report["droppedUntil"]), (&json!(0), &Value::Null));
    let as_service = verify(&gateway, &gateway.database.service_url).await;
    assert_eq!(as_service, (code, report), "whoever serves may look, too");
}

#[tokio::test]
async fn what_was_changed_removed_or_inserted_is_named() {
    let gateway = Harness::start().await;
    live(&gateway).await;
    let database = &gateway.database;
    tamper(
        database,
        "create table kept as select * from audit_events; create table kept_chains as select * from audit_chains",
    )
    .await;
    let pick = "select id from audit_events order by chain, number, place offset 7 limit 1";
    let id: Uuid = sqlx::query_scalar(pick).fetch_one(&database.pool).await.unwrap();
    let last: Uuid =
        sqlx::query_scalar("select id from audit_events where chain = 1 order by number desc, place desc limit 1")
            .fetch_one(&database.pool)
            .await
            .unwrap();
    let changed = format!("changed: event {id}, ");
    let another = "insert into audit_events select * from jsonb_populate_record(null::audit_events,
        (select to_jsonb(e) from audit_events e where id = $id) || jsonb_build_object('id', '01a202a2-0000-7000-8000-000000000000'))";
    let inserted = "inserted: event 01a202a2-0000-7000-8000-000000000000, ";
    let tries = [
        ("update audit_events set subject = 'mallory' where id = $id", changed.as_str()),
        ("update audit_events set action = 'upload.deleted' where id = $id", &changed),
        ("update audit_events set at = at + interval '1 microsecond' where id = $id", &changed),
        ("update audit_events set tenant_id = null where id = $id", &changed),
        ("update audit_events set upload_id = gen_random_uuid() where id = $id", &changed),
        ("update audit_events set request_id = 'r' where id = $id", &changed),
        ("update audit_events set detail = detail || '{\"a\": 1}' where id = $id", &changed),
        ("update audit_events set address = '192.0.2.1' where id = $id", &changed),
        ("update audit_events set trace_id = '0af7651916cd43dd8448eb211c80319c' where id = $id", &changed),
        ("update audit_events set digest = sha256('x') where id = $id", &changed),
        (
            "update audit_events set seal = sha256('x') where seal is not null and id = $last",
            "made anew, or some after it in its link: event ",
        ),
        ("delete from audit_events where id = $id", "removed: events after 2"),
        ("delete from audit_events where id = $last", "removed: events after 2"),
        ("delete from audit_events where chain = 1", "removed: events after the beginning"),
        ("delete from audit_events where chain = 1 and number = 1", "removed: events after the beginning"),
        ("delete from audit_events where chain = 1 and number > 3", "removed: events after 2"),
        (another, inserted),
        (&another.replace("'id', ", "'number', 1000000, 'id', "), inserted),
        (&another.replace("'id', ", "'chain', 99, 'id', "), inserted),
        (&another.replace("'id', ", "'chain', null, 'id', "), inserted),
        (&another.replace("'id', ", "'place', 0, 'id', "), inserted),
        (
            "update audit_chains set seal = sha256('x') where chain = 1",
            "made anew, or some after it in its link: event ",
        ),
        ("update audit_chains set number = number + 1 where chain = 1", "removed: events after 2"),
        ("delete from audit_chains where chain = 1", "inserted: event "),
    ];
    for (statement, expected) in tries {
        tamper(database, &statement.replace("$id", &format!("'{id}'")).replace("$last", &format!("'{last}'"))).await;
        let (code, report) = verify(&gateway, &database.url).await;
        let first = faults(&report).first().copied().unwrap_or_default().to_owned();
        assert!(code == Some(1) && first.starts_with(expected), "{statement}: {report}");
        tamper(
            database,
            "truncate audit_events, audit_chains; insert into audit_events select * from kept;
            insert into audit_chains select * from kept_chains",
        )
        .await;
    }
    let (code, report) = verify(&gateway, &database.url).await;
    assert_eq!((code, faults(&report)), (Some(0), vec![]), "{report}");
}

#[tokio::test]
async fn whoever_serves_may_add_to_the_audit_and_do_nothing_else_to_it() {
    let gateway = Harness::start().await;
    live(&gateway).await;
    let service = Database::at(gateway.database.service_url.clone()).await;
    let partitions = "select inhrelid::regclass::text from pg_inherits where inhparent = 'audit_events'::regclass";
    let mut tables: Vec<String> = sqlx::query_scalar(partitions).fetch_all(&service.pool).await.unwrap();
    assert!(tables.len() >= 4, "{tables:?}");
    tables.push("audit_events".to_owned());
    let mut statements = vec![
        "update audit_chains set number = 0".to_owned(),
        "delete from audit_chains".to_owned(),
        "insert into audit_cuts values ('p', now(), now(), 1, 1, '')".to_owned(),
        "set session_replication_role = replica".to_owned(),
        "set role postgres".to_owned(),
        "create or replace function refuse_audit_change() returns trigger language plpgsql as 'begin return null; end'"
            .to_owned(),
        "create or replace function audit_seal(bytea) returns audit_chains language sql as 'select null::audit_chains'"
            .to_owned(),
    ];
    for table in &tables {
        statements.extend([
            format!("update {table} set subject = 'x'"),
            format!("delete from {table}"),
            format!("truncate {table}"),
            format!("drop table {table}"),
            format!("alter table {table} disable trigger all"),
        ]);
    }
    for statement in statements {
        let refused = sqlx::raw_sql(sqlx::AssertSqlSafe(statement.clone())).execute(&service.pool).await;
        let refused = refused.expect_err(&statement);
        let code = refused.as_database_error().and_then(|error| error.code()).unwrap_or_default().into_owned();
        assert_eq!(code, "42501", "{statement}: {refused}");
    }
    // Nor may their owner, by mistake.
    for statement in ["update audit_events set subject = 'x'", "delete from audit_events", "truncate audit_events"] {
        let refused = sqlx::raw_sql(statement).execute(&gateway.database.pool).await.expect_err(statement);
        assert!(refused.to_string().contains("only ever added to"), "{refused}");
    }
    let (code, report) = verify(&gateway, &gateway.database.url).await;
    assert_eq!((code, faults(&report)), (Some(0), vec![]), "{report}");
}
