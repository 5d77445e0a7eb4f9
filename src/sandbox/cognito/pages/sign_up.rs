//! How does somebody register (`/signup`), where that is allowed?

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use maud::html;
use secrecy::SecretString;

use super::Hosted;
use super::ask::Ask;
use super::authorize::finish;
use super::login::STALE;
use super::page::{Page, refusal};
use crate::sandbox::cognito::pool::{Pool, lock};
use crate::sandbox::cognito::users;

const WEAK: &str = "A password has at least 8 characters: capital and small letters, a digit and a special character.";

/// `GET /signup`
pub(super) async fn show(pool: web::Data<Pool>, hosted: web::Data<Hosted>, request: HttpRequest) -> HttpResponse {
    if !pool.self_sign_up {
        return switched_off();
    }
    match Ask::parse(&pool, request.query_string()) {
        Ok(ask) => page(&hosted, &request, &ask, None),
        Err(fault) => fault.answer(),
    }
}

/// `POST /signup`: whoever registers is signed in at once, as there is no mail here to confirm an address with.
pub(super) async fn register(
    pool: web::Data<Pool>,
    hosted: web::Data<Hosted>,
    request: HttpRequest,
    body: web::Bytes,
) -> HttpResponse {
    if !pool.self_sign_up {
        return switched_off();
    }
    let ask = match Ask::parse(&pool, request.query_string()) {
        Ok(ask) => ask,
        Err(fault) => return fault.answer(),
    };
    let Some(form) = hosted.browsers.form(&request, &body) else { return refusal(StatusCode::FORBIDDEN, STALE) };
    let (email, password) = (form.text("username"), SecretString::from(form.text("password")));
    let failed = |what| page(&hosted, &request, &ask, Some((what, email)));
    if !users::is_email(email) {
        return failed("That is not an e-mail address.");
    }
    if !users::is_strong(&password) {
        return failed(WEAK);
    }
    let user = lock(&pool.users).sign_up(email, &password);
    match user {
        Some(user) => finish(&pool, &hosted, &ask, &user, None),
        None => failed("An account with the given email already exists."),
    }
}

fn switched_off() -> HttpResponse {
    refusal(StatusCode::FORBIDDEN, "Nobody can register in this user pool: its administrators create the accounts.")
}

/// The page; after a failure with what was wrong and the address that was tried.
fn page(hosted: &Hosted, request: &HttpRequest, ask: &Ask, failed: Option<(&str, &str)>) -> HttpResponse {
    let guard = hosted.browsers.guard(request);
    let query = request.query_string();
    let body = html! {
        @if let Some((what, _)) = failed {
            p.error role="alert" { (what) }
        }
        form method="post" action=(format!("/signup?{query}")) {
            input type="hidden" name="_csrf" value=(guard.token);
            label for="username" { "E-mail address" }
            input #username name="username" type="email" autocomplete="username" required maxlength="320"
                value=(failed.map_or("", |(_, email)| email));
            label for="password" { "Password" }
            input #password name="password" type="password" autocomplete="new-password" required minlength="8"
                maxlength="256" aria-describedby="policy";
            p #policy { (WEAK) }
            button type="submit" { "Create an account" }
        }
        p { a href=(format!("/login?{query}")) { "I have an account" } }
    };
    let status = if failed.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    Page { status, title: "Create an account", body, forms: Some((guard, ask)) }.answer()
}
