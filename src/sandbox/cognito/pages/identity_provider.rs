//! How does the sandbox play a company's identity provider?

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use maud::html;

use super::Hosted;
use super::ask::{Ask, Fault, Wanted};
use super::authorize::{IDENTITY_PROVIDER, finish};
use super::login::STALE;
use super::page::{Page, refusal};
use crate::sandbox::cognito::pool::{Pool, lock};
use crate::sandbox::cognito::users::{self, IdentityProvider};

/// The longest value of an attribute in Cognito.
const LONGEST_ATTRIBUTE: usize = 2048;

/// `GET /sandbox/identity-provider`
pub(super) async fn show(pool: web::Data<Pool>, hosted: web::Data<Hosted>, request: HttpRequest) -> HttpResponse {
    match wanted(&pool, &request) {
        Ok((ask, provider)) => page(&pool, &hosted, &request, &ask, &provider, None),
        Err(fault) => fault.answer(),
    }
}

/// `POST /sandbox/identity-provider`: what would be a SAML assertion.
pub(super) async fn assert(
    pool: web::Data<Pool>,
    hosted: web::Data<Hosted>,
    request: HttpRequest,
    body: web::Bytes,
) -> HttpResponse {
    let (ask, provider) = match wanted(&pool, &request) {
        Ok(wanted) => wanted,
        Err(fault) => return fault.answer(),
    };
    let Some(form) = hosted.browsers.form(&request, &body) else { return refusal(StatusCode::FORBIDDEN, STALE) };
    let (email, customer_name) = (form.text("email"), form.text("customerName"));
    if !users::is_email(email) || customer_name.len() > LONGEST_ATTRIBUTE {
        return page(&pool, &hosted, &request, &ask, &provider, Some((email, customer_name)));
    }
    let customer_name = Some(customer_name).filter(|name| !name.is_empty());
    let user = lock(&pool.users).federate(&provider, email, customer_name);
    finish(&pool, &hosted, &ask, &user, Some(provider.name))
}

fn wanted(pool: &Pool, request: &HttpRequest) -> Result<(Ask, IdentityProvider), Fault> {
    let ask = Ask::parse(pool, request.query_string())?;
    match &ask.wish.wanted {
        Wanted::Provider(provider) => {
            let provider = provider.clone();
            Ok((ask, provider))
        }
        Wanted::Anybody | Wanted::Pool => {
            Err(Fault::Nowhere("The request does not say which identity provider is meant."))
        }
    }
}

/// The page; after a failure with what was tried.
fn page(
    pool: &Pool,
    hosted: &Hosted,
    request: &HttpRequest,
    ask: &Ask,
    provider: &IdentityProvider,
    failed: Option<(&str, &str)>,
) -> HttpResponse {
    let guard = hosted.browsers.guard(request);
    let action = format!("{IDENTITY_PROVIDER}?{}", request.query_string());
    let people: Vec<String> = lock(&pool.users).people_of(provider).map(|user| user.email.clone()).collect();
    let hint = (ask.wish.login_hint.as_deref().unwrap_or_default(), provider.customer_name.as_str());
    let (email, customer_name) = failed.unwrap_or(hint);
    let body = html! {
        p.note {
            "This is a simulation. It stands where " strong { (provider.name) } ", the identity provider of "
            (provider.domain) ", would ask who you are. Here you only choose."
        }
        h2 { "Sign in as" }
        @for person in &people {
            form method="post" action=(action) {
                input type="hidden" name="_csrf" value=(guard.token);
                input type="hidden" name="email" value=(person);
                input type="hidden" name="customerName" value=(provider.customer_name);
                button type="submit" { (person) }
            }
        }
        h2 { "Assert somebody else" }
        p { "An identity provider can say anything. Try another customer's name, and see what the gateway makes of it." }
        @if failed.is_some() {
            p.error role="alert" { "That is not an e-mail address, or the customerName is too long." }
        }
        form method="post" action=(action) {
            input type="hidden" name="_csrf" value=(guard.token);
            label for="email" { "E-mail address" }
            input #email name="email" type="email" autocomplete="off" required maxlength="320" value=(email);
            label for="customer-name" { "customerName" }
            input #customer-name name="customerName" autocomplete="off" maxlength=(LONGEST_ATTRIBUTE) value=(customer_name);
            button type="submit" { "Assert" }
        }
    };
    let title = format!("{} (simulated)", provider.name);
    let status = if failed.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    Page { status, title: &title, body, forms: Some((guard, ask)) }.answer()
}
