//! How does somebody sign in with a password (`/login`)?

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use maud::html;

use super::Hosted;
use super::ask::{Ask, Wanted};
use super::authorize::{self, finish};
use super::page::{Page, refusal};
use crate::sandbox::cognito::pool::Pool;

/// What a form says that was not filled in on a page for this browser, or an hour ago.
pub(super) const STALE: &str = "This form is too old, or from elsewhere. Go back to where you came from and try again.";

/// `GET /login`
pub(super) async fn show(pool: web::Data<Pool>, hosted: web::Data<Hosted>, request: HttpRequest) -> HttpResponse {
    match Ask::parse(&pool, request.query_string()) {
        Ok(ask) => page(&pool, &hosted, &request, &ask, None),
        Err(fault) => fault.answer(),
    }
}

/// `POST /login`
pub(super) async fn check(
    pool: web::Data<Pool>,
    hosted: web::Data<Hosted>,
    request: HttpRequest,
    body: web::Bytes,
) -> HttpResponse {
    let ask = match Ask::parse(&pool, request.query_string()) {
        Ok(ask) => ask,
        Err(fault) => return fault.answer(),
    };
    let Some(form) = hosted.browsers.form(&request, &body) else { return refusal(StatusCode::FORBIDDEN, STALE) };
    match pool.authenticate(form.text("username"), &form.text("password").into()) {
        Some(user) => finish(&pool, &hosted, &ask, &user, None),
        None => page(&pool, &hosted, &request, &ask, Some(form.text("username"))),
    }
}

/// The page; after a failure with the name that was tried.
fn page(pool: &Pool, hosted: &Hosted, request: &HttpRequest, ask: &Ask, failed: Option<&str>) -> HttpResponse {
    let guard = hosted.browsers.guard(request);
    let query = request.query_string();
    let name = failed.or(ask.wish.login_hint.as_deref()).unwrap_or_default();
    let providers = match ask.wish.wanted {
        Wanted::Anybody => pool.identity_providers.as_slice(),
        Wanted::Pool | Wanted::Provider(_) => &[],
    };
    let body = html! {
        @if !providers.is_empty() {
            h2 { "With your company's sign-in" }
            @for provider in providers {
                p { a.button href=(format!("{}?{query}&identity_provider={}", "/oauth2/authorize", provider.name)) {
                    "Continue with " (provider.name)
                } }
            }
            h2 { "With your e-mail address and password" }
        }
        @if failed.is_some() {
            p.error role="alert" { "Incorrect username or password." }
        }
        form method="post" action=(format!("{}?{query}", authorize::LOGIN)) {
            input type="hidden" name="_csrf" value=(guard.token);
            label for="username" { "E-mail address" }
            input #username name="username" type="email" autocomplete="username" required maxlength="320" value=(name);
            label for="password" { "Password" }
            input #password name="password" type="password" autocomplete="current-password" required maxlength="256";
            button type="submit" { "Sign in" }
        }
        @if pool.self_sign_up {
            p { "New here? " a href=(format!("/signup?{query}")) { "Create an account" } }
        }
    };
    let status = if failed.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    Page { status, title: "Sign in", body, forms: Some((guard, ask)) }.answer()
}
