//! Which addresses does the stand-in serve, and how can its key endpoint be made to fail?

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use actix_cors::Cors;
use actix_web::http::header::{HeaderValue, LOCATION};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;
use url::{Host, Url};

use super::pages::Hosted;
use super::pool::{Pool, lock};
use super::settings::SCOPES;
use super::{oauth, operations, pages};

/// What is wrong with the key endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// It answers 503.
    Unavailable,
    /// It accepts the request and never answers.
    Hanging,
    /// It answers 200 with something that is not JSON.
    Garbage,
    /// It answers the right keys, followed by 16 MiB of nothing useful.
    Huge,
    /// It answers 307 with an address where the right keys are.
    Moved,
}

/// The length of what [`Fault::Huge`] adds.
const HUGE: usize = 16 * 1024 * 1024;

/// What is seen and done at the key endpoint.
#[derive(Debug, Default)]
pub(super) struct KeyEndpoint {
    pub(super) fault: Mutex<Fault>,
    pub(super) fetches: AtomicU64,
}

/// The routes.
pub(super) fn configure(service: &mut web::ServiceConfig) {
    service
        .service(web::resource("/").wrap(cors()).route(web::post().to(operations::call)))
        .service(web::resource("/sandbox/rotate-keys").wrap(cors()).route(web::post().to(rotate_keys)))
        .service(web::resource("/{pool}/.well-known/jwks.json").wrap(cors()).route(web::get().to(jwks)))
        .service(web::resource("/{pool}/.well-known/openid-configuration").wrap(cors()).route(web::get().to(discovery)))
        .configure(oauth::configure)
        .configure(pages::configure);
}

/// Pages on this machine may call, and pages from elsewhere may not: a site that a developer visits has no business
/// with the sandbox.
fn cors() -> Cors {
    Cors::default()
        .allowed_origin_fn(|origin, _request| is_loopback(origin))
        .block_on_origin_mismatch(true)
        .allowed_methods(["GET", "POST"])
        .allow_any_header()
        .expose_headers(["x-amzn-errortype", "x-amzn-requestid"])
        .max_age(600)
}

fn is_loopback(origin: &HeaderValue) -> bool {
    let Some(url) = origin.to_str().ok().and_then(|origin| Url::parse(origin).ok()) else { return false };
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

async fn jwks(
    pool: web::Data<Pool>,
    endpoint: web::Data<KeyEndpoint>,
    name: web::Path<String>,
    request: HttpRequest,
) -> HttpResponse {
    endpoint.fetches.fetch_add(1, Ordering::Relaxed);
    if *name != pool.id {
        return no_such_pool(&name);
    }
    let fault = *lock(&endpoint.fault);
    let mut keys = pool.jwks();
    match fault {
        Fault::None => {}
        Fault::Unavailable => {
            return HttpResponse::ServiceUnavailable().json(json!({"message": "Service Unavailable"}));
        }
        Fault::Hanging => std::future::pending::<()>().await,
        Fault::Garbage => return HttpResponse::Ok().content_type("application/json").body("<html>oops"),
        Fault::Moved if request.query_string().is_empty() => {
            let place = format!("{}?here", request.path());
            return HttpResponse::TemporaryRedirect().insert_header((LOCATION, place)).finish();
        }
        Fault::Moved => {}
        Fault::Huge => {
            if let Some(keys) = keys.as_object_mut() {
                keys.insert("padding".to_owned(), json!("x".repeat(HUGE)));
            }
        }
    }
    HttpResponse::Ok().json(keys)
}

async fn discovery(pool: web::Data<Pool>, hosted: web::Data<Hosted>, name: web::Path<String>) -> HttpResponse {
    if *name != pool.id {
        return no_such_pool(&name);
    }
    let at = |path: &str| format!("{}{path}", hosted.url);
    HttpResponse::Ok().json(json!({
        "issuer": pool.issuer,
        "jwks_uri": format!("{}/.well-known/jwks.json", pool.issuer),
        "authorization_endpoint": at("/oauth2/authorize"),
        "token_endpoint": at("/oauth2/token"),
        "userinfo_endpoint": at("/oauth2/userInfo"),
        "revocation_endpoint": at("/oauth2/revoke"),
        "end_session_endpoint": at("/logout"),
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none"],
        "scopes_supported": SCOPES,
        "subject_types_supported": ["public"],
    }))
}

async fn rotate_keys(pool: web::Data<Pool>) -> HttpResponse {
    let work = pool.clone();
    // A key takes a tenth of a second or more of computing.
    match web::block(move || work.rotate_keys()).await {
        Ok(Ok(())) => HttpResponse::Ok().json(json!({"kid": pool.signing_keys().id().kid()})),
        Ok(Err(error)) => HttpResponse::InternalServerError().json(json!({"message": error.to_string()})),
        Err(error) => HttpResponse::InternalServerError().json(json!({"message": error.to_string()})),
    }
}

fn no_such_pool(name: &str) -> HttpResponse {
    HttpResponse::NotFound().json(json!({"message": format!("User pool {name} does not exist.")}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_on_this_machine_are_loopback() {
        for origin in ["http://localhost:3000", "http://127.0.0.1", "http://[::1]:8080", "http://app.localhost"] {
            assert!(is_loopback(&HeaderValue::from_static(origin)), "{origin}");
        }
        for origin in ["null", "https://example.com", "http://localhost.example.com", "http://127.0.0.1.example.com"] {
            assert!(!is_loopback(&HeaderValue::from_static(origin)), "{origin}");
        }
    }
}
