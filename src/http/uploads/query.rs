//! `GET /v1/uploads/{id}`

use actix_web::HttpResponse;
use actix_web::web::Data;

use crate::http::extract::Id;
use crate::http::problem::{self, Problem};
use crate::http::{State, view};
use crate::model::{Principal, UploadId};

/// One upload of the caller's, or, for a tenant admin, of the tenant's.
#[utoipa::path(
    get, path = "/v1/uploads/{id}", tag = "uploads", security(("cognito" = [])),
    params(("id" = uuid::Uuid, Path, description = "The upload")),
    responses(
        (status = 200, description = "The upload", body = view::Upload),
        (status = 401, description = "No token, or one that is not taken", body = problem::Document, content_type = "application/problem+json"),
        (status = 403, description = "No tenant, an unknown or a suspended one", body = problem::Document, content_type = "application/problem+json"),
        (status = 404, description = "No such upload, or another's", body = problem::Document, content_type = "application/problem+json"),
        (status = 503, description = "The database does not answer; come back after Retry-After", body = problem::Document, content_type = "application/problem+json"),
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
