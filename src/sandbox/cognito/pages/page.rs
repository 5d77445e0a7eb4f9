//! How does each page look, and what may a browser do with it?

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY, SET_COOKIE,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use maud::{DOCTYPE, Markup, html};
use url::{Host, Url};

use super::ask::{Ask, Fault};
use super::browser::Guard;

/// Where the style sheet is.
pub(super) const STYLE_PATH: &str = "/sandbox/style.css";

/// A page for whoever sits at the browser.
pub(super) struct Page<'a> {
    pub(super) status: StatusCode,
    pub(super) title: &'a str,
    pub(super) body: Markup,
    /// The page has forms: what binds them to the browser, and where an answer to them may lead in the end.
    pub(super) forms: Option<(Guard, &'a Ask)>,
}

impl Page<'_> {
    pub(super) fn answer(self) -> HttpResponse {
        let targets = self.forms.as_ref().map_or_else(|| "'none'".to_owned(), |(_, ask)| targets(&ask.redirect_uri));
        let policy = format!(
            "default-src 'none'; style-src 'self'; base-uri 'none'; form-action {targets}; frame-ancestors 'none'"
        );
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (self.title) " – Sandbox user pool" }
                    link rel="stylesheet" href=(STYLE_PATH);
                }
                body {
                    main {
                        h1 { (self.title) }
                        (self.body)
                    }
                }
            }
        };
        let mut response = HttpResponse::build(self.status);
        response
            .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
            .insert_header((CACHE_CONTROL, "no-store"))
            .insert_header((CONTENT_SECURITY_POLICY, policy))
            .insert_header((REFERRER_POLICY, "no-referrer"))
            .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .insert_header((X_FRAME_OPTIONS, "DENY"));
        if let Some((guard, _)) = self.forms {
            response.insert_header((SET_COOKIE, guard.cookie));
        }
        response.body(page.into_string())
    }
}

/// What is wrong, for whoever sits at the browser.
pub(super) fn refusal(status: StatusCode, what: &str) -> HttpResponse {
    let body = html! { p { (what) } };
    Page { status, title: "This does not work", body, forms: None }.answer()
}

impl Fault {
    pub(super) fn answer(&self) -> HttpResponse {
        match self {
            Self::Nowhere(what) => refusal(StatusCode::BAD_REQUEST, what),
            Self::Told(address) => redirect(address.as_str(), None),
        }
    }
}

/// Sends the browser on.
pub(super) fn redirect(address: &str, cookie: Option<String>) -> HttpResponse {
    let mut response = HttpResponse::Found();
    response
        .insert_header((LOCATION, address))
        .insert_header((CACHE_CONTROL, "no-store"))
        // A page that comes next would not have to know the code, the state or the address that was typed in.
        .insert_header((REFERRER_POLICY, "no-referrer"));
    if let Some(cookie) = cookie {
        response.insert_header((SET_COOKIE, cookie));
    }
    response.finish()
}

/// Chromium also asks the policy when the answer to a form is a redirect, so the client's own address must be in it.
fn targets(client: &Url) -> String {
    match client.host() {
        // A policy cannot name an address of IPv6.
        Some(Host::Ipv6(_)) | None => "'self' http:".to_owned(),
        Some(Host::Domain(_) | Host::Ipv4(_)) => format!("'self' {}", client.origin().ascii_serialization()),
    }
}
