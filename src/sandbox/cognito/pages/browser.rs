//! Who sits at this browser, and was this form filled in on one of our pages?

use std::sync::Mutex;

use actix_web::HttpRequest;
use actix_web::http::header::COOKIE;
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use crate::sandbox::cognito::fields::Fields;
use crate::sandbox::cognito::pool::lock;
use crate::sandbox::cognito::remembered::Remembered;

/// How long the pages remember somebody: Cognito's hour.
const LIFETIME_SECONDS: i64 = 3600;
const MOST: usize = 1024;

/// Somebody who has signed in at this browser.
#[derive(Clone, Debug)]
pub(super) struct Visit {
    pub(super) sub: Uuid,
    /// Who vouched for them; `None` when it was a password.
    pub(super) provider: Option<String>,
    /// In seconds since 1970.
    pub(super) auth_time: i64,
}

/// Every browser that somebody has signed in at.
pub(super) struct Browsers {
    visits: Mutex<Remembered<Visit>>,
    /// A browser sends cookies to every port of a host, so the names tell two sandboxes apart.
    visit_cookie: String,
    form_cookie: String,
    form_key: hmac::Key,
}

/// What a form must bring back, and the cookie that it is bound to.
pub(super) struct Guard {
    pub(super) token: String,
    /// For `Set-Cookie`.
    pub(super) cookie: String,
}

impl Browsers {
    pub(super) fn new(port: u16) -> Self {
        Self {
            visits: Mutex::new(Remembered::new(MOST)),
            visit_cookie: format!("cognito-{port}"),
            form_cookie: format!("XSRF-TOKEN-{port}"),
            form_key: hmac::Key::new(hmac::HMAC_SHA256, &rand::random::<[u8; 32]>()),
        }
    }

    /// Who has signed in at this browser in the last hour.
    pub(super) fn visit(&self, request: &HttpRequest, now: i64) -> Option<Visit> {
        let name = cookie(request, &self.visit_cookie)?;
        lock(&self.visits).get(name, now).cloned()
    }

    /// Remembers somebody: the value for `Set-Cookie`. It is new each time, so that nobody can choose it for somebody else.
    pub(super) fn remember(&self, visit: Visit) -> String {
        let expires_at = visit.auth_time.saturating_add(LIFETIME_SECONDS);
        let name = lock(&self.visits).insert(visit, expires_at);
        set(&self.visit_cookie, &name, LIFETIME_SECONDS)
    }

    /// Forgets whoever sits at this browser: the value for `Set-Cookie`.
    pub(super) fn forget(&self, request: &HttpRequest) -> String {
        if let Some(name) = cookie(request, &self.visit_cookie) {
            lock(&self.visits).remove(name);
        }
        set(&self.visit_cookie, "", 0)
    }

    /// What the forms of a page for this browser must bring back.
    pub(super) fn guard(&self, request: &HttpRequest) -> Guard {
        let value = cookie(request, &self.form_cookie)
            .map_or_else(|| URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>()), ToOwned::to_owned);
        let token = URL_SAFE_NO_PAD.encode(hmac::sign(&self.form_key, value.as_bytes()));
        Guard { token, cookie: set(&self.form_cookie, &value, LIFETIME_SECONDS) }
    }

    /// The fields of a form; none when it is too long, or was not filled in on a page for this browser.
    pub(super) fn form(&self, request: &HttpRequest, body: &[u8]) -> Option<Fields> {
        Fields::read(body).filter(|form| self.is_guarded(request, form.text("_csrf")))
    }

    fn is_guarded(&self, request: &HttpRequest, token: &str) -> bool {
        let Some(value) = cookie(request, &self.form_cookie) else { return false };
        let Ok(token) = URL_SAFE_NO_PAD.decode(token) else { return false };
        hmac::verify(&self.form_key, value.as_bytes(), &token).is_ok()
    }
}

fn set(name: &str, value: &str, seconds: i64) -> String {
    format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax")
}

/// A cookie's value, if it is one that could be ours.
fn cookie<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    let headers = request.headers().get_all(COOKIE).filter_map(|value| value.to_str().ok());
    let mut pairs = headers.flat_map(|header| header.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let is_ours = |value: &&str| value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    pairs.find(|(given, _)| *given == name).map(|(_, value)| value).filter(is_ours)
}
