//! `POST /v1/uploads/{id}/complete`

use actix_web::HttpResponse;
use actix_web::web::Data;

use crate::http::extract::Id;
use crate::http::problem::{self, Problem};
use crate::http::{State, view};
use crate::model::{Principal, RequestId, UploadId};

/// Compares what S3 holds with the grant and records the outcome. Asking again changes nothing.
#[utoipa::path(
    post, path = "/v1/uploads/{id}/complete", operation_id = "completeUpload", tag = "uploads", security(("cognito" = [])),
    params(("id" = uuid::Uuid, Path, description = "The upload")),
    responses(
        (status = 200, description = "Completed, with what S3 holds", body = view::Upload),
        (status = 409, description = "The object is not there yet, or the upload has ended otherwise", body = problem::Document, content_type = "application/problem+json"),
        (status = 422, description = "The object breaks its grant", body = problem::Document, content_type = "application/problem+json"),
    )
)]
pub(in crate::http) async fn post(
    principal: Principal,
    request_id: RequestId,
    Id(id): Id,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let upload = state.uploads.complete(&principal, UploadId::from(id), request_id).await?;
    Ok(HttpResponse::Ok().json(view::Upload::from(upload)))
}
