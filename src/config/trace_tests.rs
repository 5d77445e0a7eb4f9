//! Within which bounds are the settings of traces taken?

use super::Config;
use super::tests::{GOOD, faults};

#[test]
fn spans_go_below_the_collectors_address_or_nowhere() {
    let with = |further: &str| Config::from_toml(&format!("{GOOD}[trace]\n{further}"));
    let url = |endpoint: &str| {
        with(&format!("otlp_endpoint = \"{endpoint}\"")).unwrap().trace.traces_url().unwrap().to_string()
    };
    assert!(Config::from_toml(GOOD).unwrap().trace.traces_url().is_none());
    for endpoint in ["http://collector:4318", "http://collector:4318/"] {
        assert_eq!(url(endpoint), "http://collector:4318/v1/traces");
    }
    assert_eq!(url("https://collector.example/otlp/"), "https://collector.example/otlp/v1/traces");
    for wrong in
        ["", "collector:4318", "grpc://c", "http://u:p@c", "http://u@c", "http://:p@c", "http://c/?k=v", "http://c/#f"]
    {
        assert_eq!(faults(&format!("{GOOD}[trace]\notlp_endpoint = \"{wrong}\"")), ["trace.otlp_endpoint"], "{wrong}");
    }
    for (setting, wrong) in [
        ("sample_ratio", "1.01"),
        ("sample_ratio", "-0.1"),
        ("sample_ratio", "nan"),
        ("service_name", "\"\""),
        ("service_name", "\"a b\""),
    ] {
        assert_eq!(faults(&format!("{GOOD}[trace]\n{setting} = {wrong}")), [format!("trace.{setting}")], "{wrong}");
    }
    let long = "n".repeat(129);
    assert_eq!(faults(&format!("{GOOD}[trace]\nservice_name = \"{long}\"")), ["trace.service_name"]);
    assert_eq!(with("sample_ratio = 0.25").unwrap().trace.sample_ratio.to_string(), "0.25");
}
