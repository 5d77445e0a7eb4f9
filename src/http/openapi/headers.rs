//! Which headers do all requests and answers of a kind have in common?

use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{Components, Header, OpenApi as Document, PathItem, RefOr, Required, Response};
use utoipa::{Modify, PartialSchema as _};

use crate::http::{rate_limit, schema};

/// Gives every request and every answer the headers that it has without its handler's doing.
pub(super) struct Headers;

impl Modify for Headers {
    fn modify(&self, document: &mut Document) {
        for (path, item) in &mut document.paths.paths {
            of_item(item, rate_limit::applies_to(path));
        }
        let refusals = document.components.as_mut().map(|Components { responses, .. }| responses);
        for (name, response) in refusals.into_iter().flatten() {
            if let RefOr::T(response) = response {
                of_every_answer(response);
                of_refusal(name, response);
            }
        }
    }
}

fn of_item(item: &mut PathItem, is_limited: bool) {
    item.parameters.get_or_insert_default().push(request_id());
    let operations = [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
    for operation in operations.into_iter().flatten() {
        for parameter in operation.parameters.iter_mut().flatten() {
            if parameter.parameter_in == ParameterIn::Header && parameter.name == "idempotency-key" {
                parameter.required = Required::False;
                parameter.schema = Some(schema::IdempotencyKey::schema());
            }
        }
        for response in operation.responses.responses.values_mut() {
            if let RefOr::T(response) = response {
                of_every_answer(response);
                if is_limited {
                    of_limited(response);
                }
            }
        }
    }
}

fn request_id() -> Parameter {
    let description = "The caller's own name for the request: 1 to 128 letters, digits, `.`, `_` and `-`. Anything else is \
                       passed over, and the request gets a name of ours.";
    ParameterBuilder::new()
        .name("x-request-id")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .build()
}

fn of_every_answer(response: &mut Response) {
    const ID: &str = r"^[A-Za-z0-9._-]{1,128}$";
    put(response, "x-request-id", "The request's name, as in the logs and the records", Some(ID));
    put(response, "cache-control", "`no-store`, because answers hold URLs that are secrets; pages may be kept", None);
    put(response, "x-content-type-options", "`nosniff`", Some("^nosniff$"));
    put(response, "content-security-policy", "An answer is no page: it loads nothing and stands in no frame", None);
    put(response, "referrer-policy", "`no-referrer`", Some("^no-referrer$"));
}

/// draft-ietf-httpapi-ratelimit-headers-10
fn of_limited(response: &mut Response) {
    put(response, "ratelimit-policy", "The limits: `\"tenant\";q=6000;w=60, \"subject\";q=600;w=60`", None);
    put(
        response,
        "ratelimit",
        "What is left, and in how many seconds all of it is back: `\"tenant\";r=5999;t=1`",
        None,
    );
}

/// By the component's name: what is in there is a refusal of that status alone.
fn of_refusal(name: &str, response: &mut Response) {
    match name {
        "InvalidToken" => {
            let description = "`Bearer error=\"invalid_token\"` (RFC 6750 §3)";
            put(response, "www-authenticate", description, Some("^Bearer error=\"invalid_token\"$"));
        }
        "InvalidSession" | "SignInNotConfigured" => {}
        "MethodNotAllowed" => put(response, "allow", "The methods that the path takes: `GET, POST`", None),
        "RateLimited" => {
            put(response, "retry-after", "Seconds", Some("^[1-9][0-9]*$"));
            of_limited(response);
        }
        "Unavailable" => put(response, "retry-after", "Seconds", Some("^[1-9][0-9]*$")),
        _ => of_limited(response),
    }
}

fn put(response: &mut Response, name: &str, description: &str, pattern: Option<&str>) {
    response.headers.insert(name.to_owned(), header(description, pattern));
}

fn header(description: &str, pattern: Option<&str>) -> Header {
    let schema = ObjectBuilder::new().schema_type(Type::String).pattern(pattern);
    HeaderBuilder::new().description(Some(description)).schema(schema).build()
}
