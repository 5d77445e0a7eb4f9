//! How do people use the gateway without a program of their own? `/portal/`: a page and its modules, embedded as they are
//! written. No build step, and nothing is loaded from anywhere else.

mod page;

use std::collections::BTreeSet;

use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::State;
use super::asset::Asset;
use super::problem::Problem;
use crate::config::Pool;

/// The portal's files by name, once a user pool has a place to sign in.
pub(super) struct Portal(Vec<(&'static str, Asset)>);

/// What the page cannot know by itself.
const SETTINGS: &str = "settings.json";

impl Portal {
    /// For people of these pools, whose bucket is there. None when there is nowhere to sign in.
    pub(super) fn new(pools: &[Pool], bucket: &str) -> Option<Self> {
        let pools: Vec<_> = pools.iter().filter_map(|pool| Some((pool, pool.hosted_ui.as_ref()?))).collect();
        if pools.is_empty() {
            return None;
        }
        let sign_in: BTreeSet<_> = pools.iter().map(|(_, url)| origin(url)).collect();
        let issuers: Vec<_> = pools.iter().map(|(pool, _)| pool.issuer.as_str()).collect();
        let settings = json!({ "hostedUis": sign_in, "issuers": issuers }).to_string();
        let policy = policy(&sign_in, bucket);
        let mut files: Vec<_> = page::FILES
            .iter()
            .map(|(name, text)| (*name, Asset::new(content_type(name), (*text).to_owned()).page(&policy)))
            .collect();
        files.push((SETTINGS, Asset::new("application/json", settings)));
        Some(Self(files))
    }

    fn file(&self, name: &str) -> Option<&Asset> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, asset)| asset)
    }
}

/// What a browser lets the page do: run these scripts and no text that became one, and talk to us, to where people sign in,
/// and to the bucket.
fn policy(sign_in: &BTreeSet<String>, bucket: &str) -> String {
    let bucket = origin(bucket);
    let sign_in = sign_in.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; worker-src 'self'; img-src 'self' blob: {bucket}; \
         connect-src 'self' {sign_in} {bucket}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types worker"
    )
}

/// Scheme, host and port.
fn origin(url: &str) -> String {
    url::Url::parse(url).map(|url| url.origin().ascii_serialization()).unwrap_or_default()
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "text/javascript; charset=utf-8",
    }
}

/// `GET /portal`: modules are named relative to the slash. So is this place, as `server.public_url` may have a path.
pub(super) async fn without_slash(state: Data<State>) -> Result<HttpResponse, Problem> {
    asset(&state, "index.html")?;
    Ok(HttpResponse::PermanentRedirect().insert_header((LOCATION, "portal/")).finish())
}

/// `GET /portal/`
pub(super) async fn index(request: HttpRequest, state: Data<State>) -> Result<HttpResponse, Problem> {
    Ok(asset(&state, "index.html")?.answer(&request))
}

/// `GET /portal/{file}`
pub(super) async fn file(
    request: HttpRequest,
    name: Path<String>,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    Ok(asset(&state, &name)?.answer(&request))
}

fn asset<'a>(state: &'a State, name: &str) -> Result<&'a Asset, Problem> {
    state.pages.portal.as_ref().and_then(|portal| portal.file(name)).ok_or_else(Problem::no_such_route)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn there_is_a_portal_where_there_is_a_place_to_sign_in() {
        let config = |hosted_ui: &str| {
            let pool = format!(
                "[[auth.pools]]\nissuer = \"https://issuer.example/pool\"\nclient_ids = [\"web\"]\n{hosted_ui}"
            );
            let rest = "[database]\nurl = \"postgres://x\"\n[aws]\nregion = \"eu-central-1\"\n\
                        [upload]\nbucket = \"uploads\"\nrole_arn = \"arn:aws:iam::000000000000:role/upload\"\n";
            Config::from_toml(&format!("{rest}{pool}")).unwrap().auth.pools
        };
        let portal = |pools: &[Pool]| Portal::new(pools, "https://s3.example/uploads");
        assert!(portal(&config("")).is_none());
        let portal = portal(&config("hosted_ui = \"https://login.example/\"")).unwrap();
        assert!(portal.file("index.html").is_some() && portal.file("mod.rs").is_none());
    }
}
