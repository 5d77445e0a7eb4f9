//! How does one operation look on the page?

use maud::{Markup, html};
use serde_json::Value;

use super::prose::{line, prose, sample};
use super::schema;
use super::text;

/// An operation of the document.
pub(super) struct Operation<'a> {
    method: String,
    path: &'a str,
    item: &'a Value,
    body: &'a Value,
}

impl<'a> Operation<'a> {
    pub(super) fn all(document: &'a Value) -> Vec<Self> {
        const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];
        let paths = document["paths"].as_object();
        let of_path = |(path, item): (&'a String, &'a Value)| {
            let of_method = move |method: &str| {
                let body = item.get(method)?;
                Some(Self { method: method.to_ascii_uppercase(), path, item, body })
            };
            METHODS.into_iter().filter_map(of_method)
        };
        paths.into_iter().flatten().flat_map(of_path).collect()
    }

    pub(super) fn is_of(&self, tag: &Value) -> bool {
        self.body["tags"].as_array().is_some_and(|tags| tags.contains(&tag["name"]))
    }

    pub(super) fn id(&self) -> &'a str {
        text(&self.body["operationId"])
    }

    pub(super) fn title(&self) -> Markup {
        html! { span.method { (self.method) } " " code { (self.path) } }
    }

    pub(super) fn render(&self, document: &Value) -> Markup {
        let own = self.body["parameters"].as_array().into_iter().flatten();
        let parameters: Vec<&Value> = own.chain(self.item["parameters"].as_array().into_iter().flatten()).collect();
        html! {
            article aria-labelledby=(self.id()) {
                h3 id=(self.id()) { a href=(format!("#{}", self.id())) { (self.title()) } }
                (prose(&self.body["summary"]))
                (prose(&self.body["description"]))
                @if self.body["security"].is_null() { p.open { "Needs no token." } }
                @if !parameters.is_empty() { (table_of(&parameters)) }
                @let request = &self.body["requestBody"];
                @if !request.is_null() {
                    h4 { "Body" @if request["required"] != true { " (optional)" } }
                    (content(&request["content"], document))
                }
                h4 { "Answers" }
                dl {
                    @for (status, response) in self.body["responses"].as_object().into_iter().flatten() {
                        (answer(status, schema::resolved(document, response), document))
                    }
                }
            }
        }
    }
}

fn table_of(parameters: &[&Value]) -> Markup {
    html! {
        h4 { "Parameters" }
        table {
            thead { tr { th scope="col" { "Name" } th scope="col" { "In" } th scope="col" { "Type" } th scope="col" { "Meaning" } } }
            tbody {
                @for parameter in parameters {
                    tr {
                        th scope="row" {
                            code { (text(&parameter["name"])) }
                            @if parameter["required"] == true { " " em { "required" } }
                        }
                        td { (text(&parameter["in"])) }
                        td { (schema::kind(&parameter["schema"])) (schema::rules(&parameter["schema"])) }
                        td { (line(text(&parameter["description"]))) }
                    }
                }
            }
        }
    }
}

/// A body in each of its media types, with an example.
fn content(content: &Value, document: &Value) -> Markup {
    html! {
        @for (media_type, body) in content.as_object().into_iter().flatten() {
            p { code { (media_type) } ": " (schema::kind(&body["schema"])) }
            @if let Some(example) = schema::resolved(document, &body["schema"]).pointer("/examples/0") { (sample(example)) }
        }
    }
}

fn answer(status: &str, response: &Value, document: &Value) -> Markup {
    let problems = response.pointer("/content/application~1problem+json/examples").and_then(Value::as_object);
    html! {
        dt { (status) }
        dd {
            @if let Some(problems) = problems {
                ul.problems {
                    @for (name, problem) in problems {
                        li { a href=(format!("#problem-{name}")) { code { (name) } } ": " @if let Some(detail) = problem.pointer("/value/detail") { (line(text(detail))) } }
                    }
                }
            } @else {
                p { (line(text(&response["description"]))) }
                (content(&response["content"], document))
            }
            @if let Some(headers) = response["headers"].as_object() {
                details {
                    summary { "Headers" }
                    dl {
                        @for (name, header) in headers {
                            dt { code { (name) } }
                            dd { (line(text(&header["description"]))) }
                        }
                    }
                }
            }
        }
    }
}
