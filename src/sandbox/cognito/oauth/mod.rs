//! What does the pool answer to programs that speak OAuth 2.0: tokens, revocation, attributes?

mod attributes;
mod token;

use actix_cors::Cors;
use actix_web::http::header::{CACHE_CONTROL, PRAGMA};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use super::fields::{Fields, Repeated};
use super::pool::Pool;

/// The routes. Like Cognito's, they may be called by any page: whoever calls must already hold a secret.
pub(super) fn configure(service: &mut web::ServiceConfig) {
    let cors = || Cors::default().allow_any_origin().send_wildcard().allow_any_method().allow_any_header();
    service
        .service(web::resource("/oauth2/token").wrap(cors()).route(web::post().to(token::exchange)))
        .service(web::resource("/oauth2/revoke").wrap(cors()).route(web::post().to(token::revoke)))
        .service(web::resource("/oauth2/userInfo").wrap(cors()).route(web::get().to(attributes::read)));
}

/// An error of RFC 6749, 5.2.
struct Refusal(&'static str);

impl From<Repeated> for Refusal {
    fn from(_: Repeated) -> Self {
        Self("invalid_request")
    }
}

impl Refusal {
    fn answer(&self) -> HttpResponse {
        HttpResponse::BadRequest().insert_header((CACHE_CONTROL, "no-store")).json(json!({"error": self.0}))
    }
}

/// The fields of a form that the pool's only client has sent.
fn form(pool: &Pool, request: &HttpRequest, body: &[u8]) -> Result<Fields, Refusal> {
    let media_type = request.headers().get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(Refusal("invalid_request"));
    }
    let form = Fields::read(body).ok_or(Refusal("invalid_request"))?;
    if required(&form, "client_id")? == pool.client_id { Ok(form) } else { Err(Refusal("invalid_client")) }
}

fn required<'a>(form: &'a Fields, name: &str) -> Result<&'a str, Refusal> {
    form.one(name)?.ok_or(Refusal("invalid_request"))
}

fn unstored(mut response: actix_web::HttpResponseBuilder) -> actix_web::HttpResponseBuilder {
    response.insert_header((CACHE_CONTROL, "no-store")).insert_header((PRAGMA, "no-cache"));
    response
}
