//! Does the doctor see what is wrong, name it, and say what to do?

use upload_gateway::app;
use upload_gateway::config::Config;
use upload_gateway::doctor::{Finding, Outcome, Report};
use upload_gateway::model::Clock;
use upload_gateway::sandbox::aws::{CorsRule, Fault};
use upload_gateway::sandbox::cognito;

use crate::harness::{Harness, PAGE};

const SIGNABLE: [&str; 5] =
    ["content-type", "if-none-match", "x-amz-checksum-crc32c", "x-amz-checksum-crc64nvme", "x-amz-checksum-sha256"];

fn config(gateway: &Harness, further: &str) -> Config {
    let mut config = gateway.neighbours().configuration((0, 0), further).unwrap();
    config.server.allowed_origins = vec![PAGE.to_owned()];
    config.auth.pools.iter_mut().for_each(|pool| pool.hosted_ui = None);
    config
}

async fn examine(gateway: &Harness, further: &str) -> Report {
    Box::pin(app::examine(&config(gateway, further), Clock::system())).await.unwrap()
}

/// What was found of one thing.
fn of<'a>(report: &'a Report, check: &str) -> Vec<&'a Finding> {
    report.0.iter().filter(|finding| finding.check == check).collect()
}

/// The lines of what failed.
fn failed(report: &Report) -> Vec<&str> {
    report.0.iter().filter(|one| one.outcome == Outcome::Failed).map(|one| one.seen.as_str()).collect()
}

/// The rule that everything works under.
fn rule() -> CorsRule {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    CorsRule {
        origins: texts(&[PAGE]),
        methods: texts(&["GET", "PUT", "POST", "DELETE"]),
        headers: texts(&SIGNABLE),
        exposed: texts(&["ETag", "Location"]),
    }
}

#[tokio::test]
async fn where_all_is_well_every_check_says_so() {
    let gateway = Harness::start().await;
    for rules in [None, Some(rule())] {
        if let Some(rule) = rules {
            gateway.neighbours().aws.set_cors(&[rule]);
        }
        let report = examine(&gateway, "").await;
        assert!(report.0.iter().all(|finding| finding.outcome == Outcome::Ok), "{report}");
        let checks: Vec<_> = report.0.iter().map(|finding| finding.check).collect();
        assert_eq!(checks, ["configuration", "database", "signing keys", "upload role", "bucket", "bucket CORS"]);
        assert_eq!(
            of(&report, "bucket CORS")[0].seen,
            format!("{PAGE}: PUT, form, parts, download, Uppy signRequest will work")
        );
    }
    assert_eq!(gateway.database.count("uploads").await, 0, "it changed nothing");
    assert_eq!(gateway.neighbours().aws.unfinished_uploads().await, 0);
    let call = gateway.neighbours().aws.assume_role_history().pop().unwrap();
    assert_eq!(call.tags, [("customerName".to_owned(), "upload-gateway-doctor".to_owned())]);
    assert!(call.policy.unwrap().contains("upload-gateway-doctor/*"));
}

#[tokio::test]
async fn what_the_buckets_cors_rules_lack_is_named_for_each_kind_of_client() {
    let gateway = Harness::start().await;
    let without =
        |list: &[String], name: &str| -> Vec<String> { list.iter().filter(|one| *one != name).cloned().collect() };
    let whole = rule();
    let table: Vec<(CorsRule, Vec<&str>)> = vec![
        (
            CorsRule { headers: without(&whole.headers, "x-amz-checksum-sha256"), ..whole.clone() },
            vec!["PUT will not work: the bucket does not allow the header x-amz-checksum-sha256"],
        ),
        (
            CorsRule { headers: without(&whole.headers, "if-none-match"), ..whole.clone() },
            vec![
                "PUT will not work: the bucket does not allow the header if-none-match",
                "Uppy signRequest will not work: the bucket does not allow the header if-none-match",
            ],
        ),
        (
            CorsRule { exposed: without(&whole.exposed, "Location"), ..whole.clone() },
            vec![
                "form will not work: the bucket does not expose location",
                "Uppy signRequest will not work: the bucket does not expose location",
            ],
        ),
        (
            CorsRule { exposed: without(&whole.exposed, "ETag"), ..whole.clone() },
            vec![
                "PUT will not work: the bucket does not expose etag",
                "form will not work: the bucket does not expose etag",
                "parts will not work: the bucket does not expose etag",
                "Uppy signRequest will not work: the bucket does not expose etag",
            ],
        ),
        (
            CorsRule { methods: without(&whole.methods, "DELETE"), ..whole.clone() },
            vec!["Uppy signRequest will not work: the bucket does not allow DELETE from there"],
        ),
        (
            CorsRule { methods: without(&whole.methods, "POST"), ..whole.clone() },
            vec![
                "form will not work: the bucket does not allow POST from there",
                "Uppy signRequest will not work: the bucket does not allow POST from there",
            ],
        ),
        (
            CorsRule { origins: vec!["https://other.example".to_owned()], ..whole.clone() },
            vec![
                "PUT will not work: the bucket does not allow PUT from there",
                "form will not work: the bucket does not allow POST from there",
                "parts will not work: the bucket does not allow PUT from there",
                "download will not work: the bucket does not allow GET from there",
                "Uppy signRequest will not work: the bucket does not allow DELETE from there, allow GET from there, allow POST from there, allow PUT from there",
            ],
        ),
        (
            CorsRule { origins: vec!["https://*.example".to_owned()], headers: vec!["*".to_owned()], ..whole.clone() },
            vec![],
        ),
    ];
    for (rule, lacks) in table {
        gateway.neighbours().aws.set_cors(std::slice::from_ref(&rule));
        let report = examine(&gateway, "").await;
        let expected: Vec<String> = lacks.iter().map(|line| format!("{PAGE}: {line}")).collect();
        assert_eq!(failed(&report), expected, "{rule:?}");
        assert_eq!(report.is_healthy(), lacks.is_empty());
        if !lacks.is_empty() {
            let advice = of(&report, "bucket CORS").last().unwrap().advice.clone().unwrap();
            for needed in [PAGE, "\"DELETE\"", "x-amz-checksum-sha256", "Location", "put-bucket-cors --bucket uploads"]
            {
                assert!(advice.contains(needed), "{needed}: {advice}");
            }
        }
    }
}

#[tokio::test]
async fn a_bucket_with_a_kms_key_needs_two_headers_more() {
    let gateway = Harness::start().await;
    gateway.neighbours().aws.set_cors(&[rule()]);
    let report = examine(&gateway, "kms_key_arn = \"arn:aws:kms:eu-central-1:000000000000:key/a\"").await;
    let expected = "PUT will not work: the bucket does not allow the header x-amz-server-side-encryption, allow the header x-amz-server-side-encryption-aws-kms-key-id";
    assert_eq!(failed(&report), [format!("{PAGE}: {expected}")]);
}

/// The advice, followed to the letter, cures; and Terraform's rule is the same.
#[tokio::test]
async fn the_rule_that_it_prints_is_the_one_that_works_and_terraforms_own() {
    let gateway = Harness::start().await;
    gateway.neighbours().aws.set_cors(&[]);
    let report = examine(&gateway, "").await;
    let advice = of(&report, "bucket CORS").last().unwrap().advice.clone().unwrap();
    let (_, json) = advice.split_once('\n').unwrap();
    let printed: serde_json::Value = serde_json::from_str(json).unwrap();
    let printed = &printed["CORSRules"][0];
    let texts = |name: &str| -> Vec<String> {
        printed[name].as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
    };
    let rule = CorsRule {
        origins: texts("AllowedOrigins"),
        methods: texts("AllowedMethods"),
        headers: texts("AllowedHeaders"),
        exposed: texts("ExposeHeaders"),
    };
    gateway.neighbours().aws.set_cors(std::slice::from_ref(&rule));
    for further in ["", "kms_key_arn = \"arn:aws:kms:eu-central-1:000000000000:key/a\""] {
        assert!(examine(&gateway, further).await.is_healthy());
    }
    let terraform = include_str!("../../tf/bucket_cors.tf");
    let list = |name: &str| -> Vec<&str> {
        let list = terraform.split(&format!("{name} ")).nth(1).and_then(|rest| rest.split(']').next()).unwrap();
        list.split('"').skip(1).step_by(2).collect()
    };
    assert_eq!(list("allowed_methods"), rule.methods);
    assert_eq!(list("allowed_headers"), rule.headers);
    assert_eq!(list("expose_headers"), rule.exposed);
    assert!(terraform.contains(&format!("max_age_seconds = {}", printed["MaxAgeSeconds"])));
}

#[tokio::test]
async fn each_dependency_that_is_away_is_named_and_the_others_are_looked_at_all_the_same() {
    let gateway = Harness::start().await;
    let neighbours = gateway.neighbours();
    neighbours.cognito.set_fault(cognito::Fault::Unavailable);
    neighbours.aws.set_sts_fault(Fault::Unavailable);
    let report = examine(&gateway, "").await;
    let outcomes: Vec<_> = report.0.iter().map(|one| (one.check, one.outcome)).collect();
    let (ok, bad) = (Outcome::Ok, Outcome::Failed);
    assert_eq!(
        outcomes,
        [("configuration", ok), ("database", ok), ("signing keys", bad), ("upload role", bad), ("bucket CORS", ok)]
    );
    assert!(report.0.iter().all(|one| one.outcome == ok || one.advice.is_some()));

    neighbours.aws.set_sts_fault(Fault::None);
    neighbours.aws.set_s3_fault(Fault::Unavailable);
    let report = examine(&gateway, "").await;
    assert_eq!(of(&report, "upload role")[0].outcome, ok);
    assert_eq!(of(&report, "bucket")[0].outcome, bad);

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
    let gateway = Harness::start().await;
    let neighbours = gateway.neighbours();
    let (key_id, secret) = neighbours.aws.gateway_credentials();
    let text = format!(
        "[server]\nallowed_origins = [\"{PAGE}\"]\n[database]\nurl = \"{}\"\n\
         [[auth.pools]]\nissuer = \"{}\"\nclient_ids = [\"{}\"]\njwks_url = \"{}\"\n\
         [aws]\nregion = \"eu-central-1\"\nendpoint_url = \"{}\"\nforce_path_style = true\n\
         access_key_id = \"{key_id}\"\nsecret_access_key = \"{secret}\"\n\
         [upload]\nbucket = \"uploads\"\nrole_arn = \"{}\"\n",
        gateway.database.url,
        neighbours.cognito.issuer(),
        neighbours.cognito.client_id(),
        neighbours.cognito.jwks_url(),
        neighbours.aws.url(),
        neighbours.aws.role_arn(),
    );
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("gateway.toml");
    std::fs::write(&file, text).unwrap();
    let doctor = async || {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_upload-gateway"));
        let output = command.arg("doctor").arg("--config").arg(&file).output().await.unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, printed) = doctor().await;
    assert_eq!(code, Some(0), "{printed}");
    assert_eq!(printed.lines().count(), 6, "{printed}");
    assert!(printed.lines().all(|line| line.starts_with("ok ")), "{printed}");
    assert!(!printed.contains(secret) && !printed.contains(&gateway.database.url), "no secret is printed");

    neighbours.aws.set_cors(&[]);
    let (code, printed) = doctor().await;
    assert_eq!(code, Some(1), "{printed}");
    assert!(printed.contains("failed   bucket CORS") && printed.contains("\"CORSRules\""), "{printed}");

    std::fs::write(&file, "[server]\npublic_address = 7\n").unwrap();
    assert_eq!(doctor().await.0, Some(1));
}

#[tokio::test]
async fn the_portals_own_pages_send_files_to_the_bucket_too() {
    let gateway = Harness::start().await;
    gateway.neighbours().aws.set_cors(&[rule()]);
    let mut config = config(&gateway, "");
    config.server.public_url = Some("https://uploads.example.com".to_owned());
    config.auth.pools[0].hosted_ui = Some("https://login.example.com".to_owned());
    let report = Box::pin(app::examine(&config, Clock::system())).await.unwrap();
    let of_portal: Vec<_> =
        failed(&report).into_iter().filter(|line| line.starts_with("https://uploads.example.com: ")).collect();
    assert_eq!(of_portal.len(), 5, "every kind of client: {report}");
    let portal = CorsRule { origins: vec!["https://uploads.example.com".to_owned()], ..rule() };
    gateway.neighbours().aws.set_cors(&[rule(), portal]);
    let report = Box::pin(app::examine(&config, Clock::system())).await.unwrap();
    assert!(report.is_healthy(), "{report}");
}
