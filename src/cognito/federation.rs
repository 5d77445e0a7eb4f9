//! Which tenant does an identity provider's person belong to? The one that the provider is bound to, whatever it says.
//!
//! Cognito asks before every write of a federated profile. The answer, `userAttributesToMap`, is all or nothing: what is left out is
//! dropped, and an empty one changes nothing, so every attribute is copied: those of the user info, over them those of the ID token,
//! or those of the SAML response. The tokens themselves (`tokenResponse`) are not attributes and are not stored.
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-inbound-federation.html>
//!
//! AWS does not say whether the names in the answer are the provider's, to which the pool's attribute mapping still applies, or the
//! pool's own, and its examples have both. So the tenant goes in by both names: `custom:customerName`, and `customerName`, which is what
//! the mapping of each provider should name as the source.
//!
//! A provider that names a tenant by itself may name its own. Any other, under any name that ends in `customerName`, is refused
//! rather than overwritten: it is a fault or an attack, and both should be seen.

use serde_json::{Map, Value};

use super::event::{Event, object, text};
use super::refusal::Refusal;
use crate::config::Triggers;
use crate::model::{ClaimValue, Invalid, ProviderName};

/// What a provider says, in the order in which it counts: later ones replace earlier ones.
const ATTRIBUTES: [&str; 3] = ["userInfo", "idToken", "samlResponse"];

/// May hold members that name a tenant, too.
const TOKENS: &str = "tokenResponse";

/// Writes the answer into the event.
pub(super) fn bind(event: &mut Event, settings: &Triggers) -> Result<(), Refusal> {
    let request = event.request()?;
    let provider = ProviderName::parse(text(request, "providerName")?)
        .map_err(|_rule: Invalid| Refusal::Malformed("request.providerName"))?;
    let bound = settings.identity_providers.tenant_of(&provider).ok_or(Refusal::UnboundProvider)?;
    let said = request.get("attributes").and_then(Value::as_object).ok_or(Refusal::Malformed("request.attributes"))?;

    let claim = settings.tenant_claim.as_str();
    let short = claim.strip_prefix("custom:").unwrap_or(claim);
    let mut mapped = Map::new();
    for part in ATTRIBUTES.iter().chain([&TOKENS]) {
        let attributes = match said.get(*part) {
            None | Some(Value::Null) => continue,
            Some(attributes) => attributes.as_object().ok_or(Refusal::Malformed("request.attributes"))?,
        };
        let mut tenants = attributes.iter().filter(|(name, _)| names_tenant(name, short));
        if !tenants.all(|(_, value)| is_own(value, bound)) {
            return Err(Refusal::ForeignTenant);
        }
        if *part != TOKENS {
            mapped.extend(attributes.clone());
        }
    }
    if mapped.is_empty() {
        return Err(Refusal::Malformed("request.attributes"));
    }
    for (name, value) in &mut mapped {
        if names_tenant(name, short) {
            *value = Value::String(bound.as_str().to_owned());
        }
    }
    for name in [claim, short] {
        mapped.insert(name.to_owned(), Value::String(bound.as_str().to_owned()));
    }
    *object(event.response()?, "userAttributesToMap")? = mapped;
    Ok(())
}

/// `customerName`, `custom:customerName`, `https://acme.example/claims/customerName`, in any case.
fn names_tenant(name: &str, short: &str) -> bool {
    let last = name.rsplit(['/', ':', '#', '.']).next();
    last.is_some_and(|last| last.eq_ignore_ascii_case(short))
}

/// The bound tenant, alone or as the one value of a list.
fn is_own(value: &Value, bound: &ClaimValue) -> bool {
    match value {
        Value::String(text) => text == bound.as_str(),
        Value::Array(values) => matches!(values.as_slice(), [Value::String(text)] if text == bound.as_str()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
    }
}

#[cfg(test)]
#[path = "federation_tests.rs"]
mod tests;
