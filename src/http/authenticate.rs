//! Who is asking? Answered in middleware, before any of the body is read.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::AUTHORIZATION;
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage as _};

use super::State;
use super::problem::Problem;
use crate::domain::authenticate::Caller;

/// Lets in whoever has a good token.
pub(super) async fn caller(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let (_state, caller) = identify(&request).await?;
    request.extensions_mut().insert(caller);
    next.call(request).await
}

/// Lets in whoever has a good token of a known and active tenant.
pub(super) async fn principal(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let (state, caller) = identify(&request).await?;
    let principal = state.authenticator.principal(&caller).await.map_err(Problem::from)?;
    request.extensions_mut().insert(principal);
    next.call(request).await
}

/// Lets in platform admins.
pub(super) async fn admin(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let (state, caller) = identify(&request).await?;
    let admin = state.authenticator.admin(&caller).map_err(Problem::from)?;
    request.extensions_mut().insert(admin);
    next.call(request).await
}

async fn identify(request: &ServiceRequest) -> Result<(Data<State>, Caller), Problem> {
    let state = request.app_data::<Data<State>>().cloned().ok_or_else(Problem::internal)?;
    let caller = state.authenticator.caller(bearer(request)).await?;
    Ok((state, caller))
}

/// The token of the one `Authorization: Bearer` header (RFC 6750 §2.1). Two such headers are none: a proxy and we might each believe another.
fn bearer(request: &ServiceRequest) -> Option<&str> {
    let mut given = request.headers().get_all(AUTHORIZATION);
    let (Some(value), None) = (given.next(), given.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}
