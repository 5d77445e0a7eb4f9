//! Do `tf/` and the gateway mean the same? `tf/tests` holds the module's outputs to the files that are read here.

use std::collections::BTreeSet;
use std::process::Command;

use upload_gateway::app;
use upload_gateway::config::{Config, DatabasePassword};
use upload_gateway::model::Slug;

const SERVICE: &str = include_str!("../terraform/service.toml");
const SERVICE_VARIABLES: &str = include_str!("../terraform/service.env");
/// What has no default; all else here is the default.
const LEAST: &str = "database = { url = 'postgres://x' }\naws = { region = 'eu-central-1' }\n\
                     auth = { pools = [{ issuer = 'https://i.example', client_ids = ['c'] }] }\n\
                     upload = { bucket = 'uploads', role_arn = 'arn:aws:iam::123456789012:role/x' }";
const OWN_COMPUTE: &str = include_str!("../terraform/own_compute.toml");

#[test]
fn the_file_of_the_service_says_all_that_the_gateway_needs() {
    let config = Config::from_toml(SERVICE).unwrap();
    let defaults = Config::from_toml(LEAST).unwrap();
    assert_eq!(config.auth.tenant_claim, defaults.auth.tenant_claim);
    assert_eq!(config.upload.url_expiry, defaults.upload.url_expiry, "the bucket refuses older URLs");
    assert_eq!(config.upload.session_duration, defaults.upload.session_duration, "the role's sessions last as long");
    assert!(matches!(config.database.password, DatabasePassword::Secret { .. }));
    assert_eq!(config.server.allowed_origins, ["https://partner.example", "https://other.example:8443"]);
    let pool = &config.auth.pools[0];
    assert_eq!(pool.client_ids.len(), 2);
    assert_eq!((&pool.hosted_ui_client_id, &pool.native_client_id), (&pool.client_ids[0], &pool.client_ids[1]));
}

#[test]
fn the_file_for_own_compute_lacks_the_database_alone() {
    let faults = Config::from_toml(OWN_COMPUTE).unwrap_err();
    assert_eq!(faults.0.iter().map(|fault| fault.setting.as_str()).collect::<Vec<_>>(), ["database.url"]);
}

#[test]
fn the_variables_of_the_services_task_are_a_whole_configuration() {
    let variables = SERVICE_VARIABLES.lines().map(|line| line.split_once('=').unwrap());
    let mut command = Command::new(env!("CARGO_BIN_EXE_upload-gateway"));
    let answer = command.arg("check-config").env_clear().envs(variables).output().unwrap();
    assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
}

#[test]
fn the_upload_role_allows_what_sessions_are_cut_down_to_and_nothing_more() {
    let config = Config::from_toml(SERVICE).unwrap();
    let session: serde_json::Value =
        serde_json::from_str(&app::session_policy(&config, &Slug::parse("acme").unwrap())).unwrap();
    let asked = session["Statement"].as_array().unwrap().iter().flat_map(|statement| {
        let action = &statement["Action"];
        action.as_array().cloned().unwrap_or_else(|| vec![action.clone()])
    });
    let asked: BTreeSet<String> = asked.map(|action| action.as_str().unwrap().to_owned()).collect();
    let role = include_str!("../../tf/upload_role.tf");
    let quoted = role.split('"').skip(1).step_by(2);
    let is_action = |text: &&str| text.starts_with("s3:") || text.starts_with("kms:");
    let is_key = |text: &&str| matches!(*text, "s3:prefix" | "kms:ViaService");
    let given: BTreeSet<String> = quoted.filter(is_action).filter(|text| !is_key(text)).map(str::to_owned).collect();
    assert_eq!(given, asked);
}
