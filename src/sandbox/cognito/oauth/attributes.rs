//! What does an access token tell about its user (`GET /oauth2/userInfo`)?

use actix_web::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Map, Value, json};

use super::unstored;
use crate::sandbox::cognito::pool::Pool;

const INVALID: &str = "Access token is expired, disabled, or deleted, or the user has globally signed out.";

/// The attributes that the token's scopes let its client read, as text, which is how Cognito has them here.
pub(super) async fn read(pool: web::Data<Pool>, request: HttpRequest) -> HttpResponse {
    let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token =
        header.and_then(|value| value.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let Some((user, session)) = token.and_then(|(_, token)| pool.bearer(token.trim())) else { return refusal() };
    // A token of the API has no scope of OpenID Connect.
    if !session.has_scope("openid") {
        return refusal();
    }
    let text = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut attributes: Map<String, Value> =
        user.readable(&session).into_iter().map(|(name, value)| (name, json!(text(value)))).collect();
    attributes.insert("username".to_owned(), json!(user.username()));
    unstored(HttpResponse::Ok()).json(attributes)
}

fn refusal() -> HttpResponse {
    let challenge = format!("Bearer error=\"invalid_token\", error_description=\"{INVALID}\"");
    unstored(HttpResponse::Unauthorized())
        .insert_header((WWW_AUTHENTICATE, challenge))
        .json(json!({"error": "invalid_token", "error_description": INVALID}))
}
