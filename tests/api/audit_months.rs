//! Do the audit's months come in time, and go when they are old, with what is left still proved?

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::json;
use time::OffsetDateTime;
use time::macros::datetime;
use upload_gateway::adapters::postgres::audit::{self, AuditEvent};
use upload_gateway::domain::audit_months;
use upload_gateway::model::{Clock, Provenance, Subject};

use crate::audit_proof::{audit, tamper, verify};
use crate::database::Database;
use crate::harness::Harness;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The partition of each event, from the oldest on.
async fn partitions(database: &Database) -> Vec<String> {
    let statement = "select tableoid::regclass::text from audit_events where action <> 'audit.dropped' order by id";
    sqlx::query_scalar(statement).fetch_all(&database.pool).await.expect("names")
}

async fn happen(database: &Database, at: OffsetDateTime) {
    let event = AuditEvent {
        at,
        tenant: None,
        subject: Subject::parse("alice").expect("a subject"),
        action: "upload.granted",
        upload: None,
        provenance: Provenance::of_gateway(at, None),
        detail: json!({"at": at.to_string()}),
    };
    audit::record(&database.pool, &event).await.expect("recorded");
}

#[tokio::test]
async fn an_event_lies_in_its_month_which_was_there_before() {
    let gateway = Harness::with("[reconcile]\ninterval = \"100ms\"\n").await;
    let alice = gateway.token("alice@acme.example");
    let now = Clock::system().now();
    let name = |months: u8| {
        let ahead = i32::from(u8::from(now.month())) - 1 + i32::from(months);
        format!("audit_events_{}_{:02}", now.year() + ahead / 12, ahead % 12 + 1)
    };
    let there = async |name: &str| {
        let statement = "select to_regclass($1) is not null";
        sqlx::query_scalar::<_, bool>(statement).bind(name).fetch_one(&gateway.database.pool).await.expect("an answer")
    };
    assert!(there(&name(1)).await && there(&name(2)).await, "the migration makes two");
    assert!(!there(&name(4)).await);
    // In the middle of the month after the next, whatever day it is.
    let middle = DAY * (15 + 61 - u32::from(now.day()));
    gateway.travel(middle);
    gateway.until("two more are made", async || there(&name(4)).await).await;
    // The token ran out long ago; what has a clock of its own goes on.
    let (database, later) = (&gateway.database, now + middle);
    happen(database, later).await;
    assert_eq!(partitions(database).await, [name(2)]);
    happen(database, datetime!(2099-01-01 0:00 UTC)).await;
    assert_eq!(partitions(database).await, [name(2), "audit_events_other".to_owned()], "no clock loses an event");
    assert_eq!(gateway.get(&alice, "/v1/me").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn months_that_ended_long_ago_are_dropped_and_the_rest_is_still_proved() {
    let gateway = Harness::start().await;
    let database = &gateway.database;
    tamper(database, "alter table audit_events detach partition audit_events_unchained").await;
    sqlx::raw_sql("select audit_prepare('2026-03-15', 9)").execute(&database.pool).await.expect("months");
    // One that comes late is in a month before the last one's.
    let times = [
        datetime!(2026-03-31 23:59:59 UTC),
        datetime!(2026-04-01 0:00 UTC),
        datetime!(2026-04-30 23:59:59.9999 UTC),
        datetime!(2026-05-01 0:00 UTC),
        datetime!(2026-04-30 23:59:59.9 UTC),
        datetime!(2026-06-15 0:00 UTC),
    ];
    for at in times {
        happen(database, at).await;
    }
    let month = |number: u8| format!("audit_events_2026_{number:02}");
    let all = [3, 4, 4, 4, 5, 6].map(month);
    assert_eq!(partitions(database).await, all);
    assert_eq!(verify(&gateway, &database.url).await.0, Some(0));

    let service = Database::at(database.service_url.clone()).await;
    let clock = Clock::new(|| datetime!(2026-06-20 0:00 UTC));
    audit_months::turn(&service.pool, &clock, None).await.expect("a turn");
    assert_eq!(partitions(database).await, all, "for ever, unless otherwise said");
    audit_months::turn(&service.pool, &clock, Some(DAY * 45)).await.expect("a turn");
    assert_eq!(partitions(database).await, [month(5), month(6)], "April ended fifty days ago");
    audit_months::turn(&service.pool, &clock, Some(DAY * 45)).await.expect("a turn");
    assert_eq!(database.count("audit_events where action = 'audit.dropped'").await, 2, "each is on record, once");
    let (code, report) = verify(&gateway, &database.url).await;
    assert_eq!((code, &report["faults"]), (Some(0), &json!([])), "{report}");
    // May's one event came before the last of April's.
    let counts = ["droppedUntil", "events", "edge"].map(|name| report[name].clone());
    assert_eq!(counts, [json!("2026-05-01T00:00:00Z"), json!(4), json!(1)]);
    tamper(database, "update audit_events_2026_05 set subject = 'mallory'").await;
    let (code, report) = verify(&gateway, &database.url).await;
    assert!(code == Some(1) && report["faults"][0].as_str().unwrap().starts_with("changed: "), "{report}");
    tamper(database, "update audit_events_2026_05 set subject = 'alice'").await;

    tamper(database, "delete from audit_events where id = (select id from audit_events where at >= '2026-06-01' order by id limit 1)").await;
    let (code, report) = verify(&gateway, &database.url).await;
    assert!(code == Some(1) && report["faults"][0].as_str().unwrap().starts_with("removed: "), "{report}");
}

#[tokio::test]
async fn nothing_younger_than_thirty_days_is_dropped_whatever_clock_asks() {
    let gateway = Harness::start().await;
    let database = &gateway.database;
    gateway.grant(&gateway.token("alice@acme.example"), 5).await;
    let service = Database::at(database.service_url.clone()).await;
    let clock = Clock::new(|| datetime!(2126-01-01 0:00 UTC));
    audit_months::turn(&service.pool, &clock, Some(DAY * 30)).await.expect("a turn");
    let direct = sqlx::raw_sql("select audit_drop('infinity')").execute(&service.pool).await;
    assert!(direct.is_ok(), "{direct:?}");
    assert_eq!(database.count("audit_events").await, 1);
    assert_eq!(verify(&gateway, &database.url).await.0, Some(0));
}

#[tokio::test]
async fn an_export_holds_what_is_asked_for_and_never_writes_over_a_file() {
    let gateway = Harness::start().await;
    let (alice, gina) = (gateway.token("alice@acme.example"), gateway.token("gina@globex.example"));
    for token in [&alice, &alice, &gina] {
        gateway.grant(token, 5).await;
    }
    let (database, directory) = (&gateway.database, tempfile::tempdir().expect("a directory"));
    let file = directory.path().join("audit.csv");
    let path = file.to_str().expect("a path");
    let lines = |bytes: &[u8]| String::from_utf8_lossy(bytes).lines().map(str::to_owned).collect::<Vec<_>>();

    let printed = audit(&gateway, &database.service_url, &["export", "--tenant", "acme"]).await;
    assert!(printed.status.success() && printed.stderr.is_empty(), "{printed:?}");
    let page = gateway.get(&gateway.token("ada@acme.example"), "/v1/audit").await.body;
    let events: Vec<serde_json::Value> =
        lines(&printed.stdout).iter().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(json!(events), page["items"], "as over HTTP");
    assert_eq!(events.len(), 2);

    let written = audit(&gateway, &database.url, &["export", "--format", "csv", "--output", path]).await;
    assert!(written.status.success() && written.stdout.is_empty(), "{written:?}");
    let rows = lines(&std::fs::read(&file).expect("a file"));
    assert_eq!((rows.len(), rows[0].split(',').count()), (4, 10), "{rows:?}");

    for (arguments, complaint) in [
        (vec!["export", "--output", path], "cannot be made"),
        (vec!["export", "--tenant", "nobody"], "there is no tenant nobody"),
        (vec!["export", "--tenant", "No Slug"], "--tenant"),
        (vec!["export", "--from", "yesterday"], "--from"),
        (vec!["export", "--action", "*"], "--action"),
        (vec!["export", "--format", "xml"], "--format"),
    ] {
        let refused = audit(&gateway, &database.url, &arguments).await;
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && said.contains(complaint), "{arguments:?}: {said}");
    }
    let from = audit(&gateway, &database.url, &["export", "--from", "2099-01-01T00:00:00Z"]).await;
    assert!(from.status.success() && from.stdout.is_empty());
}
