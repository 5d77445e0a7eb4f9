//! `GET /v1/audit`

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::search::{self, EventPage, Listing};
use crate::domain::audit::Reach;
use crate::http::State;
use crate::http::extract::Query;
use crate::http::problem::Problem;
use crate::model::Principal;

/// Who did what in the caller's tenant. For a tenant admin.
///
/// As JSON, a page. As `application/x-ndjson` or `text/csv`, if `Accept` says so, all of it, whatever `limit` and `cursor` say;
/// a body that ends without its last chunk is not whole. In CSV a cell that a spreadsheet would take for a formula begins
/// with `'`.
#[utoipa::path(
    get, path = "/v1/audit", operation_id = "listAuditEvents", tag = "people", security(("cognito" = [])), params(Listing),
    extensions(("x-problems" = json!(["role-missing", "search-too-wide"]))),
    responses(
        (status = 200, description = "Events, newest first",
         content((EventPage = "application/json"), (String = "application/x-ndjson"), (String = "text/csv")),
         headers(("content-disposition" = String, description = "Of NDJSON and CSV: a file to save, and its name"))),
    )
)]
pub(in crate::http) async fn get(
    principal: Principal,
    request: HttpRequest,
    Query(listing): Query<Listing>,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let reach = Reach::of_principal(&principal)?;
    search::answer(&state, &request, listing, Ok(reach)).await
}
