//! Whose tokens are taken, and where do they come from?

use std::time::Duration;

use url::Url;

use super::reader::Reader;
use super::sections::{Auth, Pool, TokenUse};
use super::values::{HOUR, MINUTE, SECOND, trimmed, web_url};
use crate::model::Invalid;

pub(super) fn auth(r: &mut Reader) -> Option<Auth> {
    let pools = r.entries("auth.pools");
    if pools.is_empty() {
        r.fault("auth.pools", "at least one user pool is required");
    }
    let pools: Vec<Option<Pool>> = pools.iter().map(|name| pool(r, name)).collect();
    let mut auth = Auth {
        tenant_claim: r.required("auth.tenant_claim").unwrap_or_default(),
        platform_admin_group: r.required("auth.platform_admin_group").unwrap_or_default(),
        tenant_admin_group: r.required("auth.tenant_admin_group").unwrap_or_default(),
        leeway: r.duration("auth.leeway", Duration::ZERO, 2 * MINUTE).unwrap_or_default(),
        token_cache: r.number("auth.token_cache", 0, 10_000_000).unwrap_or_default(),
        jwks_refresh: r.duration("auth.jwks_refresh", SECOND, 24 * HOUR).unwrap_or_default(),
        jwks_stale: r.duration("auth.jwks_stale", SECOND, 7 * 24 * HOUR).unwrap_or_default(),
        jwks_cool_down: r.duration("auth.jwks_cool_down", SECOND / 10, MINUTE).unwrap_or_default(),
        pools: Vec::new(),
    };
    for (name, text) in [
        ("auth.tenant_claim", &auth.tenant_claim),
        ("auth.platform_admin_group", &auth.platform_admin_group),
        ("auth.tenant_admin_group", &auth.tenant_admin_group),
    ] {
        if text.is_empty() {
            r.fault(name, "must not be empty");
        }
    }
    if auth.platform_admin_group == auth.tenant_admin_group {
        r.fault(
            "auth.tenant_admin_group",
            "must not be the platform admins' group: tenant admins would be platform admins",
        );
    }
    auth.pools = pools.into_iter().collect::<Option<_>>()?;
    for (index, pool) in auth.pools.iter().enumerate() {
        if auth.pools.iter().take(index).any(|other| other.issuer == pool.issuer) {
            r.fault(&format!("auth.pools[{index}].issuer"), "is another pool's issuer too");
        }
    }
    Some(auth)
}

fn pool(r: &mut Reader, name: &str) -> Option<Pool> {
    let issuer = r.required_parsed(&format!("{name}.issuer"), |text| secure_url(text).map(|_| text.to_owned()));
    let client_ids = r.required_list(&format!("{name}.client_ids"));
    if client_ids.as_ref().is_some_and(|ids| ids.is_empty() || ids.iter().any(String::is_empty)) {
        r.fault(&format!("{name}.client_ids"), "must name at least one app client, and none that is empty");
    }
    let jwks_url = r.parsed(&format!("{name}.jwks_url"), secure_url);
    let hosted_ui = r.parsed(&format!("{name}.hosted_ui"), hosted_ui);
    let hosted_ui_client_id = client_id(r, &format!("{name}.hosted_ui_client_id"), client_ids.as_deref());
    let native_client_id = client_id(r, &format!("{name}.native_client_id"), client_ids.as_deref());
    let uses = r.list(&format!("{name}.token_uses"));
    let uses = uses.unwrap_or_else(|| vec!["id".to_owned(), "access".to_owned()]);
    let mut token_uses = Vec::new();
    for text in &uses {
        match text.as_str() {
            "id" => token_uses.push(TokenUse::Id),
            "access" => token_uses.push(TokenUse::Access),
            _ => r.fault(&format!("{name}.token_uses"), "must hold \"id\", \"access\" or both"),
        }
    }
    if uses.is_empty() {
        r.fault(&format!("{name}.token_uses"), "must hold \"id\", \"access\" or both");
    }
    let (issuer, client_ids) = (issuer?, client_ids?);
    let hosted_ui_client_id = hosted_ui_client_id.or_else(|| client_ids.first().cloned())?;
    let jwks_url = match jwks_url {
        Some(url) => url,
        None => secure_url(&format!("{}/.well-known/jwks.json", issuer.trim_end_matches('/'))).ok()?,
    };
    Some(Pool {
        issuer,
        client_ids,
        token_uses,
        jwks_url,
        hosted_ui,
        native_client_id: native_client_id.unwrap_or_else(|| hosted_ui_client_id.clone()),
        hosted_ui_client_id,
    })
}

/// Tokens of a client that is not among the pool's would be refused.
fn client_id(r: &mut Reader, setting: &str, client_ids: Option<&[String]>) -> Option<String> {
    r.parsed(setting, |text| {
        let is_known = client_ids.is_none_or(|ids| ids.iter().any(|id| id == text));
        if is_known { Ok(text.to_owned()) } else { Err("must be one of the pool's client_ids") }
    })
}

/// A domain of a user pool. Cognito's paths are put behind it.
fn hosted_ui(text: &str) -> Result<String, Invalid> {
    let url = secure_url(text)?;
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(Invalid::rule(
            "must be scheme and host alone, as in https://uploads.auth.eu-central-1.amazoncognito.com",
        ));
    }
    Ok(trimmed(&url))
}

/// What decides whom to believe must not come over plain HTTP, except on this machine.
fn secure_url(text: &str) -> Result<Url, Invalid> {
    let url = web_url(text)?;
    let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    if url.scheme() == "https" || local {
        Ok(url)
    } else {
        Err(Invalid::rule("must be an https:// URL; http:// is taken on loopback alone"))
    }
}
