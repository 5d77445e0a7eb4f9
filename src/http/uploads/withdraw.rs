//! `DELETE /v1/uploads/{id}`

use actix_web::HttpResponse;
use actix_web::web::Data;

use crate::http::State;
use crate::http::extract::Id;
use crate::http::problem::Problem;
use crate::model::{Principal, Provenance, UploadId};

/// Aborts a pending upload or deletes a completed one, its object included. The record stays. Asking again changes nothing.
#[utoipa::path(
    delete, path = "/v1/uploads/{id}", operation_id = "deleteUpload", tag = "uploads", security(("cognito" = [])),
    params(("id" = uuid::Uuid, Path, description = "The upload")),
    responses(
        (status = 204, description = "It has ended; S3 holds nothing of it, or soon will not"),
    )
)]
pub(in crate::http) async fn delete(
    principal: Principal,
    provenance: Provenance,
    Id(id): Id,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    state.uploads.withdraw(&principal, UploadId::from(id), provenance).await?;
    Ok(HttpResponse::NoContent().finish())
}
