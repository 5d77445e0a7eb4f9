//! How do callers ask? The whole URL map is on this screen.

mod admin;
mod authenticate;
mod collections;
mod extract;
mod internal;
mod me;
mod observe;
pub mod openapi;
mod problem;
mod rate_limit;
mod sign;
mod uploads;
mod view;

use std::sync::Arc;
use std::time::Duration;

use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpResponse, Route};
use sqlx::PgPool;

use crate::adapters::oidc::KeyStore;
use crate::config::Server;
use crate::domain::authenticate::Authenticator;
use crate::domain::rate_limits::RateLimits;
use crate::domain::tenants::Directory;
use crate::domain::uploads::Uploads;
use crate::metrics::Metrics;
use crate::model::{Clock, Limits};

pub use observe::observe;
use problem::Problem;

/// What every handler may need, made once by the composition root and shared by all workers.
pub struct State {
    /// Turns tokens into principals.
    pub authenticator: Authenticator,
    /// How often callers may call.
    pub rate_limits: RateLimits,
    /// The uploads' stories.
    pub uploads: Arc<Uploads>,
    /// The tenants by claim value.
    pub directory: Directory,
    /// Postgres, for administration.
    pub pool: PgPool,
    /// What a new tenant may do when its creator does not say.
    pub default_limits: Limits,
    /// The signing keys, for the readiness probe.
    pub keys: Arc<KeyStore>,
    /// How long a request may take, its body's arrival included.
    pub request_timeout: Duration,
    /// What time it is.
    pub clock: Clock,
    /// What is counted.
    pub metrics: Metrics,
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
            .default_service(web::route().to(not_found));
        let me = web::resource("/v1/me")
            .wrap(from_fn(authenticate::caller))
            .route(web::get().to(me::get))
            .default_service(only("GET"));
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
            .service(web::resource("/collections").route(web::get().to(collections::get)).default_service(only("GET")))
            .default_service(web::route().to(not_found));
        let sign = web::resource("/s3/sign")
            .wrap(from_fn(rate_limit::limit))
            .wrap(from_fn(authenticate::principal))
            .route(web::post().to(sign::post))
            .default_service(only("POST"));
        let document = web::resource("/openapi.json").route(web::get().to(openapi::get)).default_service(only("GET"));
        config.app_data(state).service(document).service(admin).service(me).service(tenant).service(sign);
        config.default_service(web::route().to(not_found));
    }
}

/// The internal listener.
pub fn internal(state: Data<State>) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        let get = |path, route: Route| web::resource(path).route(route).default_service(only("GET"));
        config
            .app_data(state)
            .service(get("/metrics", web::get().to(internal::metrics)))
            .service(get("/livez", web::get().to(internal::livez)))
            .service(get("/readyz", web::get().to(internal::readyz)))
            .service(
                web::resource("/s3-events").route(web::post().to(internal::s3_events)).default_service(only("POST")),
            )
            .default_service(web::route().to(not_found));
    }
}

/// Web origins that may call, and nobody else's: no `*`, no credentials beyond the bearer token that the page itself sends.
pub fn cors(server: &Server) -> actix_cors::Cors {
    let cors = actix_cors::Cors::default()
        .allowed_methods(["GET", "POST", "PATCH", "DELETE"])
        .allowed_headers(["authorization", "content-type", "idempotency-key", "x-request-id"])
        .expose_headers([
            "idempotency-replayed",
            "location",
            "ratelimit",
            "ratelimit-policy",
            "retry-after",
            "x-request-id",
        ])
        .max_age(600);
    server.allowed_origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}

async fn not_found() -> Result<HttpResponse, Problem> {
    Err(Problem::no_such_route())
}

/// What a resource answers to a method that it does not have.
fn only(allowed: &'static str) -> Route {
    web::route().to(move || async move { Err::<HttpResponse, _>(Problem::method_not_allowed(allowed)) })
}
