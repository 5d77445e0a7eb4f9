//! `GET /v1/admin/audit`

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::domain::audit::Reach;
use crate::http::State;
use crate::http::audit::search::{self, EventPage, Listing};
use crate::http::extract::Query;
use crate::http::problem::Problem;
use crate::model::{Admin, TenantId};

/// Whose events to show.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct Whose {
    /// That tenant's alone, by its id.
    #[param(value_type = uuid::Uuid, required = false)]
    tenant: Option<String>,
}

/// Who did what, in one tenant or in all.
///
/// As JSON, a page. As `application/x-ndjson` or `text/csv`, if `Accept` says so, all of it, whatever `limit` and `cursor` say;
/// a body that ends without its last chunk is not whole. In CSV a cell that a spreadsheet would take for a formula begins
/// with `'`.
#[utoipa::path(
    get, path = "/v1/admin/audit", operation_id = "listAuditEventsOfTenants", tag = "admin", security(("cognito" = [])),
    params(Whose, Listing), extensions(("x-problems" = json!(["search-too-wide"]))),
    responses(
        (status = 200, description = "Events, newest first",
         content((EventPage = "application/json"), (String = "application/x-ndjson"), (String = "text/csv")),
         headers(("content-disposition" = String, description = "Of NDJSON and CSV: a file to save, and its name"))),
    )
)]
pub(in crate::http) async fn get(
    admin: Admin,
    request: HttpRequest,
    Query(whose): Query<Whose>,
    Query(listing): Query<Listing>,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let tenant = whose.tenant.as_deref().map(search::uuid).transpose();
    let reach = tenant.map(|tenant| Reach::of_admin(&admin, tenant.map(TenantId::from)));
    search::answer(&state, &request, listing, reach.map_err(|rule| ("?tenant", rule))).await
}
