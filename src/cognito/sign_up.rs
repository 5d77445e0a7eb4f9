//! Who may become a user of the pool?
//!
//! Whoever an identity provider sends, when the provider is bound and the account-to-be has the tenant that it is bound to; the
//! inbound federation trigger has put it there. The event names the provider only as the beginning of the user's name. And whoever
//! signs up at the pool itself, where that is allowed, without naming a tenant: only an administrator may give one.
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-sign-up.html>

use super::event::Event;
use super::refusal::Refusal;
use crate::config::Triggers;

/// Somebody whom an identity provider sends for the first time.
pub(super) fn admit_federated(event: &Event, settings: &Triggers) -> Result<(), Refusal> {
    let bindings = &settings.identity_providers;
    let bound = bindings.tenant_of_user_name(event.user_name()?).ok_or(Refusal::UnboundProvider)?;
    let tenant = event.attributes()?.text(&settings.tenant_claim)?.ok_or(Refusal::NoTenant)?;
    if tenant == bound.as_str() { Ok(()) } else { Err(Refusal::ForeignTenant) }
}

/// Somebody who signs up alone.
pub(super) fn admit_native(event: &Event, settings: &Triggers) -> Result<(), Refusal> {
    if event.attributes()?.has(&settings.tenant_claim) { Err(Refusal::ChosenTenant) } else { Ok(()) }
}

#[cfg(test)]
#[path = "sign_up_tests.rs"]
mod tests;
