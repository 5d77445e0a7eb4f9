//! How does a tenant look to a platform admin?

use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::adapters::postgres::usage::Usage;
use crate::http::schema;
use crate::http::view::{Limits, MonthlyUsage};
use crate::model;

/// A tenant, as a platform admin sees it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct Tenant {
    id: Uuid,
    #[schema(value_type = schema::Slug)]
    slug: String,
    #[schema(value_type = schema::TenantName)]
    name: String,
    #[schema(value_type = schema::TenantStatus)]
    status: &'static str,
    /// The values of the tenant claim that mean this tenant, exactly as the identity provider sends them.
    #[schema(value_type = Vec<schema::ClaimValue>, max_items = 100)]
    claim_values: Vec<String>,
    /// Where its people have their addresses.
    #[schema(value_type = Vec<schema::EmailDomain>, max_items = 100)]
    email_domains: Vec<String>,
    /// What its people sign in through; null for none. Who signed in through any other is refused.
    #[schema(value_type = Option<schema::IdentityProvider>)]
    identity_provider: Option<String>,
    /// May people enter who signed in through no identity provider, at the user pool itself?
    native_users: bool,
    limits: Limits,
    #[schema(value_type = schema::TenantIsolation)]
    isolation: &'static str,
    /// May its people have temporary S3 credentials, which write below their own prefix?
    credential_vending: bool,
    /// May these also read and list what is below that prefix?
    credential_reading: bool,
    /// Only in the answer about one tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = MonthlyUsage)]
    usage: Option<MonthlyUsage>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
}

impl From<&model::Tenant> for Tenant {
    fn from(tenant: &model::Tenant) -> Self {
        Self {
            id: tenant.id.as_uuid(),
            slug: tenant.slug.to_string(),
            name: tenant.name.as_str().to_owned(),
            status: tenant.status.as_str(),
            claim_values: tenant.claim_values.iter().map(|v| v.as_str().to_owned()).collect(),
            email_domains: tenant.email_domains.iter().map(|d| d.as_str().to_owned()).collect(),
            identity_provider: tenant.identity_provider.as_ref().map(|name| name.as_str().to_owned()),
            native_users: tenant.native_users,
            limits: Limits::from(&tenant.limits),
            isolation: tenant.isolation.as_str(),
            credential_vending: tenant.credential_vending,
            credential_reading: tenant.credential_reading,
            usage: None,
            created_at: tenant.created_at,
            updated_at: tenant.updated_at,
        }
    }
}

impl Tenant {
    /// With what it used in this month.
    pub(in crate::http) fn with_usage(tenant: &model::Tenant, usage: Usage) -> Self {
        Self { usage: Some(usage.into()), ..Self::from(tenant) }
    }
}
