//! Which pages does somebody see who signs in with a browser: Cognito's hosted UI, and one that plays an identity provider?

mod ask;
mod authorize;
mod browser;
mod identity_provider;
mod login;
mod logout;
mod page;
mod sign_up;

use actix_web::http::header::{CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use actix_web::{HttpResponse, web};

use browser::Browsers;

/// What the pages remember between two requests.
pub(super) struct Hosted {
    /// Where the pages are, such as `http://127.0.0.1:9229`.
    pub(super) url: String,
    browsers: Browsers,
}

impl Hosted {
    /// For pages at this address.
    pub(super) fn new(url: &str, port: u16) -> Self {
        Self { url: url.to_owned(), browsers: Browsers::new(port) }
    }
}

/// The routes.
pub(super) fn configure(service: &mut web::ServiceConfig) {
    service
        .service(web::resource("/oauth2/authorize").route(web::get().to(authorize::begin)))
        .service(web::resource("/login").route(web::get().to(login::show)).route(web::post().to(login::check)))
        .service(web::resource("/signup").route(web::get().to(sign_up::show)).route(web::post().to(sign_up::register)))
        .service(
            web::resource("/sandbox/identity-provider")
                .route(web::get().to(identity_provider::show))
                .route(web::post().to(identity_provider::assert)),
        )
        .service(web::resource("/logout").route(web::get().to(logout::leave)))
        .service(web::resource(page::STYLE_PATH).route(web::get().to(style)));
}

async fn style() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/css; charset=utf-8"))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(include_str!("style.css"))
}
