//! How does the contract say what an operation may be refused with?

use std::collections::BTreeMap;

use serde_json::{Value, json};
use utoipa::Modify;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::schema::{AllOfBuilder, ObjectBuilder, Type};
use utoipa::openapi::{ContentBuilder, OpenApi as Document, Ref, RefOr, Response, ResponseBuilder, Schema};

use super::problems::{self, CATALOGUE, Kind};
use crate::http::rate_limit;

/// Gives every operation its refusals. Those of one set of problems are one component, which operations share.
pub(super) struct Refusals;

impl Modify for Refusals {
    fn modify(&self, document: &mut Document) {
        let components = document.components.get_or_insert_default();
        if let Some(RefOr::T(Schema::Object(problem))) = components.schemas.get_mut("Problem") {
            name_every_problem(problem);
        }
        for (path, item) in &mut document.paths.paths {
            let operations = [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
            for operation in operations.into_iter().flatten() {
                let mut by_status: BTreeMap<&str, Vec<&'static Kind>> = BTreeMap::new();
                for kind in problems::of(operation, path, rate_limit::applies_to(path)) {
                    by_status.entry(kind.status).or_default().push(kind);
                }
                for (status, kinds) in by_status {
                    let name = component_name(&kinds);
                    let refusal = RefOr::Ref(Ref::from_response_name(&name));
                    operation.responses.responses.entry(status.to_owned()).or_insert(refusal);
                    components.responses.entry(name).or_insert_with(|| refusal_with(&kinds).into());
                }
            }
        }
    }
}

/// The `type` of a problem is one of the catalogue's.
fn name_every_problem(problem: &mut utoipa::openapi::schema::Object) {
    if let Some(RefOr::T(Schema::Object(kind))) = problem.properties.get_mut("type") {
        kind.enum_values = Some(CATALOGUE.iter().map(|kind| type_of(kind).into()).collect());
    }
}

/// `TenantSuspendedOrTenantUnknown`.
fn component_name(kinds: &[&Kind]) -> String {
    let begin = |(at, letter): (usize, char)| if at == 0 { letter.to_ascii_uppercase() } else { letter };
    let word = |word: &str| word.chars().enumerate().map(begin).collect::<String>();
    let name = |kind: &&Kind| kind.name.split('-').map(word).collect::<String>();
    kinds.iter().map(name).collect::<Vec<String>>().join("Or")
}

fn refusal_with(kinds: &[&Kind]) -> Response {
    let lines: Vec<String> = kinds.iter().map(|kind| format!("`{}`: {}", kind.name, kind.detail)).collect();
    let status: Vec<Value> = kinds.iter().take(1).filter_map(|kind| kind.status.parse().ok()).collect();
    let one_of = |kind, values| ObjectBuilder::new().schema_type(kind).enum_values::<Vec<Value>, Value>(Some(values));
    let types = kinds.iter().map(|kind| type_of(kind).into()).collect();
    let narrowed = ObjectBuilder::new()
        .schema_type(Type::Object)
        .property("type", one_of(Type::String, types))
        .property("status", one_of(Type::Integer, status));
    let schema = AllOfBuilder::new().item(Ref::from_schema_name("Problem")).item(narrowed);
    let examples = kinds.iter().map(|kind| {
        let example = ExampleBuilder::new().summary(kind.title).value(Some(example(kind)));
        (kind.name, RefOr::T(example.build()))
    });
    let content = ContentBuilder::new()
        .schema(Some(RefOr::T(Schema::AllOf(schema.build()))))
        .examples_from_iter(examples)
        .build();
    ResponseBuilder::new().description(lines.join("\n\n")).content("application/problem+json", content).build()
}

fn type_of(kind: &Kind) -> String {
    format!("/problems/{}", kind.name)
}

fn example(kind: &Kind) -> Value {
    let status: u16 = kind.status.parse().unwrap_or_default();
    let mut example = json!({
        "type": type_of(kind), "title": kind.title, "status": status, "detail": kind.detail,
        "instance": "0193a3c5-7d2e-7b1a-9c55-0d7a3d1c9a11",
    });
    let fault = match kind.name {
        "invalid-request" => Some(json!([{"pointer": "/size", "detail": "must be at least 1 byte"}])),
        "quota-exceeded" => Some(json!([{"pointer": "/size", "detail": "is too much: 1024 bytes are left of 4096"}])),
        "taken" => Some(json!([{"pointer": "/slug", "detail": "is another tenant's slug"}])),
        _ => None,
    };
    if let (Some(fault), Some(members)) = (fault, example.as_object_mut()) {
        members.insert("errors".to_owned(), fault);
    }
    example
}
