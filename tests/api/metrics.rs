//! Do dashboards find what they ask for, and does what is counted say no more of anybody than it should?

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::json;
use upload_gateway::metrics::Metrics;
use upload_gateway::model::Clock;

use crate::harness::Harness;
use crate::socket;

const HOUR: Duration = Duration::from_secs(3601);

/// Everything that one scrape says, by name and labels.
pub(crate) async fn scrape(gateway: &Harness) -> BTreeMap<String, f64> {
    let (status, text) = gateway.internal("/metrics").await.expect("metrics");
    assert_eq!(status, StatusCode::OK);
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    let parsed = samples.map(|line| line.rsplit_once(' ').expect("a name and a value"));
    parsed.map(|(name, value)| (name.to_owned(), value.parse().expect("a number"))).collect()
}

/// The names of the labels of a series, without the one that a histogram adds.
fn labels(series: &str) -> Vec<&str> {
    let Some((_, labels)) = series.trim_end_matches('}').split_once('{') else { return Vec::new() };
    let names = labels.split("\",").map(|label| label.split_once('=').expect("a label").0);
    names.filter(|name| *name != "le").collect()
}

#[test]
fn the_contract_with_dashboards_changes_only_on_purpose() {
    let metrics = Metrics::new().unwrap();
    let line = |d: &upload_gateway::metrics::Described| {
        format!("{}{{{}}} {}\n    {}\n", d.name, d.labels.join(","), d.kind, d.help)
    };
    let contract: String = metrics.catalogue().iter().map(line).collect();
    insta::assert_snapshot!("contract", contract);
}

#[tokio::test]
async fn whatever_is_scraped_is_in_the_catalogue_with_those_labels() {
    let gateway = Harness::with_events("").await;
    let alice = gateway.token("alice@acme.example");
    let grant = gateway.grant(&alice, 5).await;
    gateway.put(&grant, "hello", |put| put).await;
    gateway.until("S3 told", async || gateway.metric("uploads_total{status=\"completed\"}").await == 1.0).await;
    let catalogue = Metrics::new().unwrap().catalogue().to_vec();
    let scraped = scrape(&gateway).await;
    for series in scraped.keys() {
        let name = series.split('{').next().unwrap();
        let described = catalogue.iter().find(|described| {
            let rest = name.strip_prefix(described.name.as_str());
            rest == Some("") || (described.kind == "histogram" && matches!(rest, Some("_bucket" | "_sum" | "_count")))
        });
        let described = described.unwrap_or_else(|| panic!("{series} is in no catalogue"));
        let mut expected: Vec<&str> = described.labels.iter().map(String::as_str).collect();
        expected.sort_unstable();
        assert_eq!(labels(series), expected, "{series}");
    }
    assert!(scraped.len() > 150, "{}", scraped.len());
}

#[tokio::test]
async fn the_version_and_the_process_are_told_of() {
    let before = Clock::system().now().unix_timestamp() as f64;
    let gateway = Harness::start().await;
    let scraped = scrape(&gateway).await;
    assert_eq!(scraped[&format!("upload_gateway_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"))], 1.0);
    assert!(scraped["process_cpu_seconds_total"] > 0.0);
    assert!(scraped["process_resident_memory_bytes"] > 1e6);
    assert!((3.0..=scraped["process_max_fds"]).contains(&scraped["process_open_fds"]));
    assert!(scraped["process_threads"] >= 2.0);
    // Whatever runs the tests has run for less than a day.
    let started = scraped["process_start_time_seconds"];
    assert!((before - 86_400.0..=before + 1.0).contains(&started), "{started} and not {before}");
    let busy = async || scrape(&gateway).await["process_cpu_seconds_total"] > scraped["process_cpu_seconds_total"];
    gateway.until("being asked takes time", busy).await;
}

#[tokio::test]
async fn a_request_is_in_flight_until_it_is_answered_or_given_up() {
    let gateway = Harness::start().await;
    let in_flight = async || gateway.metric("requests_in_flight").await;
    gateway.until("only the scrape is served", async || in_flight().await == 1.0).await;
    let alice = gateway.token("alice@acme.example");
    let head = format!(
        "POST /v1/uploads HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer {alice}\r\n\
         content-type: application/json\r\ncontent-length: 2\r\n\r\n"
    );
    let (mut answered, given_up) =
        (socket::write(&gateway.public_url, &head).await, socket::write(&gateway.public_url, &head).await);
    gateway.until("two wait for their bodies", async || in_flight().await == 3.0).await;
    tokio::io::AsyncWriteExt::write_all(&mut answered, b"{}").await.unwrap();
    assert!(socket::head(&mut answered).await.starts_with("HTTP/1.1 422"));
    gateway.until("one is answered", async || in_flight().await == 2.0).await;
    drop(given_up);
    gateway.until("the other is gone", async || in_flight().await == 1.0).await;
}

#[tokio::test]
async fn a_tenant_is_counted_by_itself_and_those_beyond_the_cap_together() {
    let gateway = Harness::with("[metrics]\ntenants = 1\n").await;
    let (alice, gina) = (gateway.token("alice@acme.example"), gateway.token("gina@globex.example"));
    let grant = gateway.grant(&alice, 5).await;
    gateway.put(&grant, "hello", |put| put).await;
    let complete = format!("/v1/uploads/{}/complete", grant["id"].as_str().unwrap());
    gateway.post(&alice, &complete, json!({})).await;
    // A refusal counts as well, once it is known whose; without a known caller nothing does.
    assert_eq!(gateway.get(&alice, "/v1/uploads/x").await.status, StatusCode::NOT_FOUND);
    gateway.grant(&gina, 7).await;
    gateway.send(gateway.request(Method::GET, "/v1/me")).await;
    gateway.get(&gateway.token("admin@platform.example"), "/v1/admin/tenants").await;

    let scraped = scrape(&gateway).await;
    let of_tenants = scraped.iter().filter(|(name, value)| name.contains("tenant=") && **value > 0.0);
    let of_tenants: Vec<(&str, f64)> = of_tenants.map(|(name, value)| (name.as_str(), *value)).collect();
    let expected = [
        ("upload_gateway_tenant_requests_total{tenant=\"acme\"}", 3.0),
        ("upload_gateway_tenant_requests_total{tenant=\"other\"}", 1.0),
        ("upload_gateway_tenant_upload_bytes_total{tenant=\"acme\"}", 5.0),
        ("upload_gateway_tenant_uploads_total{status=\"completed\",tenant=\"acme\"}", 1.0),
        ("upload_gateway_tenant_uploads_total{status=\"pending\",tenant=\"acme\"}", 1.0),
        ("upload_gateway_tenant_uploads_total{status=\"pending\",tenant=\"other\"}", 1.0),
    ];
    assert_eq!(of_tenants, expected);

    gateway.travel(HOUR);
    assert!(!scrape(&gateway).await.keys().any(|name| name.contains("acme")), "an idle tenant makes room");
    // The token of before is at its end by now.
    let gina = gateway.token("gina@globex.example");
    assert_eq!(gateway.get(&gina, "/v1/me").await.status, StatusCode::OK);
    let scraped = scrape(&gateway).await;
    assert_eq!(scraped["upload_gateway_tenant_requests_total{tenant=\"globex\"}"], 1.0);
    assert_eq!(scraped["upload_gateway_tenant_requests_total{tenant=\"other\"}"], 1.0);
}
