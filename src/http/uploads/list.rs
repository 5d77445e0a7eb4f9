//! `GET /v1/uploads`

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::domain::uploads::list::Filter;
use crate::http::extract::{Faults, Query};
use crate::http::problem::Problem;
use crate::http::{State, schema, view};
use crate::model::{Collection, Invalid, Principal, Provenance, Subject, UploadId, UploadStatus};

/// Which uploads to show.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct Listing {
    /// How many.
    #[param(value_type = schema::PageSize, inline, required = false)]
    limit: Option<String>,
    /// The `nextCursor` of the page before, with the same filters.
    #[param(value_type = schema::Cursor, inline, required = false)]
    cursor: Option<String>,
    /// Those alone that stand there.
    #[param(value_type = schema::UploadStatus, inline, required = false)]
    status: Option<String>,
    /// Those alone that are filed there.
    #[param(value_type = schema::CollectionName, inline, required = false)]
    collection: Option<String>,
    /// Whose, by the token's `sub`. For a tenant admin; a user sees its own alone, whatever this says.
    #[param(value_type = schema::Subject, inline, required = false)]
    subject: Option<String>,
    /// `downloadUrl`: with URLs to view what is completed.
    #[param(value_type = schema::Inclusion, inline, required = false)]
    include: Option<String>,
}

/// A page of uploads, newest first.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = UploadPage)]
pub(in crate::http) struct Page {
    #[schema(max_items = 200)]
    items: Vec<view::Upload>,
    /// What to ask for next; null on the last page.
    #[schema(value_type = Option<schema::Cursor>)]
    next_cursor: Option<String>,
}

/// Lists the caller's uploads, or, for a tenant admin, the tenant's.
#[utoipa::path(
    get, path = "/v1/uploads", operation_id = "listUploads", tag = "uploads", security(("cognito" = [])), params(Listing),
    responses(
        (status = 200, description = "A page of uploads, newest first", body = Page),
    )
)]
pub(in crate::http) async fn get(
    principal: Principal,
    provenance: Provenance,
    Query(listing): Query<Listing>,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let filter = listing.parse(&principal)?;
    let scope = filter.cursor_scope(&principal);
    let page = state.uploads.list(&principal, filter, provenance).await?;
    let last = page.uploads.last().filter(|_| page.more);
    let next_cursor = last.map(|(upload, _)| scope.after_id(upload.grant.id.as_uuid()));
    let items = page.uploads.into_iter().map(|(upload, url)| view::Upload::viewable(upload, url)).collect();
    Ok(HttpResponse::Ok().json(Page { items, next_cursor }))
}

impl Listing {
    fn parse(self, principal: &Principal) -> Result<Filter, Problem> {
        let mut faults = Faults::default();
        let limit = faults.page_size(self.limit.as_deref());
        let status = self.status.and_then(|text| faults.take("?status", UploadStatus::parse(&text)));
        let collection = self.collection.and_then(|text| faults.take("?collection", Collection::parse(&text)));
        let subject = self.subject.and_then(|text| faults.take("?subject", Subject::parse(&text)));
        let include_download_url = match self.include.as_deref() {
            None => false,
            Some("downloadUrl") => true,
            Some(_) => faults.take("?include", Err(Invalid::rule("must be downloadUrl"))).unwrap_or_default(),
        };
        let mut filter = Filter { status, collection, subject, before: None, limit, include_download_url };
        let scope = filter.cursor_scope(principal);
        filter.before = self.cursor.and_then(|text| faults.take("?cursor", scope.id(&text))).map(UploadId::from);
        faults.finish(Some(filter))
    }
}
