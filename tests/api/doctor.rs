//! Does the doctor see what is wrong, name it, and say what to do?

use serde_json::Value;
use upload_gateway::app;
use upload_gateway::config::Config;
use upload_gateway::doctor::{Finding, Outcome, Report};
use upload_gateway::model::Clock;
use upload_gateway::sandbox::aws::{CorsRule, Fault};
use upload_gateway::sandbox::cognito;

use crate::harness::{Harness, PAGE};
use crate::{own_process, store};

const SIGNABLE: [&str; 5] =
    ["content-type", "if-none-match", "x-amz-checksum-crc32c", "x-amz-checksum-crc64nvme", "x-amz-checksum-sha256"];

pub(crate) fn config(gateway: &Harness, further: &str) -> Config {
    let mut config = gateway.neighbours().configuration((0, 0), further).unwrap();
    config.server.allowed_origins = vec![PAGE.to_owned()];
    config.auth.pools.iter_mut().for_each(|pool| pool.hosted_ui = None);
    config
}

pub(crate) async fn examine(gateway: &Harness, further: &str) -> Report {
    Box::pin(app::examine(&config(gateway, further), Clock::system())).await.unwrap()
}

/// What was found of one thing.
pub(crate) fn of<'a>(report: &'a Report, check: &str) -> Vec<&'a Finding> {
    report.0.iter().filter(|finding| finding.check == check).collect()
}

/// The lines of what failed.
pub(crate) fn failed(report: &Report) -> Vec<&str> {
    report.0.iter().filter(|one| one.outcome == Outcome::Failed).map(|one| one.seen.as_str()).collect()
}

/// The rule that everything works under.
pub(crate) fn rule() -> CorsRule {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    CorsRule {
        origins: texts(&[PAGE]),
        methods: texts(&["GET", "PUT", "POST", "DELETE"]),
        headers: texts(&SIGNABLE),
        exposed: texts(&["ETag", "Location"]),
    }
}

/// The names of what is looked at, in order.
const CHECKS: [&str; 20] = [
    "configuration",
    "database",
    "audit",
    "clock",
    "identity",
    "signing keys",
    "user pool",
    "app client",
    "upload role",
    "session length",
    "bucket",
    "tenants apart",
    "public access",
    "object ownership",
    "encryption",
    "versioning",
    "lifecycle",
    "TLS alone",
    "event delivery",
    "bucket CORS",
];

/// The checks of a report, each once.
fn checks(report: &Report) -> Vec<&str> {
    let mut checks: Vec<&str> = Vec::new();
    for finding in &report.0 {
        if !checks.contains(&finding.check) {
            checks.push(finding.check);
        }
    }
    checks
}

#[tokio::test]
async fn where_all_is_well_every_check_says_so() {
    let gateway = Harness::with_events("").await;
    for rules in [None, Some(rule())] {
        if let Some(rule) = rules {
            gateway.neighbours().aws.set_cors(&[rule]);
        }
        let report = examine(&gateway, "").await;
        assert!(report.0.iter().all(|finding| finding.outcome == Outcome::Ok), "{report}");
        assert!(report.0.iter().all(|finding| finding.advice.is_none()));
        assert_eq!(checks(&report), CHECKS);
        assert_eq!(
            of(&report, "bucket CORS")[0].seen,
            format!("{PAGE}: PUT, form, parts, download, Uppy signRequest will work")
        );
    }
    assert_eq!(gateway.database.count("uploads").await, 0, "it changed nothing");
    assert_eq!(gateway.neighbours().aws.unfinished_uploads().await, 0);
    assert_eq!(store::keys(&gateway).await, Vec::<String>::new(), "nothing is written where the walls stand");
    let calls = gateway.neighbours().aws.assume_role_history();
    let call = calls.iter().find(|call| call.policy.is_some()).unwrap();
    assert_eq!(call.tags, [("customerName".to_owned(), "upload-gateway-doctor".to_owned())]);
    assert!(call.policy.clone().unwrap().contains("upload-gateway-doctor/*"));
}

#[tokio::test]
async fn each_dependency_that_is_away_is_named_and_the_others_are_looked_at_all_the_same() {
    let gateway = Harness::with_events("").await;
    let neighbours = gateway.neighbours();
    neighbours.cognito.set_fault(cognito::Fault::Unavailable);
    neighbours.aws.set_sts_fault(Fault::Unavailable);
    let report = examine(&gateway, "").await;
    let bad = Outcome::Failed;
    let outcomes = |check: &str| of(&report, check).iter().map(|one| one.outcome).collect::<Vec<_>>();
    for (check, outcome) in
        [("identity", bad), ("signing keys", bad), ("upload role", bad), ("tenants apart", Outcome::Unknown)]
    {
        assert_eq!(outcomes(check), [outcome], "{check}: {report}");
    }
    for check in ["configuration", "database", "public access", "user pool", "event delivery", "bucket CORS"] {
        assert!(outcomes(check).iter().all(|outcome| *outcome == Outcome::Ok), "{check}: {report}");
    }
    assert!(report.0.iter().all(|one| one.outcome == Outcome::Ok || one.advice.is_some()));

    neighbours.aws.set_sts_fault(Fault::None);
    neighbours.aws.set_s3_fault(Fault::Unavailable);
    let report = examine(&gateway, "").await;
    assert_eq!(of(&report, "upload role")[0].outcome, Outcome::Ok);
    assert_eq!(of(&report, "bucket")[0].outcome, bad);
    assert!(of(&report, "tenants apart").iter().all(|one| one.outcome == Outcome::Unknown), "{report}");
    assert_eq!(of(&report, "public access")[0].outcome, Outcome::Unknown);

    neighbours.aws.set_s3_fault(Fault::None);
    let mut config = config(&gateway, "");
    config.database.url = "postgres://nobody@127.0.0.1:1/none".into();
    config.database.connect_timeout = std::time::Duration::from_millis(300);
    let report = Box::pin(app::examine(&config, Clock::system())).await.unwrap();
    assert_eq!(of(&report, "database")[0].outcome, bad, "{report}");
}

#[tokio::test]
async fn a_database_of_another_shape_is_told_apart() {
    let gateway = Harness::start().await;
    let run = async |statement: &'static str| {
        sqlx::query(statement).execute(&gateway.database.pool).await.unwrap();
        let report = examine(&gateway, "").await;
        (of(&report, "database")[0].outcome, of(&report, "database")[0].seen.clone())
    };
    let newer = run("insert into _sqlx_migrations (version, description, success, checksum, execution_time)
                     values (99990101000000, 'later', true, '\\x00', 0)");
    assert_eq!(newer.await, (Outcome::Warning, "1 migrations are in that this version does not know".to_owned()));
    let older = run("delete from _sqlx_migrations where version in (20261121000003, 99990101000000)");
    assert_eq!(older.await, (Outcome::Failed, "1 migrations of this version are not in".to_owned()));
    let changed = run("update _sqlx_migrations set checksum = '\\x01' where version = 20261121000001");
    assert_eq!(changed.await, (Outcome::Failed, "migration 20261121000001 is not the one that was run".to_owned()));
    let empty = run("drop table _sqlx_migrations").await;
    assert_eq!(empty.0, Outcome::Failed);
    assert!(empty.1.ends_with("migrations of this version are not in"), "{}", empty.1);
}

#[tokio::test]
async fn the_command_prints_it_and_fails_when_something_does() {
    let gateway = Harness::with_events("").await;
    let neighbours = gateway.neighbours();
    let (_, secret) = neighbours.aws.gateway_credentials();
    let further =
        format!("[server]\nallowed_origins = [\"{PAGE}\"]\n[events]\nqueue_url = \"{}\"\n", neighbours.aws.queue_url());
    // As who serves, not as the owner of the tables.
    let text =
        own_process::configuration(&gateway, &further).replace(&gateway.database.url, &gateway.database.service_url);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("gateway.toml");
    std::fs::write(&file, text).unwrap();
    let doctor = async |arguments: &[&str]| {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_upload-gateway"));
        let output = command.arg("doctor").args(arguments).arg("--config").arg(&file).output().await.unwrap();
        let [printed, said] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
        assert!(
            !said.contains(secret) && !printed.contains(secret) && !printed.contains(&gateway.database.service_url),
            "no secret"
        );
        (output.status.code(), printed)
    };
    let json = async || {
        let (code, printed) = doctor(&["--json"]).await;
        (code, serde_json::from_str::<Value>(&printed).unwrap_or_else(|error| panic!("{error}: {printed}")))
    };
    let (code, printed) = doctor(&[]).await;
    assert_eq!(code, Some(0), "{printed}");
    assert!(printed.lines().all(|line| line.starts_with("ok       ")), "{printed}");
    let column = |line: &str| line.find("every setting is within").or_else(|| line.find("Postgres answers"));
    let columns: Vec<_> = printed.lines().filter_map(column).collect();
    assert!(matches!(columns[..], [first, second] if first == second), "the columns are aligned: {printed}");

    let (code, report) = json().await;
    assert_eq!((code, &report["healthy"]), (Some(0), &Value::Bool(true)));
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(findings.len(), printed.lines().count());
    assert_eq!(report.as_object().unwrap().len(), 2);
    let first = serde_json::json!({
        "check": "configuration", "outcome": "ok", "seen": "every setting is within its bounds", "advice": null,
    });
    assert_eq!(findings[0], first);

    neighbours.aws.set_cors(&[]);
    neighbours.aws.change_queue(|queue| queue.has_dead_letters = false);
    neighbours.aws.set_gateway_policy(WITHOUT_BUCKET).unwrap();
    let (code, printed) = doctor(&[]).await;
    assert_eq!(code, Some(1), "{printed}");
    assert!(printed.contains("failed   bucket CORS") && printed.contains("\"CORSRules\""), "{printed}");
    let (code, report) = json().await;
    assert_eq!((code, &report["healthy"]), (Some(1), &Value::Bool(false)), "the report is printed all the same");
    let outcome = |check: &str| {
        let of_check = report["findings"].as_array().unwrap().iter().filter(|finding| finding["check"] == check);
        of_check.map(|finding| finding["outcome"].as_str().unwrap()).find(|outcome| *outcome != "ok")
    };
    assert_eq!(outcome("event delivery"), Some("warning"));
    assert_eq!(outcome("public access"), Some("unknown"));
    assert_eq!(outcome("bucket CORS"), Some("failed"));

    std::fs::write(&file, "[server]\npublic_address = 7\n").unwrap();
    assert_eq!(doctor(&[]).await, (Some(1), String::new()));
    let (code, report) = json().await;
    assert_eq!((code, &report["healthy"]), (Some(1), &Value::Bool(false)));
    let finding = &report["findings"][0];
    assert_eq!((&finding["check"], &finding["outcome"]), (&"configuration".into(), &"failed".into()));
    assert!(finding["seen"].as_str().unwrap().starts_with("server.public_address: "), "{finding}");
}

/// What the gateway's own key may do where nobody thought of the doctor's looks at the bucket, save that of its notifications.
const WITHOUT_BUCKET: &str = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action":
    ["sqs:*", "s3:GetBucketNotification", "cognito-idp:*"], "Resource": "*"}}"#;
