//! Who lives in the sandbox? Two tenants with two people and an admin each, and a platform admin who belongs to none.

use time::OffsetDateTime;
use uuid::Uuid;

use super::Error;
use super::cognito::{IdentityProvider, User};
use crate::adapters::postgres::{self, DatabaseError};
use crate::config::Config;
use crate::model::{
    ClaimValue, Clock, EmailDomain, Isolation, ProviderName, Slug, Tenant, TenantId, TenantName, TenantStatus,
};

/// The same for everyone: this is loopback, and it is printed at the start.
pub const PASSWORD: &str = "Sandbox-1234";

/// The tenants: slug, name, claim value, e-mail domain and identity provider. The claim is not the slug, as in real life.
const TENANTS: [(&str, &str, &str, &str, &str); 2] = [
    ("acme", "Acme Inc.", "Acme Customer 1", "acme.example", "AcmeSSO"),
    ("globex", "Globex Corporation", "Globex Customer 2", "globex.example", "GlobexSSO"),
];

/// The identity provider of each tenant, which the sandbox plays itself.
#[must_use]
pub fn identity_providers() -> Vec<IdentityProvider> {
    let provider = |(_, _, claim, domain, name): (&str, &str, &str, &str, &str)| IdentityProvider {
        name: name.to_owned(),
        domain: domain.to_owned(),
        customer_name: claim.to_owned(),
    };
    TENANTS.map(provider).to_vec()
}

/// Everyone who can sign in.
#[must_use]
pub fn people() -> Vec<User> {
    let mut people = Vec::new();
    for (names, (_, _, claim, domain, _)) in [["alice", "bob", "ada"], ["gina", "gus", "greta"]].iter().zip(TENANTS) {
        for (index, name) in names.iter().enumerate() {
            let groups = if index == 2 { vec!["tenant-admins".to_owned()] } else { Vec::new() };
            people.push(person(&format!("{name}@{domain}"), Some(claim), groups));
        }
    }
    people.push(person("admin@platform.example", None, vec!["platform-admins".to_owned()]));
    people
}

/// The tenant's slug of a person, by the claim value.
#[must_use]
pub fn slug_of(person: &User) -> Option<&'static str> {
    let claim = person.customer_name.as_deref()?;
    TENANTS.iter().find(|(_, _, value, ..)| *value == claim).map(|(slug, ..)| *slug)
}

/// The role of a person, by the groups.
#[must_use]
pub fn role_of(person: &User) -> &'static str {
    match person.groups.first().map(String::as_str) {
        Some("platform-admins") => "platform-admin",
        Some("tenant-admins") => "tenant-admin",
        _ => "user",
    }
}

fn person(email: &str, claim: Option<&str>, groups: Vec<String>) -> User {
    User {
        email: email.to_owned(),
        password: PASSWORD.into(),
        // The same in every sandbox, so that object keys stay the same too.
        sub: Uuid::from_u128(
            email.bytes().fold(0x9e37_79b9_7f4a_7c15, |n: u128, b| n.wrapping_mul(131) ^ u128::from(b)),
        ),
        customer_name: claim.map(ToOwned::to_owned),
        groups,
        provider: None,
    }
}

/// Creates the tenants that are not there yet, and binds those that an earlier sandbox bound to no identity provider.
///
/// # Errors
/// When the database does not take them.
pub async fn seed(config: &Config, clock: &Clock) -> Result<(), Error> {
    let pool = postgres::Pools::new(&config.database)?.pool;
    let mut transaction = postgres::begin(&pool).await?;
    for (slug, name, claim, domain, provider) in TENANTS {
        let tenant = tenant(config, clock.now(), [slug, name, claim, domain, provider])?;
        match postgres::tenants::find_by_claim(&mut *transaction, claim).await? {
            None => postgres::tenants::insert(&mut transaction, &tenant).await?,
            Some(earlier) if earlier.identity_provider.is_none() => {
                let bound = Tenant { identity_provider: tenant.identity_provider, ..earlier };
                postgres::tenants::update(&mut transaction, &bound).await?;
            }
            Some(_) => {}
        }
    }
    transaction.commit().await?;
    pool.close().await;
    Ok(())
}

fn tenant(
    config: &Config,
    now: OffsetDateTime,
    [slug, name, claim, domain, provider]: [&str; 5],
) -> Result<Tenant, DatabaseError> {
    Ok(Tenant {
        id: TenantId::new(now),
        slug: Slug::parse(slug)?,
        name: TenantName::parse(name)?,
        status: TenantStatus::Active,
        claim_values: [ClaimValue::parse(claim)?].into(),
        email_domains: [EmailDomain::parse(domain)?].into(),
        identity_provider: Some(ProviderName::parse(provider)?),
        native_users: true,
        limits: config.limits.clone(),
        isolation: Isolation::Tenant,
        credential_vending: false,
        credential_reading: false,
        sessions_from: None,
        created_at: now,
        updated_at: now,
    })
}
