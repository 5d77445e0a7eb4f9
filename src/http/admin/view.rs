//! How does a tenant look to a platform admin?

use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::adapters::postgres::usage::{DayUsage, Usage};
use crate::domain::tenants::revoke::Revocation;
use crate::domain::uploads::outstanding;
use crate::http::schema;
use crate::http::view::{Day, Limits, MonthlyUsage};
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
    /// In this month. Only in the answer about one tenant, or when asked for with `include=usage`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = MonthlyUsage)]
    usage: Option<MonthlyUsage>,
    /// The last thirty, oldest first; today is the last. Only when asked for with `include=usage`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<Day>, min_items = 30, max_items = 30)]
    days: Option<Vec<Day>>,
    /// Only in the answer to a suspension.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Outstanding)]
    outstanding: Option<Outstanding>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
}

/// Until when at most what was handed out to the tenant's people before can still work. S3 knows nothing of a suspension.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Outstanding {
    /// What came of the wish to revoke it. `made`: the upload role's policy denies the tenant's sessions, and IAM takes some seconds to
    /// tell all of S3, for which AWS states no bound; the times are when it would have ended by itself. `not-permitted`: the gateway
    /// has no `iam:PutRolePolicy` on the role. `failed`: IAM did not do it; ask again.
    #[schema(value_type = schema::Revocation)]
    revocation: &'static str,
    /// The URLs. What S3 has begun to receive by then still arrives.
    #[serde(with = "time::serde::rfc3339")]
    urls_until: OffsetDateTime,
    /// The temporary credentials; null when there are none that could.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime)]
    credentials_until: Option<OffsetDateTime>,
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
            days: None,
            outstanding: None,
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

    /// With that, and what arrived lately.
    pub(in crate::http) fn with_days(tenant: &model::Tenant, usage: Usage, days: Vec<DayUsage>) -> Self {
        Self { days: Some(days.into_iter().map(Day::from).collect()), ..Self::with_usage(tenant, usage) }
    }

    /// With what goes on working although it is suspended.
    pub(in crate::http) fn suspended(
        tenant: &model::Tenant,
        outstanding: outstanding::Outstanding,
        revocation: Revocation,
    ) -> Self {
        let outstanding::Outstanding { urls_until, credentials_until } = outstanding;
        let outstanding = Outstanding { revocation: revocation.as_str(), urls_until, credentials_until };
        Self { outstanding: Some(outstanding), ..Self::from(tenant) }
    }
}
