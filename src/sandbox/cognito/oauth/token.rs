//! What does a code or a refresh token bring, and how is one taken back?

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use super::{Refusal, form, required, unstored};
use crate::sandbox::cognito::pool::{Pool, Tokens};

/// `POST /oauth2/token`
pub(super) async fn exchange(pool: web::Data<Pool>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    match tokens(&pool, &request, &body) {
        Ok(tokens) => unstored(HttpResponse::Ok()).json(view(&pool, tokens)),
        Err(refusal) => refusal.answer(),
    }
}

fn tokens(pool: &Pool, request: &HttpRequest, body: &[u8]) -> Result<Tokens, Refusal> {
    let form = form(pool, request, body)?;
    match required(&form, "grant_type")? {
        "authorization_code" => {
            let (code, redirect_uri) = (required(&form, "code")?, required(&form, "redirect_uri")?);
            pool.redeem(code, redirect_uri, form.one("code_verifier")?).ok_or(Refusal("invalid_grant"))
        }
        "refresh_token" => {
            pool.rotate(required(&form, "refresh_token")?).map_err(|_either_way| Refusal("invalid_grant"))
        }
        // Cognito knows this one, and has not allowed it to a client without a secret.
        "client_credentials" => Err(Refusal("unauthorized_client")),
        _ => Err(Refusal("unsupported_grant_type")),
    }
}

fn view(pool: &Pool, tokens: Tokens) -> Value {
    json!({
        "id_token": tokens.id_token,
        "access_token": tokens.access_token,
        "refresh_token": tokens.refresh_token,
        "expires_in": pool.token_lifetime.as_secs(),
        "token_type": "Bearer",
    })
}

/// `POST /oauth2/revoke`: says the same of a token that nobody has.
pub(super) async fn revoke(pool: web::Data<Pool>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let form = form(&pool, &request, &body);
    match form.and_then(|form| required(&form, "token").map(|token| pool.revoke(token))) {
        Ok(()) => unstored(HttpResponse::Ok()).finish(),
        Err(refusal) => refusal.answer(),
    }
}
