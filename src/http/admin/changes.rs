//! What may an admin say about a tenant?

use serde::Deserialize;
use time::OffsetDateTime;
use utoipa::openapi::schema::{AllOfBuilder, ObjectBuilder, Type};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::limit_changes::{self, LimitChanges};
use super::values::{given, list, set};
use crate::http::extract::Faults;
use crate::http::object::Object;
use crate::http::problem::Problem;
use crate::http::schema;
use crate::model::{
    ClaimValue, EmailDomain, Invalid, Isolation, Limits, ProviderName, Slug, Tenant, TenantId, TenantName, TenantStatus,
};

/// What is to be so about a tenant. What is absent gets its default, or stays as it is.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct TenantChanges {
    /// Only a new tenant's: it never changes.
    #[schema(ignore)]
    slug: Option<String>,
    #[schema(value_type = Option<schema::TenantName>)]
    name: Option<String>,
    /// The values of the tenant claim that mean this tenant.
    #[schema(value_type = Option<Vec<schema::ClaimValue>>, max_items = 100)]
    claim_values: Option<Vec<String>>,
    /// Where its people have their addresses.
    #[schema(value_type = Option<Vec<schema::EmailDomain>>, max_items = 100)]
    email_domains: Option<Vec<String>>,
    /// What its people sign in through; null for none. Who signed in through any other is refused.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<schema::IdentityProvider>)]
    identity_provider: Option<Option<String>>,
    /// May people enter who signed in through no identity provider, at the user pool itself? A new tenant's default: only when it
    /// has no identity provider.
    native_users: Option<bool>,
    #[schema(value_type = Option<LimitChanges>)]
    limits: Option<Object<LimitChanges>>,
    #[schema(value_type = Option<schema::TenantIsolation>)]
    isolation: Option<String>,
    /// May its people have temporary S3 credentials, which write below their own prefix?
    credential_vending: Option<bool>,
    /// May these also read and list what is below that prefix?
    credential_reading: Option<bool>,
}

/// What a tenant begins with: [`TenantChanges`], and what it cannot be without. For the contract alone.
pub(in crate::http) enum NewTenant {}

impl PartialSchema for NewTenant {
    fn schema() -> RefOr<Schema> {
        let own = ObjectBuilder::new()
            .schema_type(Type::Object)
            .property("slug", Ref::from_schema_name(schema::Slug::name()))
            .property("name", Ref::from_schema_name(schema::TenantName::name()))
            .required("slug")
            .required("name");
        let whole = AllOfBuilder::new().item(Ref::from_schema_name(TenantChanges::name())).item(own);
        whole.description(Some("What a new tenant is like. What is absent gets its default.")).into()
    }
}

impl ToSchema for NewTenant {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((schema::Slug::name().into(), schema::Slug::schema()));
        schemas.push((TenantChanges::name().into(), TenantChanges::schema()));
        TenantChanges::schemas(schemas);
    }
}

/// The same, each member parsed.
struct Parsed {
    slug: Option<Slug>,
    name: Option<TenantName>,
    claim_values: Option<Box<[ClaimValue]>>,
    email_domains: Option<Box<[EmailDomain]>>,
    identity_provider: Option<Option<ProviderName>>,
    native_users: Option<bool>,
    limits: limit_changes::Parsed,
    isolation: Option<Isolation>,
    credential_vending: Option<bool>,
    credential_reading: Option<bool>,
}

impl TenantChanges {
    /// A new tenant with these members, or everything that is wrong with them.
    pub(super) fn create(self, limits: Limits, now: OffsetDateTime) -> Result<Tenant, Problem> {
        let mut faults = Faults::default();
        for (pointer, absent) in [("/slug", self.slug.is_none()), ("/name", self.name.is_none())] {
            if absent {
                faults.take::<()>(pointer, Err(Invalid::rule("is required")));
            }
        }
        let mut parsed = self.parse(&mut faults);
        let has_provider = matches!(parsed.identity_provider, Some(Some(_)));
        let named = parsed.slug.take().zip(parsed.name.take());
        let (slug, name) = faults.finish(named)?;
        let mut tenant = Tenant {
            id: TenantId::new(now),
            slug,
            name,
            status: TenantStatus::Active,
            claim_values: Box::default(),
            email_domains: Box::default(),
            identity_provider: None,
            native_users: !has_provider,
            limits,
            isolation: Isolation::Tenant,
            credential_vending: false,
            credential_reading: false,
            sessions_from: None,
            created_at: now,
            updated_at: now,
        };
        parsed.apply(&mut tenant);
        Ok(tenant)
    }

    /// Changes the tenant, or says everything that is wrong with the change.
    pub(super) fn change(self, tenant: &mut Tenant) -> Result<(), Vec<(&'static str, Invalid)>> {
        if self.slug.as_ref().is_some_and(|slug| slug != tenant.slug.as_str()) {
            return Err(vec![("/slug", Invalid::rule("never changes: it is in every object's key"))]);
        }
        self.parse(&mut Faults::default()).apply(tenant);
        Ok(())
    }

    /// Everything that is wrong with these members, whatever tenant they are for.
    pub(super) fn check(&self) -> Result<(), Problem> {
        let mut faults = Faults::default();
        self.parse(&mut faults);
        faults.finish(Some(()))
    }

    fn parse(&self, faults: &mut Faults) -> Parsed {
        let nothing = LimitChanges::default();
        let limits = self.limits.as_ref().map_or(&nothing, |Object(limits)| limits);
        Parsed {
            slug: self.slug.as_ref().and_then(|text| faults.take("/slug", Slug::parse(text))),
            name: self.name.as_ref().and_then(|text| faults.take("/name", TenantName::parse(text))),
            claim_values: list(faults, "/claimValues", self.claim_values.as_ref(), ClaimValue::parse),
            email_domains: list(faults, "/emailDomains", self.email_domains.as_ref(), EmailDomain::parse),
            identity_provider: self.identity_provider.as_ref().and_then(|name| {
                let name = name.as_deref().map(ProviderName::parse).transpose();
                faults.take("/identityProvider", name)
            }),
            native_users: self.native_users,
            limits: limits.parse(faults),
            isolation: self.isolation.as_ref().and_then(|text| faults.take("/isolation", Isolation::parse(text))),
            credential_vending: self.credential_vending,
            credential_reading: self.credential_reading,
        }
    }
}

impl Parsed {
    fn apply(self, tenant: &mut Tenant) {
        set(&mut tenant.name, self.name);
        set(&mut tenant.claim_values, self.claim_values);
        set(&mut tenant.email_domains, self.email_domains);
        set(&mut tenant.identity_provider, self.identity_provider);
        set(&mut tenant.native_users, self.native_users);
        self.limits.apply(&mut tenant.limits);
        set(&mut tenant.isolation, self.isolation);
        set(&mut tenant.credential_vending, self.credential_vending);
        set(&mut tenant.credential_reading, self.credential_reading);
    }
}
