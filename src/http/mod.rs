//! How do callers ask? The whole URL map is on this screen.

mod admin;
mod asset;
mod audit;
mod authenticate;
mod collections;
mod cors;
mod credentials;
mod docs;
mod drain;
mod extract;
mod integer;
mod internal;
mod login;
mod me;
mod object;
mod observe;
pub mod openapi;
mod pages;
mod portal;
mod problem;
mod rate_limit;
mod schema;
mod scrape;
mod sign;
mod trace_context;
mod tutorial;
mod uploads;
mod uppy;
mod usage;
mod view;
mod written;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpResponse, Route, Scope};
use ipnet::IpNet;
use sqlx::PgPool;

use crate::adapters::oidc::KeyStore;
use crate::adapters::postgres::Pools;
use crate::domain::authenticate::Authenticator;
use crate::domain::gateway_limits::LimitsInForce;
use crate::domain::login::Login;
use crate::domain::rate_limits::RateLimits;
use crate::domain::refusals::Refusals;
use crate::domain::tenants::Directory;
use crate::domain::tenants::revoke::Revoker;
use crate::domain::uploads::Uploads;
use crate::domain::uppy_sessions::UppySessions;
use crate::metrics::Metrics;
use crate::model::Clock;

pub use audit::export::Format as AuditFormat;
pub use cors::cors;
pub use observe::observe;
pub use pages::Pages;
use problem::Problem;

/// What every handler may need, made once by the composition root and shared by all workers.
pub struct State {
    /// Turns tokens into principals.
    pub authenticator: Authenticator,
    /// Where people sign in.
    pub login: Login,
    /// What takes back what was handed out.
    pub revoker: Revoker,
    /// Where it is written down who was refused what.
    pub refusals: Refusals,
    /// How often callers may call.
    pub rate_limits: RateLimits,
    /// The uploads' stories.
    pub uploads: Arc<Uploads>,
    /// Who may upload without a token.
    pub uppy_sessions: UppySessions,
    /// How callers reach us, without a slash at the end.
    pub public_url: String,
    /// The tenants by claim value.
    pub directory: Directory,
    /// Postgres, for administration.
    pub pool: PgPool,
    /// Every way to Postgres, for the readiness probe.
    pub pools: Pools,
    /// What holds for the whole gateway.
    pub limits: LimitsInForce,
    /// The signing keys, for the readiness probe.
    pub keys: Arc<KeyStore>,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// How long a request may take, its body's arrival included.
    pub request_timeout: Duration,
    /// A stop was asked for.
    pub draining: AtomicBool,
    /// What time it is.
    pub clock: Clock,
    /// What is counted.
    pub metrics: Metrics,
    /// What anybody may read.
    pub pages: Pages,
}

/// The public listener.
pub fn public(state: Data<State>) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        let admin = web::scope("/v1/admin")
            .wrap(from_fn(authenticate::admin))
            .service(
                web::resource("/tenants")
                    .route(web::get().to(admin::tenants::list))
                    .route(web::post().to(admin::tenants::create))
                    .default_service(only("GET, POST")),
            )
            .service(
                web::resource("/tenants/{id}")
                    .route(web::get().to(admin::tenants::get))
                    .route(web::patch().to(admin::tenants::patch))
                    .default_service(only("GET, PATCH")),
            )
            .service(
                web::resource("/tenants/{id}/suspend")
                    .route(web::post().to(admin::tenants::suspend))
                    .default_service(only("POST")),
            )
            .service(
                web::resource("/tenants/{id}/activate")
                    .route(web::post().to(admin::tenants::activate))
                    .default_service(only("POST")),
            )
            .service(
                web::resource("/tenants/{id}/usage")
                    .route(web::get().to(admin::usage::get))
                    .default_service(only("GET")),
            )
            .service(web::resource("/audit").route(web::get().to(admin::audit::get)).default_service(only("GET")))
            .service(
                web::resource("/limits")
                    .route(web::get().to(admin::limits::get))
                    .route(web::patch().to(admin::limits::patch))
                    .route(web::delete().to(admin::limits::delete))
                    .default_service(only("GET, PATCH, DELETE")),
            )
            .default_service(web::route().to(not_found));
        let me = web::resource("/v1/me")
            .wrap(from_fn(authenticate::caller))
            .route(web::get().to(me::get))
            .default_service(only("GET"));
        let login = web::resource("/v1/login").route(web::get().to(login::get)).default_service(only("GET"));
        let tenant = web::scope("/v1")
            .wrap(from_fn(rate_limit::limit))
            .wrap(from_fn(authenticate::principal))
            .service(
                web::resource("/uploads")
                    .route(web::get().to(uploads::list::get))
                    .route(web::post().to(uploads::create::post))
                    .default_service(only("GET, POST")),
            )
            .service(
                web::resource("/uploads/batch")
                    .route(web::post().to(uploads::create::post_batch))
                    .default_service(only("POST")),
            )
            .service(
                web::resource("/uploads/{id}")
                    .route(web::get().to(uploads::query::get))
                    .route(web::delete().to(uploads::withdraw::delete))
                    .default_service(only("GET, DELETE")),
            )
            .service(
                web::resource("/uploads/{id}/parts")
                    .route(web::get().to(uploads::parts::get))
                    .route(web::post().to(uploads::parts::post))
                    .default_service(only("GET, POST")),
            )
            .service(
                web::resource("/uploads/{id}/download")
                    .route(web::get().to(uploads::download::get))
                    .default_service(only("GET")),
            )
            .service(
                web::resource("/uploads/{id}/complete")
                    .route(web::post().to(uploads::complete::post))
                    .default_service(only("POST")),
            )
            .service(
                web::resource("/credentials").route(web::post().to(credentials::post)).default_service(only("POST")),
            )
            .service(web::resource("/audit").route(web::get().to(audit::list::get)).default_service(only("GET")))
            .service(web::resource("/usage").route(web::get().to(usage::get)).default_service(only("GET")))
            .service(web::resource("/collections").route(web::get().to(collections::get)).default_service(only("GET")))
            .service(
                web::resource("/uppy-sessions")
                    .route(web::post().to(uppy::sessions::post))
                    .default_service(only("POST")),
            )
            .service(
                web::resource("/uppy-sessions/{id}")
                    .route(web::delete().to(uppy::sessions::delete))
                    .default_service(only("DELETE")),
            )
            .default_service(web::route().to(not_found));
        let upload = web::resource("/upload")
            .wrap(from_fn(rate_limit::limit))
            .wrap(from_fn(authenticate::principal_of_bare_token))
            .route(web::post().to(tutorial::post))
            .default_service(only("POST"));
        let sign = web::resource("/s3/sign")
            .wrap(from_fn(rate_limit::limit))
            .wrap(from_fn(authenticate::principal))
            .route(web::post().to(sign::post))
            .default_service(only("POST"));
        // Not for sessions: whoever holds one uploads through us.
        let uppy_credentials = web::resource("/companion/s3/sts")
            .wrap(from_fn(rate_limit::limit))
            .wrap(from_fn(authenticate::principal))
            .route(web::get().to(credentials::get))
            .default_service(only("GET"));
        let with_token =
            companion("/companion").wrap(from_fn(rate_limit::limit)).wrap(from_fn(authenticate::principal));
        let with_session =
            companion("/u/{session}").wrap(from_fn(rate_limit::limit)).wrap(from_fn(authenticate::uppy_session));
        let document = web::resource("/openapi.json").route(web::get().to(openapi::get)).default_service(only("GET"));
        let docs = web::resource(["/docs", "/docs/"]).route(web::get().to(docs::get)).default_service(only("GET"));
        let style = web::resource("/docs/style.css").route(web::get().to(docs::style)).default_service(only("GET"));
        let bare = web::resource("/portal").route(web::get().to(portal::without_slash)).default_service(only("GET"));
        let index = web::resource("/portal/").route(web::get().to(portal::index)).default_service(only("GET"));
        let file = web::resource("/portal/{file:.+}").route(web::get().to(portal::file)).default_service(only("GET"));
        // Each is tried after the other, so what is asked for most comes first.
        config.app_data(state).service(admin).service(me).service(login).service(tenant).service(upload).service(sign);
        config.service(uppy_credentials).service(with_token).service(with_session);
        config.service(document).service(docs).service(style).service(bare).service(index).service(file);
        config.default_service(web::route().to(not_found));
    }
}

/// What Uppy asks its Companion, below that path. Uppy 6 leaves the slash at the end of a page's `companionEndpoint` where it
/// is, so the path may have two before `s3`; nowhere else does it.
fn companion(path: &'static str) -> Scope {
    let below = |s3: &'static str| {
        web::scope(s3)
            .service(web::resource("/params").route(web::get().to(uppy::params::get)).default_service(only("GET")))
            .service(
                web::resource("/multipart").route(web::post().to(uppy::multipart::post)).default_service(only("POST")),
            )
            .service(
                web::resource("/multipart/{uploadId}")
                    .route(web::get().to(uppy::multipart::get))
                    .route(web::delete().to(uppy::multipart::delete))
                    .default_service(only("GET, DELETE")),
            )
            .service(
                web::resource("/multipart/{uploadId}/complete")
                    .route(web::post().to(uppy::complete::post))
                    .default_service(only("POST")),
            )
            .service(
                web::resource("/multipart/{uploadId}/batch")
                    .route(web::get().to(uppy::parts::get_batch))
                    .default_service(only("GET")),
            )
            .service(
                web::resource("/multipart/{uploadId}/{partNumber}")
                    .route(web::get().to(uppy::parts::get))
                    .default_service(only("GET")),
            )
    };
    web::scope(path).service(below("/s3")).service(below("//s3")).default_service(web::route().to(not_found))
}

/// The internal listener.
pub fn internal(state: Data<State>) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        let get = |path, route: Route| web::resource(path).route(route).default_service(only("GET"));
        config
            .app_data(state)
            .service(get("/metrics", web::get().to(scrape::get)))
            .service(get("/livez", web::get().to(internal::livez)))
            .service(get("/readyz", web::get().to(internal::readyz)))
            .service(
                web::resource("/s3-events").route(web::post().to(internal::s3_events)).default_service(only("POST")),
            )
            .default_service(web::route().to(not_found));
    }
}

async fn not_found() -> Result<HttpResponse, Problem> {
    Err(Problem::no_such_route())
}

/// What a resource answers to a method that it does not have.
fn only(allowed: &'static str) -> Route {
    web::route().to(move || async move { Err::<HttpResponse, _>(Problem::method_not_allowed(allowed)) })
}
