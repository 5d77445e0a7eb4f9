//! What does a token tell of where its holder signed in?
//!
//! Cognito names the identity provider of a federated user in the `identities` of ID tokens, and in both kinds of tokens by the
//! group `{pool id}_{provider}`, unless a trigger takes that away. A user pool lets nobody but its administrators name groups.
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-id-token.html>

use serde_json::Value;

use super::members::Members;
use super::refusal::VerifyError;
use crate::config::{Pool, TokenUse};
use crate::model::{Origin, ProviderName, Subject};

const IDENTITIES: &str = "identities";
const GROUPS: &str = "cognito:groups";

/// Every provider that the token names counts.
pub(super) fn read(
    members: &Members,
    token_use: TokenUse,
    subject: &Subject,
    pool: &Pool,
) -> Result<Origin, VerifyError> {
    let mut providers = of_identities(members)?;
    providers.extend(of_groups(members, pool)?);
    if providers.is_empty() && token_use == TokenUse::Access && is_named_by_provider(members, subject)? {
        return Ok(Origin::Unclear);
    }
    Ok(Origin::vouched_for_by(providers))
}

fn of_identities(members: &Members) -> Result<Vec<ProviderName>, VerifyError> {
    let name = |identity: &Value| identity.get("providerName").and_then(Value::as_str).and_then(parse);
    let named = |identity| name(identity).ok_or(VerifyError::Claim(IDENTITIES));
    members.list(IDENTITIES)?.iter().map(named).collect()
}

fn of_groups(members: &Members, pool: &Pool) -> Result<Vec<ProviderName>, VerifyError> {
    let pool_id = pool.issuer.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let of_provider = |group: &str| group.strip_prefix(pool_id)?.strip_prefix('_').map(parse);
    let named = members.texts(GROUPS)?.into_iter().filter_map(of_provider);
    named.map(|name| name.ok_or(VerifyError::Claim(GROUPS))).collect()
}

/// A federated user's name is `{provider}_{id}`; a provider's name and a native user's may hold `_` too, so it proves nothing
/// but that the provider may be missing.
fn is_named_by_provider(members: &Members, subject: &Subject) -> Result<bool, VerifyError> {
    if !members.has("username") {
        return Ok(false);
    }
    let username = members.text("username")?;
    Ok(username.contains('_') && username != subject.as_str())
}

fn parse(name: &str) -> Option<ProviderName> {
    ProviderName::parse(name).ok()
}
