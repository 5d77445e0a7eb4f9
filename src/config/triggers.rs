//! Which settings do the Cognito triggers run with? A function has no file, so all are variables named `TRIGGERS_…`.
//!
//! | variable | default | |
//! |---|---|---|
//! | `TRIGGERS_TENANT_CLAIM` | `custom:customerName` | the custom attribute that names a person's tenant |
//! | `TRIGGERS_IDENTITY_PROVIDERS` | `{}` | JSON: each identity provider's name to `{"tenant": "…"}`, the attribute's one lawful value |
//! | `TRIGGERS_LOCKOUT_TABLE` | none | the DynamoDB table of attempts; without it nobody is locked out |
//! | `TRIGGERS_LOCKOUT_ATTEMPTS` | `5` | 1 to 1000 |
//! | `TRIGGERS_LOCKOUT_DURATION` | `15m` | 1s to 1day |
//! | `TRIGGERS_LOCKOUT_OUTAGE` | `open` | `open` lets people sign in uncounted while the table does not answer, `closed` refuses them |
//!
//! AWS gives all variables of a function 4 KB together, which is some fifty identity providers.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

use super::reader::{Fault, Faults, Reader};
use super::values::{HOUR, SECOND, not_empty};
use crate::model::{ClaimValue, Invalid, LockoutPolicy, ProviderName};

const PREFIX: &str = "TRIGGERS";

/// Everything that can be set, parsed and within its bounds.
#[derive(Debug, Clone)]
pub struct Triggers {
    /// The custom attribute that names a person's tenant, with its `custom:`.
    pub tenant_claim: String,
    /// Which tenant each identity provider may speak for.
    pub identity_providers: Bindings,
    /// Where attempts are counted; nowhere when nobody is locked out.
    pub lockout: Option<Lockout>,
}

/// How accounts are locked.
#[derive(Debug, Clone)]
pub struct Lockout {
    /// The DynamoDB table's name.
    pub table: String,
    /// How many attempts, and how long.
    pub policy: LockoutPolicy,
    /// What happens while the table does not answer.
    pub outage: Outage,
}

/// What becomes of a sign-in that cannot be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outage {
    /// It goes on: passwords can be guessed until the table answers again.
    Open,
    /// It is refused: nobody signs in with a password until the table answers again.
    Closed,
}

/// The tenant that each identity provider is bound to, by the value that the tenant's attribute must have.
#[derive(Debug, Clone, Default)]
pub struct Bindings(BTreeMap<String, ClaimValue>);

impl Bindings {
    /// The one value that this provider's people may have, if the provider is known. Its case counts.
    #[must_use]
    pub fn tenant_of(&self, provider: &ProviderName) -> Option<&ClaimValue> {
        self.0.get(provider.as_str())
    }

    /// The tenant of the provider that a federated user's name, `{provider}_{id}`, begins with. Case does not count, because a pool
    /// whose names are case-insensitive writes them in lower case. No two providers can fit: [`Triggers::load`] sees to it.
    #[must_use]
    pub fn tenant_of_user_name(&self, user_name: &str) -> Option<&ClaimValue> {
        let lower = user_name.to_lowercase();
        let fits = |name: &&String| is_beginning(&name.to_lowercase(), &lower);
        self.0.iter().find(|(name, _)| fits(name)).map(|(_, tenant)| tenant)
    }

    /// # Errors
    /// When the text is not such an object, a name or a tenant is not one, or the user names of two providers could be mistaken for
    /// each other.
    fn parse(text: &str) -> Result<Self, Invalid> {
        let written: BTreeMap<String, Binding> = serde_json::from_str(text)
            .map_err(|error| Invalid::from(format!("must be a JSON object of {{\"tenant\": \"…\"}}: {error}")))?;
        let mut bindings = BTreeMap::new();
        for (name, Binding { tenant }) in written {
            let name = ProviderName::parse(&name)
                .map_err(|rule| Invalid::from(format!("the name of the identity provider {name:?} {rule}")))?;
            let tenant = ClaimValue::parse(&tenant)
                .map_err(|rule| Invalid::from(format!("the tenant of {:?} {rule}", name.as_str())))?;
            let (new, lower) = (name.as_str(), name.as_str().to_lowercase());
            let is_like = |other: &&String| {
                let other = other.to_lowercase();
                other == lower || is_beginning(&other, &lower) || is_beginning(&lower, &other)
            };
            if let Some(other) = bindings.keys().find(is_like) {
                return Err(Invalid::from(format!(
                    "{other:?} and {new:?} could be mistaken in the names of their users"
                )));
            }
            bindings.insert(new.to_owned(), tenant);
        }
        Ok(Self(bindings))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Binding {
    tenant: String,
}

fn is_beginning(name: &str, longer: &str) -> bool {
    longer.strip_prefix(name).is_some_and(|rest| rest.starts_with('_'))
}

impl Triggers {
    /// From this process's variables.
    ///
    /// # Errors
    /// Every fault at once, each with the name of its variable.
    pub fn load() -> Result<Self, Faults> {
        Self::from_sources(config::Environment::default())
    }

    /// From these variables, and nothing from the environment.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn from_variables<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, Faults> {
        let pairs = variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self::from_sources(config::Environment::default().source(Some(pairs.collect())))
    }

    fn from_sources(variables: config::Environment) -> Result<Self, Faults> {
        let variables = variables.prefix(PREFIX).prefix_separator("_");
        let source = config::Config::builder()
            .set_default("tenant_claim", "custom:customerName")
            .and_then(|source| source.set_default("identity_providers", "{}"))
            .and_then(|source| source.set_default("lockout_attempts", "5"))
            .and_then(|source| source.set_default("lockout_duration", "15m"))
            .and_then(|source| source.set_default("lockout_outage", "open"))
            .and_then(|source| source.add_source(variables).build())
            .map_err(|error| Faults::one(PREFIX, error.to_string()))?;
        let mut reader = Reader::new(source);
        let triggers = read(&mut reader);
        reader.finish(triggers).map_err(by_variable)
    }
}

fn read(reader: &mut Reader) -> Option<Triggers> {
    let tenant_claim = reader.required_parsed("tenant_claim", custom_attribute);
    let identity_providers = reader.required_parsed("identity_providers", Bindings::parse);
    let table = reader.parsed("lockout_table", not_empty);
    let attempts = reader.number("lockout_attempts", 1, 1000).and_then(|attempts| u32::try_from(attempts).ok());
    let duration = reader.duration("lockout_duration", SECOND, 24 * HOUR).map(whole_milliseconds);
    let outage = reader.required_parsed("lockout_outage", outage);
    let (attempts, duration, outage) = (attempts?, duration?, outage?);
    let policy = LockoutPolicy { attempts, duration };
    let lockout = table.map(|table| Lockout { table, policy, outage });
    Some(Triggers { tenant_claim: tenant_claim?, identity_providers: identity_providers?, lockout })
}

/// <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SchemaAttributeType.html>
fn custom_attribute(text: &str) -> Result<String, Invalid> {
    let is_name = |name: &str| {
        (1..=20).contains(&name.chars().count()) && !name.chars().any(|c| c.is_control() || c.is_whitespace())
    };
    match text.strip_prefix("custom:") {
        Some(name) if is_name(name) => Ok(text.to_owned()),
        _ => Err(Invalid::rule("must be custom: and the 1 to 20 characters of an attribute's name")),
    }
}

fn outage(text: &str) -> Result<Outage, Invalid> {
    match text {
        "open" => Ok(Outage::Open),
        "closed" => Ok(Outage::Closed),
        _ => Err(Invalid::rule("must be open or closed")),
    }
}

fn whole_milliseconds(duration: Duration) -> Duration {
    Duration::from_millis(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}

fn by_variable(faults: Faults) -> Faults {
    let named = |fault: Fault| Fault { setting: format!("{PREFIX}_{}", fault.setting.to_uppercase()), ..fault };
    Faults(faults.0.into_iter().map(named).collect())
}

#[cfg(test)]
#[path = "triggers_tests.rs"]
mod tests;
