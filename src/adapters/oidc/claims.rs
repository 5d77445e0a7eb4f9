//! Are a token's claims right? Each is checked by name.

use std::sync::Arc;

use serde_json::Value;
use time::OffsetDateTime;

use super::SigningKey;
use super::members::Members;
use super::origin;
use super::refusal::VerifyError;
use crate::config::{Auth, Pool, TokenUse};
use crate::model::{Origin, Subject};

/// What a good token says.
#[derive(Debug, Clone)]
pub struct VerifiedToken {
    /// Who.
    pub subject: Subject,
    /// The raw value of the tenant claim, when there is one.
    pub tenant_claim: Option<Box<str>>,
    /// Where they signed in.
    pub origin: Origin,
    /// In the tenant-admin group?
    pub is_tenant_admin: bool,
    /// In the platform-admin group?
    pub is_platform_admin: bool,
    /// The end of its life, leeway not counted.
    pub expires_at: OffsetDateTime,
    pub(super) signed_with: Arc<SigningKey>,
}

/// The longest tenant claim that is looked up; Cognito's custom attributes may hold 2,048 characters.
const LONGEST_TENANT_CLAIM: usize = 1024;

/// Checks every claim that decides something, after the signature: `iss`, `exp`, `nbf`, `iat`, `token_use`, `aud` or
/// `client_id`, `sub`, the groups, where its holder comes from, and the tenant claim's type.
///
/// Of `jti` and `scope` only the type, because nothing here depends on what they say: who writes those otherwise writes no Cognito token.
/// Not checked at all, for the same reason: `origin_jti`, `auth_time`, `email`, `nonce`.
pub(super) fn check(
    members: &Members,
    signed_with: Arc<SigningKey>,
    pool: &Pool,
    auth: &Auth,
    now: OffsetDateTime,
) -> Result<VerifiedToken, VerifyError> {
    if members.text("iss")? != pool.issuer {
        return Err(VerifyError::Issuer);
    }
    let now = now.unix_timestamp();
    let leeway = i64::try_from(auth.leeway.as_secs()).unwrap_or(0);
    let expires = members.time("exp")?.ok_or(VerifyError::Claim("exp"))?;
    if expires.saturating_add(leeway) <= now {
        return Err(VerifyError::Expired);
    }
    for begins in [members.time("nbf")?, members.time("iat")?].into_iter().flatten() {
        if begins.saturating_sub(leeway) > now {
            return Err(VerifyError::NotYetValid);
        }
    }
    for name in ["jti", "scope"] {
        if members.has(name) {
            members.text(name)?;
        }
    }
    if members.text("aud").is_err() {
        members.texts("aud")?;
    }
    let token_use = check_audience(members, pool)?;
    let subject = Subject::parse(members.text("sub")?).map_err(|_invalid| VerifyError::Claim("sub"))?;
    let groups = members.texts("cognito:groups")?;
    let tenant_claim = match members.get(&auth.tenant_claim) {
        None => None,
        Some(Value::String(text)) if text.len() <= LONGEST_TENANT_CLAIM => Some(text.as_str()),
        Some(_) => return Err(VerifyError::Claim("the tenant claim")),
    };
    Ok(VerifiedToken {
        origin: origin::read(members, token_use, &subject, pool)?,
        subject,
        tenant_claim: tenant_claim.filter(|text| !text.is_empty()).map(Into::into),
        is_tenant_admin: groups.contains(&auth.tenant_admin_group.as_str()),
        is_platform_admin: groups.contains(&auth.platform_admin_group.as_str()),
        expires_at: OffsetDateTime::from_unix_timestamp(expires).map_err(|_range| VerifyError::Claim("exp"))?,
        signed_with,
    })
}

/// The two kinds of tokens have disjoint rules (RFC 8725 §3.12): an ID token names its client in `aud`, an access token in
/// `client_id`, and each must say which kind it is.
fn check_audience(members: &Members, pool: &Pool) -> Result<TokenUse, VerifyError> {
    let (token_use, audience) = match members.text("token_use")? {
        "id" => (TokenUse::Id, members.text("aud")?),
        "access" => (TokenUse::Access, members.text("client_id")?),
        _ => return Err(VerifyError::TokenUse),
    };
    if !pool.token_uses.contains(&token_use) {
        return Err(VerifyError::TokenUse);
    }
    if pool.client_ids.iter().any(|id| id == audience) { Ok(token_use) } else { Err(VerifyError::Audience) }
}
