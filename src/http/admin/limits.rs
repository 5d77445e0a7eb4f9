//! `/v1/admin/limits`

use std::num::NonZeroU32;

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::limit_changes::LimitChanges;
use super::tenants::desk;
use super::values::{given, positive, set};
use crate::domain::gateway_limits::InForce;
use crate::http::extract::{Faults, Json};
use crate::http::integer::Integer;
use crate::http::object::Object;
use crate::http::problem::Problem;
use crate::http::view::Limits;
use crate::http::{State, schema};
use crate::model::{Admin, GatewayLimits, Provenance};

/// What holds for the whole gateway, on every replica.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = GatewayLimits)]
pub(in crate::http) struct View {
    /// What a new tenant begins with that names no limits of its own.
    limits: Limits,
    /// Of one person or client, whatever its tenant; null means no limit.
    #[schema(value_type = Option<schema::RequestsPerMinute>)]
    subject_requests_per_minute: Option<u32>,
    /// When an admin set them; null while the configuration's hold.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime)]
    set_at: Option<OffsetDateTime>,
}

impl From<InForce> for View {
    fn from(InForce { limits: GatewayLimits { new_tenants, subject_requests_per_minute }, set_at }: InForce) -> Self {
        let subject_requests_per_minute = subject_requests_per_minute.map(NonZeroU32::get);
        Self { limits: Limits::from(&new_tenants), subject_requests_per_minute, set_at }
    }
}

/// What is to hold for the whole gateway. What is absent stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct GatewayLimitChanges {
    /// What a new tenant begins with that names no limits of its own. Those that there are keep theirs.
    #[schema(value_type = Option<LimitChanges>)]
    limits: Option<Object<LimitChanges>>,
    /// Of one person or client, whatever its tenant; null means no limit. Each replica counts for itself.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<schema::RequestsPerMinute>)]
    subject_requests_per_minute: Option<Option<Integer>>,
}

/// The limits of the whole gateway.
#[utoipa::path(
    get, path = "/v1/admin/limits", operation_id = "getGatewayLimits", tag = "admin", security(("cognito" = [])),
    responses(
        (status = 200, description = "What holds now", body = View),
    )
)]
pub(in crate::http) async fn get(_admin: Admin, state: Data<State>) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(View::from(state.limits.current().await?)))
}

/// Changes limits of the whole gateway while it runs.
///
/// From then on they hold instead of all that the configuration says of them, also after a restart, on this replica at once and on
/// the others within a second.
#[utoipa::path(
    patch, path = "/v1/admin/limits", operation_id = "changeGatewayLimits", tag = "admin", security(("cognito" = [])),
    request_body = GatewayLimitChanges,
    responses(
        (status = 200, description = "What holds now", body = View),
    )
)]
pub(in crate::http) async fn patch(
    admin: Admin,
    provenance: Provenance,
    state: Data<State>,
    Json(body): Json<GatewayLimitChanges>,
) -> Result<HttpResponse, Problem> {
    let mut faults = Faults::default();
    let nothing = LimitChanges::default();
    let limits = body.limits.as_ref().map_or(&nothing, |Object(limits)| limits).parse(&mut faults);
    let of_subject = body.subject_requests_per_minute;
    let of_subject = of_subject.and_then(|n| faults.take("/subjectRequestsPerMinute", positive(n, i32::MAX)));
    faults.finish(Some(()))?;
    let of_subject =
        of_subject.map(|limit| limit.and_then(|limit| u32::try_from(limit).ok()).and_then(NonZeroU32::new));
    let change = state.limits.change(desk(&state, &admin, &provenance), |in_force| {
        limits.apply(&mut in_force.new_tenants);
        set(&mut in_force.subject_requests_per_minute, of_subject);
    });
    Ok(HttpResponse::Ok().json(View::from(change.await?)))
}

/// Goes back to the limits of the configuration.
#[utoipa::path(
    delete, path = "/v1/admin/limits", operation_id = "resetGatewayLimits", tag = "admin", security(("cognito" = [])),
    responses(
        (status = 200, description = "What holds now", body = View),
    )
)]
pub(in crate::http) async fn delete(
    admin: Admin,
    provenance: Provenance,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let in_force = state.limits.reset(desk(&state, &admin, &provenance)).await?;
    Ok(HttpResponse::Ok().json(View::from(in_force)))
}
