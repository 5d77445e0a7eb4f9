//! `GET /v1/collections`

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::extract::{Faults, Query};
use super::problem::Problem;
use super::{State, schema, view};
use crate::domain::uploads::usage;
use crate::model::Principal;

/// Where to go on.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Listing {
    /// The `nextCursor` of the page before.
    #[param(value_type = schema::Cursor, inline, required = false)]
    cursor: Option<String>,
}

/// At most 1,000 collections, in the order of their names.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CollectionPage)]
pub(super) struct Page {
    #[schema(max_items = 1000)]
    items: Vec<view::Collection>,
    /// What to ask for next; null on the last page.
    #[schema(value_type = Option<schema::Cursor>)]
    next_cursor: Option<String>,
}

/// The collections that hold completed uploads of the caller's, or, for a tenant admin, of the tenant's.
#[utoipa::path(
    get, path = "/v1/collections", operation_id = "listCollections", tag = "uploads", security(("cognito" = [])), params(Listing),
    responses(
        (status = 200, description = "Collections by name, at most 1,000", body = Page),
    )
)]
pub(super) async fn get(
    principal: Principal,
    Query(listing): Query<Listing>,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let scope = usage::cursor_scope(&principal);
    let mut faults = Faults::default();
    let after = match listing.cursor {
        None => Some(String::new()),
        Some(text) => faults.take("?cursor", scope.name(&text)),
    };
    let after = faults.finish(after)?;
    let (found, more) = state.uploads.collections(&principal, &after).await?;
    let next_cursor = found.last().filter(|_| more).map(|last| scope.after_name(&last.collection));
    let items = found.into_iter().map(view::Collection::from).collect();
    Ok(HttpResponse::Ok().json(Page { items, next_cursor }))
}
