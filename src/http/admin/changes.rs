//! What may an admin say about a tenant?

use serde::{Deserialize, Deserializer};
use time::OffsetDateTime;
use utoipa::openapi::schema::{AllOfBuilder, ObjectBuilder, Type};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::http::extract::Faults;
use crate::http::integer::Integer;
use crate::http::object::Object;
use crate::http::problem::Problem;
use crate::http::schema;
use crate::model::{
    ClaimValue, ContentTypePattern, EmailDomain, FileSize, Invalid, Isolation, Limits, ProviderName, Slug, Tenant,
    TenantId, TenantName, TenantStatus,
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

/// What may change about the limits; null takes a limit away.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LimitChanges {
    /// The largest object.
    #[schema(value_type = Option<schema::FileSize>)]
    max_upload_bytes: Option<Integer>,
    #[schema(value_type = Option<Vec<schema::ContentTypePattern>>, max_items = 100)]
    allowed_content_types: Option<Vec<String>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<schema::MonthlyBytes>)]
    monthly_bytes: Option<Option<Integer>>,
    /// Of all its people together.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<schema::RequestsPerMinute>)]
    requests_per_minute: Option<Option<Integer>>,
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

/// Tells a null from an absent member.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// The same, each member parsed.
struct Parsed {
    slug: Option<Slug>,
    name: Option<TenantName>,
    claim_values: Option<Vec<ClaimValue>>,
    email_domains: Option<Vec<EmailDomain>>,
    identity_provider: Option<Option<ProviderName>>,
    native_users: Option<bool>,
    max_upload_bytes: Option<FileSize>,
    allowed_content_types: Option<Vec<ContentTypePattern>>,
    monthly_bytes: Option<Option<i64>>,
    requests_per_minute: Option<Option<i32>>,
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
            claim_values: Vec::new(),
            email_domains: Vec::new(),
            identity_provider: None,
            native_users: !has_provider,
            limits,
            isolation: Isolation::Tenant,
            credential_vending: false,
            credential_reading: false,
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
            max_upload_bytes: limits
                .max_upload_bytes
                .and_then(|Integer(bytes)| faults.take("/limits/maxUploadBytes", FileSize::parse(bytes))),
            allowed_content_types: list(
                faults,
                "/limits/allowedContentTypes",
                limits.allowed_content_types.as_ref(),
                ContentTypePattern::parse,
            ),
            monthly_bytes: limits
                .monthly_bytes
                .and_then(|n| faults.take("/limits/monthlyBytes", positive(n, i64::MAX))),
            requests_per_minute: limits
                .requests_per_minute
                .and_then(|n| faults.take("/limits/requestsPerMinute", positive(n, i32::MAX))),
            isolation: self.isolation.as_ref().and_then(|text| faults.take("/isolation", Isolation::parse(text))),
            credential_vending: self.credential_vending,
            credential_reading: self.credential_reading,
        }
    }
}

impl Parsed {
    fn apply(self, tenant: &mut Tenant) {
        fn set<T>(place: &mut T, value: Option<T>) {
            if let Some(value) = value {
                *place = value;
            }
        }
        set(&mut tenant.name, self.name);
        set(&mut tenant.claim_values, self.claim_values);
        set(&mut tenant.email_domains, self.email_domains);
        set(&mut tenant.identity_provider, self.identity_provider);
        set(&mut tenant.native_users, self.native_users);
        set(&mut tenant.limits.max_upload_bytes, self.max_upload_bytes);
        set(&mut tenant.limits.allowed_content_types, self.allowed_content_types);
        set(&mut tenant.limits.monthly_bytes, self.monthly_bytes);
        set(&mut tenant.limits.requests_per_minute, self.requests_per_minute);
        set(&mut tenant.isolation, self.isolation);
        set(&mut tenant.credential_vending, self.credential_vending);
        set(&mut tenant.credential_reading, self.credential_reading);
    }
}

/// 1 to the most that the type holds.
fn positive<T: TryFrom<i64> + Into<i64>>(value: Option<Integer>, most: T) -> Result<Option<T>, Invalid> {
    let Some(Integer(number)) = value else { return Ok(None) };
    if number < 1 {
        return Err(Invalid::rule("must be at least 1, or null"));
    }
    let too_large = |_| format!("must be at most {}, or null", most.into()).into();
    T::try_from(number).map(Some).map_err(too_large)
}

/// In one order, whatever order they came in, and none twice.
fn list<T: Ord>(
    faults: &mut Faults,
    pointer: &'static str,
    texts: Option<&Vec<String>>,
    parse: impl Fn(&str) -> Result<T, Invalid>,
) -> Option<Vec<T>> {
    let texts = texts?;
    if texts.len() > 100 {
        return faults.take(pointer, Err(Invalid::rule("must hold at most 100 values")));
    }
    let mut values = faults.take_all(pointer, texts, parse);
    values.sort_unstable();
    values.dedup();
    Some(values)
}
