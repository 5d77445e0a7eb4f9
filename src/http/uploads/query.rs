//! `GET /v1/uploads/{id}`

use actix_web::HttpResponse;
use actix_web::web::Data;

use crate::http::extract::Id;
use crate::http::problem::Problem;
use crate::http::{State, view};
use crate::model::{Principal, UploadId};

/// One upload of the caller's, or, for a tenant admin, of the tenant's.
#[utoipa::path(
    get, path = "/v1/uploads/{id}", operation_id = "getUpload", tag = "uploads", security(("cognito" = [])),
    params(("id" = uuid::Uuid, Path, description = "The upload")),
    responses(
        (status = 200, description = "The upload", body = view::Upload),
    )
)]
pub(in crate::http) async fn get(
    principal: Principal,
    Id(id): Id,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let upload = state.uploads.find(&principal, UploadId::from(id)).await?;
    Ok(HttpResponse::Ok().json(view::Upload::from(upload)))
}
