//! How do people read the contract? `/docs`: one page, rendered here from the document that machines read.
//!
//! Swagger UI would be a library for it: a megabyte and a half of script that wants inline styles and `data:` images, and so
//! a policy with holes. This page has no script at all, works where scripts are off, prints, and each thing in it has an
//! address. It loads its style sheet from here and nothing from anywhere else.

mod operation;
mod prose;
mod schema;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use maud::{DOCTYPE, Markup, html};
use serde_json::Value;

use super::State;
use super::problem::Problem;
use operation::Operation;
use prose::{line, prose};

/// What a browser lets the page do: have its style sheet.
pub(super) const POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The style sheet.
pub(super) const STYLE: &str = include_str!("style.css");

/// This page.
#[utoipa::path(
    get, path = "/docs", operation_id = "getDocumentation", tag = "contract",
    responses(
        (status = 200, description = "The contract, for people", body = String, content_type = "text/html",
         headers(("etag" = String, description = "Names this text"))),
        (status = 304, description = "The caller has it already, as its `If-None-Match` says"),
    )
)]
pub(super) async fn get(request: HttpRequest, state: Data<State>) -> Result<HttpResponse, Problem> {
    Ok(state.pages.contract()?.docs.answer(&request))
}

/// `GET /docs/style.css`
pub(super) async fn style(request: HttpRequest, state: Data<State>) -> HttpResponse {
    state.pages.style.answer(&request)
}

/// The page for that document.
pub(super) fn render(document: &Value) -> String {
    let operations = Operation::all(document);
    let tags = document["tags"].as_array().map(Vec::as_slice).unwrap_or_default();
    let info = &document["info"];
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (text(&info["title"])) " – API" }
                link rel="stylesheet" href="/docs/style.css";
            }
            body {
                a.skip href="#main" { "Skip to the contents" }
                header {
                    h1 { (text(&info["title"])) " " small { "version " (text(&info["version"])) } }
                    (prose(&info["description"]))
                    p { "For machines: " a href="/openapi.json" { "openapi.json" } " (OpenAPI " (text(&document["openapi"])) ")" }
                }
                nav aria-label="Contents" {
                    @for tag in tags { (contents(tag, &operations)) }
                    h2 { "Reference" }
                    ul {
                        li { a href="#authentication" { "Authentication" } }
                        li { a href="#problems" { "Problems" } }
                        li { a href="#schemas" { "Schemas" } }
                    }
                }
                main id="main" {
                    @for tag in tags {
                        section {
                            h2 id=(format!("tag-{}", text(&tag["name"]))) { (text(&tag["description"])) }
                            @for operation in operations.iter().filter(|one| one.is_of(tag)) { (operation.render(document)) }
                        }
                    }
                    (authentication(document))
                    (problems(document))
                    (schema::all(document))
                }
            }
        }
    }
    .into_string()
}

fn contents(tag: &Value, operations: &[Operation<'_>]) -> Markup {
    html! {
        h2 { (text(&tag["name"])) }
        ul {
            @for operation in operations.iter().filter(|one| one.is_of(tag)) {
                li { a href=(format!("#{}", operation.id())) { (operation.title()) } }
            }
        }
    }
}

fn authentication(document: &Value) -> Markup {
    let schemes = document.pointer("/components/securitySchemes").and_then(Value::as_object);
    html! {
        section {
            h2 id="authentication" { "Authentication" }
            @for (name, scheme) in schemes.into_iter().flatten() {
                h3 id=(format!("security-{name}")) { code { (name) } }
                (prose(&scheme["description"]))
                p { code { "Authorization: Bearer <token>" } }
            }
        }
    }
}

/// Every problem with its example, each once; it may stand in several answers.
fn problems(document: &Value) -> Markup {
    let responses = document.pointer("/components/responses").and_then(Value::as_object);
    let mut examples = std::collections::BTreeMap::new();
    for response in responses.into_iter().flatten().map(|(_, response)| response) {
        let named = response.pointer("/content/application~1problem+json/examples").and_then(Value::as_object);
        examples.extend(named.into_iter().flatten().map(|(name, example)| (name.as_str(), &example["value"])));
    }
    html! {
        section {
            h2 id="problems" { "Problems" }
            p { "Whatever is refused is answered with " code { "application/problem+json" } " (RFC 9457)." }
            @for (name, example) in examples {
                h3 id=(format!("problem-{name}")) { (example["status"]) " " code { (text(&example["type"])) } }
                p { (line(text(&example["detail"]))) }
                (prose::sample(example))
            }
        }
    }
}

/// The text of a value, empty when it is none.
fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
