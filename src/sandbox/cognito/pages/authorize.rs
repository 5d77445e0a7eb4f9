//! How does a sign-in begin (`GET /oauth2/authorize`), and how does it come back to the client with a code?

use actix_web::{HttpRequest, HttpResponse, web};
use uuid::Uuid;

use super::Hosted;
use super::ask::{Ask, Wanted};
use super::browser::Visit;
use super::page::redirect;
use crate::sandbox::cognito::claims::{Session, User};
use crate::sandbox::cognito::codes::Grant;
use crate::sandbox::cognito::pool::{Pool, lock};

/// Where the pages are that ask.
pub(super) const LOGIN: &str = "/login";
pub(super) const IDENTITY_PROVIDER: &str = "/sandbox/identity-provider";

/// Sends the browser to the page that asks who it is, or back at once when that is known.
pub(super) async fn begin(pool: web::Data<Pool>, hosted: web::Data<Hosted>, request: HttpRequest) -> HttpResponse {
    let ask = match Ask::parse(&pool, request.query_string()) {
        Ok(ask) => ask,
        Err(fault) => return fault.answer(),
    };
    let visit = hosted.browsers.visit(&request, pool.now()).filter(|visit| ask.is_content_with(visit));
    if let Some(visit) = visit.filter(|visit| pool.user(&visit.sub.to_string()).is_some()) {
        return redirect(&granted(&pool, &ask, visit), None);
    }
    let page = match ask.wish.wanted {
        Wanted::Provider(_) => IDENTITY_PROVIDER,
        Wanted::Anybody | Wanted::Pool => LOGIN,
    };
    redirect(&format!("{page}?{}", request.query_string()), None)
}

/// Sends the browser back to the client, and remembers who sits there.
pub(super) fn finish(pool: &Pool, hosted: &Hosted, ask: &Ask, user: &User, provider: Option<String>) -> HttpResponse {
    let visit = Visit { sub: user.sub, provider, auth_time: pool.now() };
    let address = granted(pool, ask, visit.clone());
    redirect(&address, Some(hosted.browsers.remember(visit)))
}

fn granted(pool: &Pool, ask: &Ask, visit: Visit) -> String {
    let session = Session {
        sub: visit.sub,
        auth_time: visit.auth_time,
        origin_jti: Uuid::new_v4(),
        event_id: Uuid::new_v4(),
        provider: visit.provider,
        scope: ask.wish.scope.clone(),
    };
    let grant = Grant {
        session,
        nonce: ask.wish.nonce.clone(),
        redirect_uri: ask.written_redirect_uri.clone(),
        code_challenge: ask.wish.code_challenge.clone(),
    };
    let code = lock(&pool.codes).issue(grant, pool.now());
    ask.answered_with(&code).into()
}
