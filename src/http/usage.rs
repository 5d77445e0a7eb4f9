//! `GET /v1/usage`, and what a tenant's usage looks like to whoever may see it.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Serialize;
use time::format_description::StaticFormatDescription;
use time::macros::format_description;
use utoipa::ToSchema;

use super::problem::Problem;
use super::{State, schema, view};
use crate::adapters::postgres::usage::Usage;
use crate::domain::access;
use crate::model::{Principal, Tenant};

const MONTH: StaticFormatDescription = format_description!("[year]-[month]");

/// What a tenant used, month by month and day by day, and what its collections hold at present.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TenantUsage {
    /// The latest twelve months in which anything was granted, newest first.
    #[schema(max_items = 12)]
    months: Vec<Month>,
    /// The first 1,000 by name.
    #[schema(max_items = 1000)]
    collections: Vec<view::Collection>,
    /// The last thirty, oldest first; today is the last.
    #[schema(min_items = 30, max_items = 30)]
    days: Vec<view::Day>,
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

/// What the caller's tenant used. For a tenant admin.
#[utoipa::path(
    get, path = "/v1/usage", operation_id = "getUsage", tag = "people", security(("cognito" = [])),
    extensions(("x-problems" = json!(["role-missing"]))),
    responses(
        (status = 200, description = "Months, days and collections", body = TenantUsage),
    )
)]
pub(super) async fn get(principal: Principal, state: Data<State>) -> Result<HttpResponse, Problem> {
    answer(&state, access::administered(&principal)?).await
}

/// What that tenant used.
pub(super) async fn answer(state: &State, tenant: &Tenant) -> Result<HttpResponse, Problem> {
    let months = state.uploads.months(tenant).await?.into_iter().map(Month::from).collect();
    let collections = state.uploads.tenant_collections(tenant).await?.into_iter().map(view::Collection::from).collect();
    let days = state.uploads.days(tenant).await?.into_iter().map(view::Day::from).collect();
    Ok(HttpResponse::Ok().json(TenantUsage { months, collections, days }))
}
