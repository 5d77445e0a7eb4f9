//! `/v1/admin/tenants`

use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::changes::{NewTenant, TenantChanges};
use super::view;
use crate::adapters::postgres::tenants::Filter;
use crate::domain::Error;
use crate::domain::tenants::administer::{self, Desk};
use crate::http::extract::{Faults, Id, Json, OptionalJson, Query};
use crate::http::problem::Problem;
use crate::http::{State, schema};
use crate::model::{Admin, Invalid, Provenance, TenantId, TenantStatus};

/// Which tenants to show.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct Listing {
    /// How many.
    #[param(value_type = schema::PageSize, inline, required = false)]
    limit: Option<String>,
    /// The `nextCursor` of the page before, with the same filters.
    #[param(value_type = schema::Cursor, inline, required = false)]
    cursor: Option<String>,
    /// Those alone that are so.
    #[param(value_type = schema::TenantStatus, inline, required = false)]
    status: Option<String>,
    /// A text that slug or name must hold.
    #[param(value_type = schema::TenantSearch, inline, required = false)]
    q: Option<String>,
    /// `usage`: with what each used this month and on each of the last thirty days.
    #[param(value_type = schema::TenantInclusion, inline, required = false)]
    include: Option<String>,
}

/// A page of tenants, newest first.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TenantPage)]
pub(in crate::http) struct Page {
    #[schema(max_items = 200)]
    items: Vec<view::Tenant>,
    /// What to ask for next; null on the last page.
    #[schema(value_type = Option<schema::Cursor>)]
    next_cursor: Option<String>,
}

/// Lists tenants.
#[utoipa::path(
    get, path = "/v1/admin/tenants", operation_id = "listTenants", tag = "admin", security(("cognito" = [])), params(Listing),
    responses(
        (status = 200, description = "A page of tenants, newest first", body = Page),
    )
)]
pub(in crate::http) async fn list(
    _admin: Admin,
    Query(listing): Query<Listing>,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let (filter, include_usage) = listing.parse()?;
    let scope = administer::cursor_scope(&filter);
    let (found, more) = administer::list(&state.pool, filter).await?;
    let next_cursor = found.last().filter(|_| more).map(|tenant| scope.after_id(tenant.id.as_uuid()));
    let items = if include_usage {
        let used = state.uploads.usage_of_page(&found).await?;
        found.iter().zip(used).map(|(tenant, (usage, days))| view::Tenant::with_days(tenant, usage, days)).collect()
    } else {
        found.iter().map(view::Tenant::from).collect()
    };
    Ok(HttpResponse::Ok().json(Page { items, next_cursor }))
}

/// Creates a tenant.
#[utoipa::path(
    post, path = "/v1/admin/tenants", operation_id = "createTenant", tag = "admin", security(("cognito" = [])), request_body = NewTenant,
    extensions(("x-problems" = json!(["taken"]))),
    responses(
        (status = 201, description = "Created", body = view::Tenant, headers(("location" = String, description = "The tenant's own path"))),
    )
)]
pub(in crate::http) async fn create(
    admin: Admin,
    provenance: Provenance,
    state: Data<State>,
    Json(body): Json<TenantChanges>,
) -> Result<HttpResponse, Problem> {
    let desk = desk(&state, &admin, &provenance);
    let tenant = body.create(state.limits.current().await?.limits.new_tenants, desk.now)?;
    let tenant = administer::create(desk, tenant).await?;
    let location = format!("/v1/admin/tenants/{}", tenant.id);
    Ok(HttpResponse::Created().insert_header((LOCATION, location)).json(view::Tenant::from(&tenant)))
}

/// One tenant, with what it used this month.
#[utoipa::path(
    get, path = "/v1/admin/tenants/{id}", operation_id = "getTenant", tag = "admin", security(("cognito" = [])),
    params(("id" = Uuid, Path, description = "The tenant")),
    responses(
        (status = 200, description = "The tenant", body = view::Tenant),
    )
)]
pub(in crate::http) async fn get(_admin: Admin, Id(id): Id, state: Data<State>) -> Result<HttpResponse, Problem> {
    let tenant = administer::find(&state.pool, TenantId::from(id)).await?;
    let usage = state.uploads.usage(&tenant).await?;
    Ok(HttpResponse::Ok().json(view::Tenant::with_usage(&tenant, usage)))
}

/// Changes a tenant.
///
/// Another identity provider, no native users any more, or a claim value less: then every Uppy session of the tenant ends, as it
/// may be of somebody whose token is refused now.
#[utoipa::path(
    patch, path = "/v1/admin/tenants/{id}", operation_id = "changeTenant", tag = "admin", security(("cognito" = [])), request_body = TenantChanges,
    params(("id" = Uuid, Path, description = "The tenant")),
    extensions(("x-problems" = json!(["taken"]))),
    responses(
        (status = 200, description = "The tenant as it is now", body = view::Tenant),
    )
)]
pub(in crate::http) async fn patch(
    admin: Admin,
    provenance: Provenance,
    Id(id): Id,
    state: Data<State>,
    Json(body): Json<TenantChanges>,
) -> Result<HttpResponse, Problem> {
    body.check()?;
    let desk = desk(&state, &admin, &provenance);
    let change = administer::change(desk, TenantId::from(id), "tenant.changed", |tenant| {
        body.change(tenant).map_err(Error::NotAllowed)
    });
    Ok(HttpResponse::Ok().json(view::Tenant::from(&change.await?)))
}

/// How to suspend a tenant.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct Suspension {
    /// Also take back what its people were handed out: the URLs, forms and temporary credentials that still work.
    #[serde(default)]
    revoke_outstanding: bool,
}

/// Suspends a tenant: its people's next request is refused.
///
/// What was handed out before works until it expires, because S3 knows nothing of a suspension: `outstanding` says until when
/// at most. Another replica may hear of the suspension a second later, and what it hands out in that second lives as much longer.
///
/// With `revokeOutstanding`, the upload role's policy denies the tenant's sessions that have begun so far, if the gateway may write it
/// (`iam:PutRolePolicy`): `outstanding` says what came of it. Should the tenant be activated soon after, it is answered 503 for the
/// rest of a minute or so, until new sessions are beyond doubt. Who is suspended already can be asked for once more.
#[utoipa::path(
    post, path = "/v1/admin/tenants/{id}/suspend", operation_id = "suspendTenant", tag = "admin", security(("cognito" = [])),
    request_body = Option<Suspension>,
    params(("id" = Uuid, Path, description = "The tenant")),
    responses(
        (status = 200, description = "The tenant, suspended", body = view::Tenant),
    )
)]
pub(in crate::http) async fn suspend(
    admin: Admin,
    provenance: Provenance,
    Id(id): Id,
    state: Data<State>,
    OptionalJson(body): OptionalJson<Suspension>,
) -> Result<HttpResponse, Problem> {
    let Suspension { revoke_outstanding } = body.unwrap_or_default();
    let desk = desk(&state, &admin, &provenance);
    let (tenant, revocation) = state.revoker.suspend(&desk, TenantId::from(id), revoke_outstanding).await?;
    let outstanding = state.uploads.outstanding(&tenant).await;
    Ok(HttpResponse::Ok().json(view::Tenant::suspended(&tenant, outstanding, revocation)))
}

/// Activates a tenant that was suspended.
#[utoipa::path(
    post, path = "/v1/admin/tenants/{id}/activate", operation_id = "activateTenant", tag = "admin", security(("cognito" = [])),
    params(("id" = Uuid, Path, description = "The tenant")),
    responses(
        (status = 200, description = "The tenant, active", body = view::Tenant),
    )
)]
pub(in crate::http) async fn activate(
    admin: Admin,
    provenance: Provenance,
    Id(id): Id,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let desk = desk(&state, &admin, &provenance);
    let change = administer::change(desk, TenantId::from(id), "tenant.activated", |tenant| {
        tenant.status = TenantStatus::Active;
        Ok(())
    });
    Ok(HttpResponse::Ok().json(view::Tenant::from(&change.await?)))
}

/// What the admin's action needs.
pub(super) fn desk<'a>(state: &'a State, admin: &'a Admin, provenance: &'a Provenance) -> Desk<'a> {
    Desk { pool: &state.pool, directory: &state.directory, admin, provenance, now: state.clock.now() }
}

impl Listing {
    fn parse(self) -> Result<(Filter, bool), Problem> {
        let mut faults = Faults::default();
        let limit = faults.page_size(self.limit.as_deref()).into();
        let status = self.status.and_then(|text| faults.take("?status", TenantStatus::parse(&text)));
        let fits = self.q.as_ref().is_none_or(|text| text.chars().count() <= 200 && !text.contains('\0'));
        let q = if fits { Ok(self.q) } else { Err(Invalid::rule("must be at most 200 characters, without NUL")) };
        let text = faults.take("?q", q).flatten();
        let mut filter = Filter { status, text, before: None, limit };
        let scope = administer::cursor_scope(&filter);
        filter.before = self.cursor.and_then(|text| faults.take("?cursor", scope.id(&text))).map(TenantId::from);
        let include_usage = match self.include.as_deref() {
            None => false,
            Some("usage") => true,
            Some(_) => faults.take("?include", Err(Invalid::rule("must be usage"))).unwrap_or_default(),
        };
        faults.finish(Some((filter, include_usage)))
    }
}
