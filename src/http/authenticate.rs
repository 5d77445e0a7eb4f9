//! Who is asking? Answered in middleware, before any of the body is read.

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::AUTHORIZATION;
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage as _};

use super::State;
use super::problem::Problem;
use crate::domain::authenticate::Caller;
use crate::model::Principal;

/// Lets in whoever has a good token.
pub(super) async fn caller(request: ServiceRequest, next: Next<BoxBody>) -> Result<ServiceResponse, Error> {
    match identify(&request, bearer(&request)).await {
        Ok(_known) => next.call(request).await,
        Err(problem) => Ok(request.error_response(problem)),
    }
}

/// Lets in whoever has a good token of a known and active tenant.
pub(super) async fn principal(request: ServiceRequest, next: Next<BoxBody>) -> Result<ServiceResponse, Error> {
    let principal = identify_principal(&request, bearer(&request)).await;
    admit_principal(request, next, principal).await
}

/// The same, also when the token stands alone in its header, as the pages of tutorials send it.
pub(super) async fn principal_of_bare_token(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse, Error> {
    let bare = authorization(&request).filter(|value| !value.contains(' '));
    let principal = identify_principal(&request, bare.or_else(|| bearer(&request))).await;
    admit_principal(request, next, principal).await
}

/// Lets in whoever has the secret of an Uppy session in its path.
pub(super) async fn uppy_session(request: ServiceRequest, next: Next<BoxBody>) -> Result<ServiceResponse, Error> {
    let state = request.app_data::<Data<State>>().cloned();
    let principal = match (state, request.match_info().get("session")) {
        (Some(state), Some(secret)) => state.uppy_sessions.principal(secret).await.map_err(Problem::from),
        (None, _) | (_, None) => Err(Problem::internal()),
    };
    admit_principal(request, next, principal).await
}

/// Lets in platform admins.
pub(super) async fn admin(request: ServiceRequest, next: Next<BoxBody>) -> Result<ServiceResponse, Error> {
    let admin = identify(&request, bearer(&request)).await;
    let admin = admin.and_then(|(state, caller)| Ok(state.authenticator.admin(&caller)?));
    admit(request, next, admin).await
}

/// Hands on the request of a known and active tenant, which it counts as.
async fn admit_principal(
    request: ServiceRequest,
    next: Next<BoxBody>,
    known: Result<Principal, Problem>,
) -> Result<ServiceResponse, Error> {
    if let (Ok(principal), Some(state)) = (&known, request.app_data::<Data<State>>()) {
        state.metrics.tenant_series.request(&principal.tenant.slug, state.clock.now());
    }
    admit(request, next, known).await
}

/// Hands on the request with what is known about its caller, or answers the refusal.
async fn admit<T: 'static>(
    request: ServiceRequest,
    next: Next<BoxBody>,
    known: Result<T, Problem>,
) -> Result<ServiceResponse, Error> {
    match known {
        Ok(known) => {
            request.extensions_mut().insert(known);
            next.call(request).await
        }
        Err(problem) => Ok(request.error_response(problem)),
    }
}

async fn identify_principal(request: &ServiceRequest, token: Option<&str>) -> Result<Principal, Problem> {
    let (state, caller) = identify(request, token).await?;
    Ok(state.authenticator.principal(&caller).await?)
}

async fn identify(request: &ServiceRequest, token: Option<&str>) -> Result<(Data<State>, Caller), Problem> {
    let state = request.app_data::<Data<State>>().cloned().ok_or_else(Problem::internal)?;
    let caller = state.authenticator.caller(token).await?;
    // Whoever is refused from here on is known.
    request.extensions_mut().insert(caller.clone());
    Ok((state, caller))
}

/// The token of an `Authorization: Bearer` header (RFC 6750 §2.1).
fn bearer(request: &ServiceRequest) -> Option<&str> {
    let (scheme, token) = authorization(request)?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// The one `Authorization` header. Two are none: a proxy and we might each believe another.
fn authorization(request: &ServiceRequest) -> Option<&str> {
    let mut given = request.headers().get_all(AUTHORIZATION);
    let (Some(value), None) = (given.next(), given.next()) else { return None };
    std::str::from_utf8(value.as_bytes()).ok()
}
