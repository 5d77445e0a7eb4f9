//! `GET /v1/me`

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::problem::Problem;
use super::{State, view};
use crate::domain::Error;
use crate::domain::authenticate::Caller;
use crate::model::Role;

/// Who the caller is, and what it may do.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Me {
    /// The token's `sub`.
    subject: String,
    /// Null for a platform admin without a tenant.
    tenant: Option<MyTenant>,
    /// `user`, `tenant-admin` or `platform-admin`.
    #[schema(example = "user")]
    role: &'static str,
    limits: Option<view::Limits>,
    usage: Option<view::MonthlyUsage>,
}

/// The caller's tenant.
#[derive(Debug, Serialize, ToSchema)]
struct MyTenant {
    id: Uuid,
    slug: String,
    name: String,
    status: &'static str,
}

/// Who the caller is, for which tenant, and what the tenant may do and has used this month.
#[utoipa::path(
    get, path = "/v1/me", operation_id = "getMe", tag = "people", security(("cognito" = [])),
    responses(
        (status = 200, description = "The caller", body = Me),
    )
)]
pub(super) async fn get(caller: Caller, state: Data<State>) -> Result<HttpResponse, Problem> {
    let me = match (state.authenticator.principal(&caller).await, state.authenticator.admin(&caller)) {
        (Ok(principal), _) => {
            let tenant = &principal.tenant;
            Me {
                subject: principal.subject.to_string(),
                role: principal.role.as_str(),
                limits: Some(view::Limits::from(&tenant.limits)),
                usage: Some(state.uploads.usage(tenant).await?.into()),
                tenant: Some(MyTenant {
                    id: tenant.id.as_uuid(),
                    slug: tenant.slug.to_string(),
                    name: tenant.name.as_str().to_owned(),
                    status: tenant.status.as_str(),
                }),
            }
        }
        (Err(Error::TenantClaimMissing | Error::TenantUnknown | Error::TenantSuspended), Ok(admin)) => Me {
            subject: admin.subject.to_string(),
            tenant: None,
            role: Role::PlatformAdmin.as_str(),
            limits: None,
            usage: None,
        },
        (Err(error), _) => return Err(error.into()),
    };
    Ok(HttpResponse::Ok().json(me))
}
