//! `GET /v1/admin/tenants/{id}/usage`

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Serialize;
use time::format_description::StaticFormatDescription;
use time::macros::format_description;
use utoipa::ToSchema;

use crate::adapters::postgres::usage::Usage;
use crate::domain::tenants::administer;
use crate::http::extract::Id;
use crate::http::problem::Problem;
use crate::http::{State, schema, view};
use crate::model::{Admin, TenantId};

const MONTH: StaticFormatDescription = format_description!("[year]-[month]");

/// What a tenant used, month by month, and what its collections hold at present.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct TenantUsage {
    /// The latest twelve months in which anything was granted, newest first.
    #[schema(max_items = 12)]
    months: Vec<Month>,
    /// The first 1,000 by name.
    #[schema(max_items = 1000)]
    collections: Vec<view::Collection>,
}

/// A calendar month (UTC).
#[derive(Debug, Serialize, ToSchema)]
struct Month {
    #[schema(value_type = schema::CalendarMonth)]
    month: String,
    #[serde(flatten)]
    usage: view::MonthlyUsage,
}

impl From<Usage> for Month {
    fn from(usage: Usage) -> Self {
        Self { month: usage.month.format(MONTH).unwrap_or_default(), usage: usage.into() }
    }
}

/// What a tenant used.
#[utoipa::path(
    get, path = "/v1/admin/tenants/{id}/usage", operation_id = "getTenantUsage", tag = "admin", security(("cognito" = [])),
    params(("id" = uuid::Uuid, Path, description = "The tenant")),
    responses(
        (status = 200, description = "Months and collections", body = TenantUsage),
    )
)]
pub(in crate::http) async fn get(_admin: Admin, Id(id): Id, state: Data<State>) -> Result<HttpResponse, Problem> {
    let tenant = administer::find(&state.pool, TenantId::from(id)).await?;
    let months = state.uploads.months(&tenant).await?.into_iter().map(Month::from).collect();
    let collections =
        state.uploads.tenant_collections(&tenant).await?.into_iter().map(view::Collection::from).collect();
    Ok(HttpResponse::Ok().json(TenantUsage { months, collections }))
}
