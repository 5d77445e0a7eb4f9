//! How does a schema look on the page?

use maud::{Markup, html};
use serde_json::Value;

use super::prose::{line, prose, sample};
use super::text;

/// Every named schema.
pub(super) fn all(document: &Value) -> Markup {
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
    html! {
        section {
            h2 id="schemas" { "Schemas" }
            @for (name, schema) in schemas.into_iter().flatten() {
                article aria-labelledby=(format!("schema-{name}")) {
                    h3 id=(format!("schema-{name}")) { a href=(format!("#schema-{name}")) { code { (name) } } }
                    (prose(&schema["description"]))
                    p { (kind(schema)) (rules(schema)) }
                    @for part in parts(schema) { (members(part)) }
                    @if let Some(example) = schema.pointer("/examples/0") { (sample(example)) }
                }
            }
        }
    }
}

/// What a reference leads to, or the thing itself.
pub(super) fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let place = value["$ref"].as_str().map(|reference| reference.trim_start_matches('#'));
    place.and_then(|place| document.pointer(place)).unwrap_or(value)
}

/// The schema and, where it is made of several, those that stand in it.
fn parts(schema: &Value) -> Vec<&Value> {
    let made_of = ["allOf", "oneOf"].into_iter().filter_map(|how| schema[how].as_array()).flatten();
    std::iter::once(schema).chain(made_of).filter(|part| part["properties"].is_object()).collect()
}

fn members(schema: &Value) -> Markup {
    let required = schema["required"].as_array();
    let is_required = |name: &str| required.is_some_and(|names| names.iter().any(|one| one == name));
    html! {
        table {
            @if let Some(title) = schema["title"].as_str() { caption { (title) } }
            thead { tr { th scope="col" { "Member" } th scope="col" { "Type" } th scope="col" { "Meaning" } } }
            tbody {
                @for (name, member) in schema["properties"].as_object().into_iter().flatten() {
                    tr {
                        th scope="row" { code { (name) } @if is_required(name) { " " em { "required" } } }
                        td { (kind(member)) (rules(member)) }
                        td { (line(text(&member["description"]))) }
                    }
                }
            }
        }
    }
}

/// What kind of value it is, with a link to what has a name.
pub(super) fn kind(schema: &Value) -> Markup {
    if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
        return html! { a href=(format!("#schema-{name}")) { (name) } };
    }
    if let Some(either) = schema["oneOf"].as_array() {
        return html! { @for (index, one) in either.iter().enumerate() { @if index > 0 { " or " } (kind(one)) } };
    }
    if let Some(all) = schema["allOf"].as_array() {
        return html! { @for (index, one) in all.iter().enumerate() { @if index > 0 { " with " } (kind(one)) } };
    }
    match &schema["type"] {
        Value::String(name) if name == "array" => html! { "list of " (kind(&schema["items"])) },
        Value::String(name) => html! { (schema["title"].as_str().unwrap_or(name)) },
        Value::Array(names) => {
            html! { (names.iter().map(text).collect::<Vec<_>>().join(" or ")) }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => html! { "anything" },
    }
}

/// Its bounds, in the words of JSON Schema.
pub(super) fn rules(schema: &Value) -> Markup {
    const BOUNDS: [(&str, &str); 10] = [
        ("format", ""),
        ("minimum", "≥ "),
        ("maximum", "≤ "),
        ("minLength", "characters ≥ "),
        ("maxLength", "characters ≤ "),
        ("minItems", "items ≥ "),
        ("maxItems", "items ≤ "),
        ("default", "default "),
        ("pattern", "pattern "),
        ("enum", "one of "),
    ];
    html! {
        @for (name, words) in BOUNDS {
            @match &schema[name] {
                Value::Null => {}
                Value::String(value) => span.rule { (words) code { (value) } },
                Value::Array(values) => span.rule { (words) @for value in values { code { (value.as_str().unwrap_or_default()) } " " } },
                value => span.rule { (words) code { (value) } },
            }
        }
    }
}
