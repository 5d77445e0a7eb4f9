//! How does somebody sign out of the pages (`GET /logout`), and where do they go then?

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};

use super::Hosted;
use super::ask::allowed_address;
use super::page::{redirect, refusal};
use crate::sandbox::cognito::fields::Fields;
use crate::sandbox::cognito::pool::Pool;

const NOWHERE: &str =
    "The request must name a client, and a logout_uri or redirect_uri of it: here, http on this machine.";

/// Forgets who sits at the browser, and sends it to `logout_uri`; or, with `redirect_uri` instead, to sign in again.
/// Tokens stay good, as with Cognito: those are revoked.
pub(super) async fn leave(pool: web::Data<Pool>, hosted: web::Data<Hosted>, request: HttpRequest) -> HttpResponse {
    match next(&pool, request.query_string()) {
        Some(address) => redirect(&address, Some(hosted.browsers.forget(&request))),
        None => refusal(StatusCode::BAD_REQUEST, NOWHERE),
    }
}

fn next(pool: &Pool, query: &str) -> Option<String> {
    let fields = Fields::read(query.as_bytes())?;
    if fields.text("client_id") != pool.client_id {
        return None;
    }
    match fields.text("logout_uri") {
        "" => {
            allowed_address(fields.text("redirect_uri"))?;
            Some(format!("/oauth2/authorize?{query}"))
        }
        logout_uri => allowed_address(logout_uri).map(String::from),
    }
}
