//! What is the contract, for machines? OpenAPI 3.1, made from the handlers themselves.

use actix_web::HttpResponse;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, Header, OpenApi as Document, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{Modify, OpenApi};

use super::{admin, collections, me, problem, rate_limit, sign, uploads};

#[derive(OpenApi)]
#[openapi(
    info(title = "upload-gateway", description = "Presigned S3 uploads that can touch only their tenant's prefix, each on record before its URL leaves."),
    paths(
        uploads::create::post,
        uploads::create::post_batch,
        uploads::list::get,
        uploads::query::get,
        uploads::withdraw::delete,
        uploads::parts::post,
        uploads::parts::get,
        uploads::complete::post,
        uploads::download::get,
        collections::get,
        sign::post,
        me::get,
        admin::tenants::list,
        admin::tenants::create,
        admin::tenants::get,
        admin::tenants::patch,
        admin::tenants::suspend,
        admin::tenants::activate,
        admin::usage::get,
    ),
    tags(
        (name = "uploads", description = "Grants and what became of them"),
        (name = "uppy", description = "For Uppy's `@uppy/aws-s3`"),
        (name = "people", description = "Who is asking"),
        (name = "admin", description = "For platform admins"),
    ),
    components(schemas(problem::Document)),
    modifiers(&Security, &Refusals)
)]
struct Contract;

struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut Document) {
        let text = "A Cognito ID token, or an access token that carries the tenant claim.";
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").description(Some(text));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("cognito", SecurityScheme::Http(scheme.build()));
    }
}

/// What every operation of a kind may be refused with, said once instead of at each handler.
struct Refusals;

impl Modify for Refusals {
    fn modify(&self, document: &mut Document) {
        for (path, item) in &mut document.paths.paths {
            let operations = [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
            for operation in operations.into_iter().flatten() {
                refuse(operation, path.contains('{'), rate_limit::applies_to(path));
            }
        }
    }
}

fn refuse(operation: &mut Operation, names_a_thing: bool, is_limited: bool) {
    let mut refusals = vec![("503", "A dependency does not answer; come back after Retry-After")];
    if operation.security.is_some() {
        refusals.push(("401", "No token, or one that is not taken"));
        refusals.push(("403", "No tenant, an unknown or a suspended one, or the caller's role does not allow it"));
    }
    if is_limited {
        refusals.push(("429", "The tenant or the subject calls too often; come back after Retry-After"));
    }
    if operation.request_body.is_some() {
        refusals.push(("400", "Malformed JSON"));
        refusals.push(("413", "The body is larger than 64 KiB, or than 1 MiB where it may hold hundreds of things"));
        refusals.push(("415", "The body is not JSON"));
    }
    let queried = operation.parameters.iter().flatten().any(|p| p.parameter_in == ParameterIn::Query);
    if operation.request_body.is_some() || queried {
        refusals.push(("422", "A member or a parameter breaks a rule; `errors` says which"));
    }
    if names_a_thing {
        refusals.push(("404", "There is no such thing, or it is another's"));
    }
    let responses = &mut operation.responses.responses;
    for (status, description) in refusals {
        responses.entry(status.to_owned()).or_insert_with(|| RefOr::T(refusal(status, description)));
    }
    for response in responses.values_mut() {
        if let RefOr::T(response) = response {
            response.headers.insert("x-request-id".to_owned(), header("The request's id, as in the logs"));
        }
    }
}

fn refusal(status: &str, description: &str) -> Response {
    let content = Content::new(Some(Ref::from_schema_name("Problem")));
    let refusal = ResponseBuilder::new().description(description).content("application/problem+json", content);
    match status {
        "401" => refusal.header("www-authenticate", header("`Bearer error=\"invalid_token\"` (RFC 6750 §3)")),
        "429" => refusal
            .header("retry-after", header("Seconds"))
            .header("ratelimit-policy", header("The limits: `\"tenant\";q=6000;w=60, \"subject\";q=600;w=60`"))
            .header(
                "ratelimit",
                header("What is left, and in how many seconds all of it is back: `\"tenant\";r=5999;t=1`"),
            ),
        "503" => refusal.header("retry-after", header("Seconds")),
        _ => refusal,
    }
    .build()
}

fn header(description: &str) -> Header {
    HeaderBuilder::new().description(Some(description)).build()
}

/// The contract.
#[must_use]
pub fn document() -> Document {
    Contract::openapi()
}

/// `GET /openapi.json`
pub(super) async fn get() -> HttpResponse {
    HttpResponse::Ok().json(document())
}
