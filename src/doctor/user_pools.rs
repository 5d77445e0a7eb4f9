//! Can a user of the pool choose a tenant? Each pool and its app clients are asked how they are set up.

use super::app_clients::{self, Place, Writers};
use super::{Finding, Neighbours};
use crate::adapters::LookError;
use crate::adapters::cognito::{PoolPlace, UserPool};
use crate::config::Pool;

const CHECK: &str = "user pool";

pub(super) async fn check(neighbours: &Neighbours) -> Vec<Finding> {
    let mut findings = Vec::new();
    // The first pool that has hosted pages is the one where people of the portal sign in.
    let of_portal = neighbours.config.auth.pools.iter().position(|pool| pool.hosted_ui.is_some());
    for (index, pool) in neighbours.config.auth.pools.iter().enumerate() {
        findings.extend(of_pool(neighbours, pool, of_portal == Some(index)).await);
    }
    findings
}

async fn of_pool(neighbours: &Neighbours, pool: &Pool, is_portals: bool) -> Vec<Finding> {
    let claim = &neighbours.config.auth.tenant_claim;
    let Some(place) = PoolPlace::of(&pool.issuer, &neighbours.config.aws) else {
        let seen = format!("{} is no user pool that Cognito can be asked about", pool.issuer);
        let advice = format!("Make sure there that nobody can set {claim} for themselves, nor register as anybody's.");
        return vec![Finding::unknown(CHECK, seen, advice)];
    };
    let mut findings = Vec::new();
    let described = match neighbours.user_pools.pool(&place).await {
        Ok(described) => Some(described),
        Err(error @ LookError::Missing(_)) => {
            let advice = "Look at auth.pools' issuer.";
            return vec![Finding::failed(CHECK, format!("there is no pool {}: {error}", place.id), advice)];
        }
        Err(error) => {
            findings.push(unseen_pool(&place, &error));
            None
        }
    };
    let place = Place { pool, place: &place, described: described.as_ref(), is_portals };
    let (writers, of_clients) = app_clients::check(neighbours, &place).await;
    findings.extend(described.iter().map(|described| judge(&place, described, claim, &writers)));
    findings.extend(of_clients);
    findings
}

fn unseen_pool(place: &PoolPlace, error: &LookError) -> Finding {
    let unseen = Finding::unseen(CHECK, "cognito-idp:DescribeUserPool", error);
    Finding { seen: format!("{}: {}", place.id, unseen.seen), ..unseen }
}

/// `writers` are the clients by which the tenant's claim can be set.
fn judge(place: &Place<'_>, described: &UserPool, claim: &str, writers: &Writers) -> Finding {
    let id = &place.place.id;
    if claim.starts_with("custom:") && !described.has_attribute(claim) {
        let advice = "Add the attribute to the pool, or correct auth.tenant_claim: without it no token names a tenant.";
        return Finding::failed(CHECK, format!("{id} has no attribute {claim}"), advice);
    }
    if !described.lets_anybody_register() {
        return Finding::ok(CHECK, format!("{id}: only administrators add people"));
    }
    let advice = "Let administrators alone add people (AllowAdminCreateUserOnly).";
    if writers.ids.is_empty() {
        let as_whom = if writers.may_be_more { "perhaps as any tenant" } else { "and belongs to no tenant" };
        return Finding::warning(CHECK, format!("{id}: anybody may register, {as_whom}"), advice);
    }
    let writers = writers.ids.join(", ");
    let seen = format!("{id}: anybody may register as any tenant: by {writers}, {claim} can be set");
    Finding::failed(CHECK, seen, advice)
}
