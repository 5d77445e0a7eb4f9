//! What is the contract, for machines? OpenAPI 3.1, made from the handlers themselves.

use actix_web::HttpResponse;
use utoipa::openapi::OpenApi as Document;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::{admin, me, uploads};

#[derive(OpenApi)]
#[openapi(
    info(title = "upload-gateway", description = "Presigned S3 uploads that can touch only their tenant's prefix, each on record before its URL leaves."),
    paths(
        uploads::create::post,
        uploads::query::get,
        uploads::complete::post,
        me::get,
        admin::tenants::list,
        admin::tenants::create,
        admin::tenants::get,
        admin::tenants::patch,
        admin::tenants::suspend,
        admin::tenants::activate,
    ),
    tags(
        (name = "uploads", description = "Grants and what became of them"),
        (name = "people", description = "Who is asking"),
        (name = "admin", description = "For platform admins"),
    ),
    modifiers(&Security)
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

/// The contract.
#[must_use]
pub fn document() -> Document {
    Contract::openapi()
}

/// `GET /openapi.json`
pub(super) async fn get() -> HttpResponse {
    HttpResponse::Ok().json(document())
}
