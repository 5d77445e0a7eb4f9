//! `GET /v1/me`

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::problem::Problem;
use super::{State, schema, view};
use crate::domain::Error;
use crate::domain::authenticate::Caller;
use crate::model::Role;

/// Who the caller is, and what it may do.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Me {
    #[schema(value_type = schema::Subject)]
    subject: String,
    /// Null for a platform admin without a tenant.
    tenant: Option<MyTenant>,
    #[schema(value_type = schema::Role)]
    role: &'static str,
    /// Null without a tenant.
    limits: Option<view::Limits>,
    /// Null without a tenant.
    usage: Option<view::MonthlyUsage>,
}

/// The caller's tenant.
#[derive(Debug, Serialize, ToSchema)]
struct MyTenant {
    id: Uuid,
    #[schema(value_type = schema::Slug)]
    slug: String,
    #[schema(value_type = schema::TenantName)]
    name: String,
    #[schema(value_type = schema::TenantStatus)]
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
            // Elsewhere the middleware counts, which here lets in whoever has no tenant, too.
            state.metrics.tenant_series.request(&tenant.slug, state.clock.now());
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
        (
            Err(
                Error::TenantClaimMissing
                | Error::TenantUnknown
                | Error::IdentityProviderMismatch
                | Error::TenantSuspended,
            ),
            Ok(admin),
        ) => Me {
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
