//! `/v1/uppy-sessions`: what Uppy 6 uploads with.

use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;
use actix_web::web::Data;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::extract::Id;
use crate::http::problem::Problem;
use crate::http::{State, schema};
use crate::model::{Principal, Provenance, UppySessionId};

/// A session that has begun.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct UppySession {
    /// For taking it back.
    id: Uuid,
    /// The option of that name of `@uppy/aws-s3` 6. Whoever holds it can upload as the caller, so it is a secret; it is told this once.
    #[schema(value_type = schema::SecretUrl)]
    companion_endpoint: String,
    /// When it ends by itself.
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
}

/// Begins a session for Uppy 6, which sends no token: it uploads as the caller, and can do nothing else.
#[utoipa::path(
    post, path = "/v1/uppy-sessions", operation_id = "createUppySession", tag = "uppy", security(("cognito" = [])),
    responses(
        (status = 201, description = "Begun", body = UppySession, headers(("location" = String, description = "What to delete to end it"))),
    )
)]
pub(in crate::http) async fn post(
    principal: Principal,
    provenance: Provenance,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let (session, secret) = state.uppy_sessions.mint(&principal, provenance).await?;
    let location = format!("/v1/uppy-sessions/{}", session.id.as_uuid());
    Ok(HttpResponse::Created().insert_header((LOCATION, location)).json(UppySession {
        id: session.id.as_uuid(),
        companion_endpoint: format!("{}/u/{}", state.public_url, secret.reveal()),
        expires_at: session.expires_at,
    }))
}

/// Ends a session at once: the caller's own, or, for a tenant admin, any of the tenant's. URLs that it was given live on until
/// they expire. Asking again changes nothing.
#[utoipa::path(
    delete, path = "/v1/uppy-sessions/{id}", operation_id = "deleteUppySession", tag = "uppy", security(("cognito" = [])),
    params(("id" = uuid::Uuid, Path, description = "The session")),
    responses(
        (status = 204, description = "It has ended"),
    )
)]
pub(in crate::http) async fn delete(
    principal: Principal,
    provenance: Provenance,
    Id(id): Id,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    state.uppy_sessions.revoke(&principal, UppySessionId::from(id), provenance).await?;
    Ok(HttpResponse::NoContent().finish())
}
