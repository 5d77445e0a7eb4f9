//! `GET /v1/admin/tenants/{id}/usage`

use actix_web::HttpResponse;
use actix_web::web::Data;

use crate::domain::tenants::administer;
use crate::http::State;
use crate::http::extract::Id;
use crate::http::problem::Problem;
use crate::http::usage::{self, TenantUsage};
use crate::model::{Admin, TenantId};

/// What a tenant used.
#[utoipa::path(
    get, path = "/v1/admin/tenants/{id}/usage", operation_id = "getTenantUsage", tag = "admin", security(("cognito" = [])),
    params(("id" = uuid::Uuid, Path, description = "The tenant")),
    responses(
        (status = 200, description = "Months, days and collections", body = TenantUsage),
    )
)]
pub(in crate::http) async fn get(_admin: Admin, Id(id): Id, state: Data<State>) -> Result<HttpResponse, Problem> {
    usage::answer(&state, &administer::find(&state.pool, TenantId::from(id)).await?).await
}
