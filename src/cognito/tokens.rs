//! What do a person's tokens say? Pre token generation, every source but the one without a person.
//!
//! The ID token has the tenant by itself: it is an attribute. The access token gets it here, so that it works at the gateway, and
//! loses the scope `aws.cognito.signin.user.admin`, with which its holder could rewrite attributes. Suppressing beats adding,
//! and an empty `groupOverrideDetails` would take every group away, so the groups are copied, or not named at all.
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html>
//!
//! **Somebody who comes from an identity provider** gets tokens only when every provider that vouches for the account is bound
//! to the very tenant that the account has. Nobody is excepted, not even administrators: an attribute that outlived another
//! binding, or that a provider wrote before there was one, would be believed. The gateway reads the provider of an access token
//! off the group `{pool}_{provider}`; without it the holder would pass for a native user, so the tenant stays out of that token.
//!
//! **Version 1 of the event** cannot touch access tokens: the binding is checked, the groups are kept, and that is all.

use serde_json::{Map, Value};

use super::event::{Event, object};
use super::refusal::Refusal;
use crate::config::{Bindings, Triggers};
use crate::model::ProviderName;

/// Lets its holder change attributes, the tenant's too where the app client may write it.
const ADMIN_SCOPE: &str = "aws.cognito.signin.user.admin";

/// Writes the answer into the event.
pub(super) fn customise(event: &mut Event, settings: &Triggers) -> Result<(), Refusal> {
    let attributes = event.attributes()?;
    let tenant = attributes.text(&settings.tenant_claim)?.map(str::to_owned);
    let providers = attributes.identity_providers()?;
    if attributes.is_federated()? {
        check_bindings(&settings.identity_providers, &providers, tenant.as_deref())?;
    }
    let groups = event.groups()?;
    let kept = kept_groups(event, &groups)?;
    if event.version()? == "1" {
        let details = object(event.response()?, "claimsOverrideDetails")?;
        return keep_groups(details, kept);
    }
    let is_seen = are_named(event.pool()?, &providers, &groups);
    let details = object(event.response()?, "claimsAndScopeOverrideDetails")?;
    keep_groups(details, kept)?;
    let access_token = object(details, "accessTokenGeneration")?;
    append(access_token, "scopesToSuppress", ADMIN_SCOPE)?;
    if let Some(tenant) = tenant.filter(|_| is_seen) {
        object(access_token, "claimsToAddOrOverride")?.insert(settings.tenant_claim.clone(), Value::String(tenant));
    }
    Ok(())
}

/// An account that an identity provider made, but that none vouches for, has no tenant to be bound to.
fn check_bindings(bindings: &Bindings, providers: &[ProviderName], tenant: Option<&str>) -> Result<(), Refusal> {
    if providers.is_empty() {
        return Err(Refusal::UnboundProvider);
    }
    for provider in providers {
        let bound = bindings.tenant_of(provider).ok_or(Refusal::UnboundProvider)?;
        if bound.as_str() != tenant.ok_or(Refusal::NoTenant)? {
            return Err(Refusal::ForeignTenant);
        }
    }
    Ok(())
}

/// Whether the groups of the access token name every one of these providers. Of a native user there is nothing to name.
fn are_named(pool: &str, providers: &[ProviderName], groups: &[String]) -> bool {
    let group = |provider: &ProviderName| format!("{pool}_{}", provider.as_str());
    providers.iter().all(|provider| groups.contains(&group(provider)))
}

/// The person's groups, with their roles, in the form of an answer; nothing when there are none.
fn kept_groups(event: &Event, groups: &[String]) -> Result<Option<Map<String, Value>>, Refusal> {
    if groups.is_empty() {
        return Ok(None);
    }
    let configuration = event.request()?.get("groupConfiguration").and_then(Value::as_object);
    let mut kept = configuration.cloned().unwrap_or_default();
    kept.retain(|_, value| !value.is_null());
    Ok(Some(kept))
}

/// What is there already stays, unless it names no group and so would take them away.
fn keep_groups(details: &mut Map<String, Value>, kept: Option<Map<String, Value>>) -> Result<(), Refusal> {
    const MEMBER: &str = "groupOverrideDetails";
    let there = object(details, MEMBER)?.get("groupsToOverride").and_then(Value::as_array);
    if there.is_none_or(Vec::is_empty) {
        details.remove(MEMBER);
        details.extend(kept.map(|kept| (MEMBER.to_owned(), Value::Object(kept))));
    }
    Ok(())
}

fn append(parent: &mut Map<String, Value>, member: &'static str, text: &str) -> Result<(), Refusal> {
    let list = parent.entry(member).or_insert(Value::Null);
    if list.is_null() {
        *list = Value::Array(Vec::new());
    }
    let list = list.as_array_mut().ok_or(Refusal::Malformed(member))?;
    if !list.iter().any(|value| value == text) {
        list.push(Value::String(text.to_owned()));
    }
    Ok(())
}

#[cfg(test)]
#[path = "tokens_tests.rs"]
mod tests;
