//! Does the contract say all of it, and does a change of it show?

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Map, Value};

use crate::harness::Harness;

fn document() -> Value {
    serde_json::to_value(upload_gateway::http::openapi::document()).unwrap()
}

/// Each operation with its name, `METHOD /path`.
fn operations(document: &Value) -> Vec<(String, &Map<String, Value>)> {
    const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];
    let items = document["paths"].as_object().unwrap().iter();
    let of_item = |(path, item)| {
        let operations = METHODS.into_iter().filter_map(|method: &str| {
            let item: &Value = item;
            let path: &String = path;
            Some((format!("{} {path}", method.to_uppercase()), item[method].as_object()?))
        });
        operations.collect::<Vec<_>>()
    };
    items.flat_map(of_item).collect()
}

/// Follows a reference into the document.
pub(crate) fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).expect("a reference leads somewhere"),
        None => value,
    }
}

/// Regenerate it with `INSTA_UPDATE=always cargo test --test api openapi`, and read the difference: clients live by it.
#[test]
fn a_change_of_the_contract_is_seen_in_review() {
    insta::assert_json_snapshot!("contract", document(), { ".info.version" => "[version]" });
}

#[tokio::test]
async fn the_command_and_the_service_give_the_same_text() {
    let gateway = Harness::start().await;
    let served = gateway.request(Method::GET, "/openapi.json").send().await.unwrap();
    assert_eq!(served.headers()["content-type"], "application/json");
    let printed = std::process::Command::new(env!("CARGO_BIN_EXE_upload-gateway")).arg("openapi").output().unwrap();
    assert_eq!(served.text().await.unwrap(), String::from_utf8(printed.stdout).unwrap());
}

#[test]
fn every_refusal_names_its_problems_and_shows_each() {
    let document = document();
    let mut named = BTreeSet::new();
    for (name, operation) in operations(&document) {
        for (status, response) in operation["responses"].as_object().unwrap() {
            if !status.starts_with(['4', '5']) {
                continue;
            }
            let content = &resolved(&document, response)["content"]["application/problem+json"];
            let types = content.pointer("/schema/allOf/1/properties/type/enum").and_then(Value::as_array);
            let types = types.unwrap_or_else(|| panic!("{name} does not name the problems of its {status}"));
            let shown: BTreeSet<_> = content["examples"]
                .as_object()
                .unwrap()
                .values()
                .map(|e| &e["value"]["type"])
                .map(Value::to_string)
                .collect();
            assert_eq!(shown, types.iter().map(Value::to_string).collect(), "{name} {status}");
            for example in content["examples"].as_object().unwrap().values() {
                assert_eq!(example["value"]["status"].to_string(), *status, "{name}");
            }
            named.extend(types.iter().map(|kind| kind.as_str().unwrap().trim_start_matches("/problems/").to_owned()));
        }
        assert!(operation["responses"]["405"].is_object(), "{name}");
        assert!(!operation.contains_key("x-problems"), "{name} has problems that are in no catalogue");
    }
    let catalogue = document.pointer("/components/schemas/Problem/properties/type/enum").unwrap().as_array().unwrap();
    let catalogue: BTreeSet<_> =
        catalogue.iter().map(|kind| kind.as_str().unwrap().replace("/problems/", "")).collect();
    // What a preflight may be refused with, and no operation.
    let elsewhere = BTreeSet::from(["bad-request".to_owned()]);
    assert_eq!(catalogue.difference(&named).cloned().collect::<BTreeSet<_>>(), elsewhere);
}

/// The problems are made in these files, each by its status, its name and its title.
#[test]
fn the_catalogue_has_every_problem_that_the_sources_make() {
    let sources =
        [include_str!("../../src/http/problem.rs"), include_str!("../../src/http/problem/of_error.rs")].concat();
    let catalogue = include_str!("../../src/http/openapi/problems.rs");
    let catalogue = catalogue.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut seen = 0;
    for piece in sources.split("StatusCode::").skip(1) {
        let mut texts = piece.split('"');
        let (Some(before), Some(name), Some(_), Some(title)) = (texts.next(), texts.next(), texts.next(), texts.next())
        else {
            continue;
        };
        // A status that stands elsewhere is followed by more than a comma.
        let constant = before.trim_end_matches([',', ' ', '\n']);
        if !constant.chars().all(|c| c.is_ascii_uppercase() || c == '_') || name == "malformed-event" {
            continue;
        }
        let entry = format!("\"{name}\", \"{title}\"");
        assert!(catalogue.contains(&entry), "{constant} {entry} is not in src/http/openapi/problems.rs");
        seen += 1;
    }
    assert!(seen >= 20, "the sources were read: {seen}");
}

#[test]
fn every_operation_is_complete() {
    let document = document();
    let mut ids = BTreeSet::new();
    for (name, operation) in operations(&document) {
        assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()), "{name}");
        for member in ["summary", "tags", "responses"] {
            assert!(operation.contains_key(member), "{name} has no {member}");
        }
        for (status, response) in operation["responses"].as_object().unwrap() {
            let response = resolved(&document, response);
            for header in ["x-request-id", "cache-control", "x-content-type-options", "content-security-policy"] {
                assert!(response["headers"][header].is_object(), "{name} {status} {header}");
            }
            let headers = match status.as_str() {
                "201" if name != "POST /v1/uploads/batch" => &["location"][..],
                "302" => &["location"],
                "401" if !name.contains("/u/") => &["www-authenticate"],
                "405" => &["allow"],
                "429" => &["retry-after", "ratelimit", "ratelimit-policy"],
                "503" => &["retry-after"],
                _ => &[],
            };
            for header in headers {
                assert!(response["headers"][*header].is_object(), "{name} {status} {header}");
            }
        }
        let body = operation.get("requestBody").and_then(|body| body.pointer("/content/application~1json/schema"));
        for schema in body.into_iter().chain(operation["responses"].pointer("/200/content/application~1json/schema")) {
            let schema = resolved(&document, schema);
            // The contract is its own example.
            assert!(
                name == "GET /openapi.json" || schema["examples"].is_array(),
                "{name} has a body without an example: {}",
                schema["description"]
            );
        }
    }
}
