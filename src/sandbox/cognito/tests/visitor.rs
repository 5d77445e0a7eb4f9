//! How does a browser, and the page that sent it, sign somebody in?

use std::collections::HashMap;
use std::sync::Mutex;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE, WWW_AUTHENTICATE};
use reqwest::redirect::Policy;
use reqwest::{RequestBuilder, Response};
use serde_json::Value;
use url::{Url, form_urlencoded};

use super::*;

pub(super) const CALLBACK: &str = "http://127.0.0.1:8080/portal/";
pub(super) const VERIFIER: &str = "a-verifier-of-at-least-forty-three-characters";

/// A browser with cookies, that follows no redirect by itself.
pub(super) struct Visitor<'a> {
    pub(super) cognito: &'a Cognito,
    http: reqwest::Client,
    cookies: Mutex<HashMap<String, String>>,
}

/// A form's address and its hidden fields.
pub(super) struct Form {
    pub(super) action: String,
    pub(super) fields: Vec<(String, String)>,
}

impl<'a> Visitor<'a> {
    pub(super) fn new(cognito: &'a Cognito) -> Self {
        let http = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
        Self { cognito, http, cookies: Mutex::default() }
    }

    /// Another browser with the same cookies.
    pub(super) fn copy(&self) -> Self {
        Self { cookies: Mutex::new(self.cookies.lock().unwrap().clone()), ..Self::new(self.cognito) }
    }

    /// The address that the portal sends its people to, with some parameters changed, or taken away by an empty value.
    pub(super) fn asking(&self, changed: &[(&str, &str)]) -> String {
        let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, VERIFIER.as_bytes()));
        let usual = [
            ("response_type", "code"),
            ("client_id", self.cognito.client_id()),
            ("redirect_uri", CALLBACK),
            ("scope", "openid email profile"),
            ("state", "the state"),
            ("nonce", "the nonce"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        let kept = usual.iter().filter(|(name, _)| changed.iter().all(|(changed, _)| changed != name));
        let pairs = kept.chain(changed).filter(|(_, value)| !value.is_empty());
        Url::parse_with_params(&format!("{}/oauth2/authorize", self.cognito.url()), pairs).unwrap().into()
    }

    async fn send(&self, request: RequestBuilder) -> Response {
        let cookies =
            self.cookies.lock().unwrap().iter().map(|(name, value)| format!("{name}={value}; ")).collect::<String>();
        let answer = request.header(COOKIE, cookies).send().await.unwrap();
        for cookie in answer.headers().get_all(SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            assert!(cookie.ends_with("; HttpOnly; SameSite=Lax"), "{cookie}");
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.lock().unwrap().insert(name.to_owned(), value.to_owned());
        }
        answer
    }

    pub(super) async fn get(&self, address: &str) -> Response {
        self.send(self.http.get(self.absolute(address))).await
    }

    pub(super) async fn post(&self, address: &str, fields: &[(String, String)]) -> Response {
        self.send(written(self.http.post(self.absolute(address)), fields)).await
    }

    fn absolute(&self, address: &str) -> Url {
        Url::parse(self.cognito.url()).unwrap().join(address).unwrap()
    }

    /// Asks to sign in, and goes to the page that this leads to.
    pub(super) async fn page(&self, changed: &[(&str, &str)]) -> String {
        let answer = self.get(&self.asking(changed)).await;
        let page = self.get(&location(&answer)).await;
        assert_eq!(page.status(), 200);
        page.text().await.unwrap()
    }

    /// Fills in the last form of a page, with these fields beside its hidden ones, and sends it.
    pub(super) async fn fill_in(&self, page: &str, fields: &[(&str, &str)]) -> Response {
        let mut form = forms(page).pop().expect("a form");
        form.fields.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        self.post(&form.action, &form.fields).await
    }

    /// Signs Ada in with her password, and answers where the browser is sent.
    pub(super) async fn sign_in(&self, changed: &[(&str, &str)]) -> Url {
        let page = self.page(changed).await;
        sent_to(&self.fill_in(&page, &[("username", EMAIL), ("password", PASSWORD)]).await)
    }

    /// Where the browser is sent that is asked nothing, as Ada or somebody else has signed in there; signs her in otherwise.
    pub(super) async fn sign_in_again(&self, changed: &[(&str, &str)]) -> Url {
        let answer = self.get(&self.asking(changed)).await;
        if location(&answer).starts_with('/') { self.sign_in(changed).await } else { sent_to(&answer) }
    }

    /// What the attributes of an access token's user are: the status, the challenge and the body.
    pub(super) async fn user(&self, token: &str) -> (u16, Option<String>, Value) {
        let request = self.http.get(self.absolute("/oauth2/userInfo"));
        let request = if token.is_empty() { request } else { request.bearer_auth(token) };
        let answer = request.send().await.unwrap();
        let challenge = answer.headers().get(WWW_AUTHENTICATE).map(|value| value.to_str().unwrap().to_owned());
        (answer.status().as_u16(), challenge, answer.json().await.unwrap())
    }

    pub(super) async fn revoke(&self, fields: &[(&str, &str)]) -> (u16, String) {
        let answer = written(self.http.post(self.absolute("/oauth2/revoke")), fields).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// Has a provider assert somebody, and answers where the browser is sent.
    pub(super) async fn federate(&self, provider: &str, email: &str, customer_name: &str) -> Url {
        let page = self.page(&[("identity_provider", provider)]).await;
        sent_to(&self.fill_in(&page, &[("email", email), ("customerName", customer_name)]).await)
    }

    /// The tokens of the code in an address.
    pub(super) async fn redeem(&self, address: &Url) -> Value {
        let (status, body) = self.exchange(&[("code", &code(address))]).await;
        assert_eq!(status, 200, "{body}");
        body
    }

    /// Exchanges a code as the portal does, with some fields changed, or taken away by an empty value.
    pub(super) async fn exchange(&self, changed: &[(&str, &str)]) -> (u16, Value) {
        let usual = [
            ("grant_type", "authorization_code"),
            ("client_id", self.cognito.client_id()),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        let kept = usual.iter().filter(|(name, _)| changed.iter().all(|(changed, _)| changed != name));
        let fields: Vec<_> = kept.chain(changed).filter(|(_, value)| !value.is_empty()).copied().collect();
        let answer = written(self.http.post(self.absolute("/oauth2/token")), &fields).send().await.unwrap();
        assert_eq!(answer.headers()["cache-control"], "no-store");
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// Exchanges a refresh token.
    pub(super) async fn refresh(&self, token: &str) -> (u16, Value) {
        let fields =
            [("grant_type", "refresh_token"), ("redirect_uri", ""), ("code_verifier", ""), ("refresh_token", token)];
        self.exchange(&fields).await
    }
}

/// A request with a form.
pub(super) fn written<N: AsRef<str>, V: AsRef<str>>(request: RequestBuilder, fields: &[(N, V)]) -> RequestBuilder {
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields.iter().map(|(name, value)| (name.as_ref(), value.as_ref())))
        .finish();
    request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body)
}

/// Where an answer sends the browser.
pub(super) fn location(answer: &Response) -> String {
    assert_eq!(answer.status(), 302, "{answer:?}");
    answer.headers()[LOCATION].to_str().unwrap().to_owned()
}

/// Where an answer sends the browser, away from here.
pub(super) fn sent_to(answer: &Response) -> Url {
    Url::parse(&location(answer)).unwrap()
}

/// A parameter of an address.
pub(super) fn parameter(address: &Url, name: &str) -> Option<String> {
    address.query_pairs().find(|(given, _)| given == name).map(|(_, value)| value.into_owned())
}

pub(super) fn code(address: &Url) -> String {
    parameter(address, "code").unwrap_or_else(|| panic!("a code in {address}"))
}

/// The forms of a page.
pub(super) fn forms(page: &str) -> Vec<Form> {
    let attribute = |tag: &str, name: &str| {
        let (_, rest) = tag.split_once(&format!(" {name}=\"")).unwrap();
        rest.split_once('"')
            .unwrap()
            .0
            .replace("&quot;", "\"")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&")
    };
    let read = |form: &str| {
        let hidden = form.split("<input").skip(1).filter(|input| input.starts_with(" type=\"hidden\""));
        let fields = hidden.map(|input| (attribute(input, "name"), attribute(input, "value"))).collect();
        Form { action: attribute(form, "action"), fields }
    };
    page.split("<form").skip(1).map(|form| read(form.split("</form>").next().unwrap())).collect()
}
