//! What is the contract, for machines? OpenAPI 3.1, made from the handlers themselves.

mod examples;
mod headers;
mod problems;
mod refusals;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{OpenApi as Document, RefOr, Required, Schema};
use utoipa::{Modify, OpenApi};

use super::problem::Problem;
use super::uppy::contract::Sessions;
use super::{
    State, admin, audit, collections, credentials, docs, login, me, problem, sign, tutorial, uploads, uppy, usage,
};
use examples::Examples;
use headers::Headers;
use refusals::Refusals;

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
        credentials::post,
        credentials::get,
        tutorial::post,
        uppy::params::get,
        uppy::multipart::post,
        uppy::multipart::get,
        uppy::multipart::delete,
        uppy::parts::get,
        uppy::parts::get_batch,
        uppy::complete::post,
        uppy::sessions::post,
        uppy::sessions::delete,
        sign::post,
        me::get,
        login::get,
        usage::get,
        audit::list::get,
        admin::tenants::list,
        admin::tenants::create,
        admin::tenants::get,
        admin::tenants::patch,
        admin::tenants::suspend,
        admin::tenants::activate,
        admin::usage::get,
        admin::audit::get,
        admin::limits::get,
        admin::limits::patch,
        admin::limits::delete,
        get,
        docs::get,
    ),
    servers((url = "/", description = "Where this document came from")),
    tags(
        (name = "uploads", description = "Grants and what became of them"),
        (name = "credentials", description = "For clients that sign by themselves"),
        (name = "uppy", description = "For Uppy as it is: 5 with a token under `/companion`, 6 with a session in the path"),
        (name = "tutorial", description = "For the page of a tutorial"),
        (name = "people", description = "Who is asking"),
        (name = "admin", description = "For platform admins"),
        (name = "contract", description = "What the service says of itself, to anybody"),
    ),
    components(schemas(problem::Document)),
    modifiers(&Security, &Sessions, &Bodies, &Refusals, &Headers, &Examples)
)]
struct Contract;

struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut Document) {
        let text = "A Cognito ID token, or an access token that carries the tenant claim.";
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").description(Some(text));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("cognito", SecurityScheme::Http(scheme.build()));
        let text = "The same token without `Bearer`.";
        let bare = ApiKey::Header(ApiKeyValue::with_description("Authorization", text));
        components.add_security_scheme("bareToken", SecurityScheme::ApiKey(bare));
    }
}

/// A body that may be absent is no `null`, and utoipa says that it is.
struct Bodies;

impl Modify for Bodies {
    fn modify(&self, document: &mut Document) {
        let operations = document.paths.paths.values_mut().filter_map(|item| item.post.as_mut());
        for body in operations.filter_map(|operation| operation.request_body.as_mut()) {
            for content in body.content.values_mut() {
                if let Some(RefOr::T(Schema::OneOf(either))) = &content.schema
                    && let Some(RefOr::Ref(given)) = either.items.iter().find(|item| matches!(item, RefOr::Ref(_)))
                {
                    body.required = Some(Required::False);
                    content.schema = Some(RefOr::Ref(given.clone()));
                }
            }
        }
    }
}

/// The contract.
#[must_use]
pub fn document() -> Document {
    Contract::openapi()
}

/// The same as text, as the service and the command line give it.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn text(document: &Document) -> serde_json::Result<String> {
    Ok(document.to_pretty_json()? + "\n")
}

/// This document.
#[utoipa::path(
    get, path = "/openapi.json", operation_id = "getContract", tag = "contract",
    responses(
        (status = 200, description = "The contract, for machines: OpenAPI 3.1", body = Value, content_type = "application/json",
         headers(("etag" = String, description = "Names this text"))),
        (status = 304, description = "The caller has it already, as its `If-None-Match` says"),
    )
)]
pub(super) async fn get(request: HttpRequest, state: Data<State>) -> Result<HttpResponse, Problem> {
    Ok(state.pages.contract()?.document.answer(&request))
}
