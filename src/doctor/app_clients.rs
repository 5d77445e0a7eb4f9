//! Can a user change tenants by an app client, and can people sign in by it?
//!
//! A token of the API, and one with the scope `aws.cognito.signin.user.admin`, lets its user change whatever attributes its client
//! may write. A client for people of identity providers must be able to write the tenant's, so it must give no such tokens.
//!
//! Attributes are their user's, whatever the client is that wrote them: so the clients count too whose tokens the gateway does not
//! take.
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html>

use super::{Finding, Neighbours, Outcome};
use crate::adapters::LookError;
use crate::adapters::cognito::{AppClient, PoolPlace, UserPool};
use crate::config::{Pool, TokenUse};

const CHECK: &str = "app client";

/// A pool, by its configuration and by what Cognito says of it.
pub(super) struct Place<'a> {
    pub(super) pool: &'a Pool,
    pub(super) place: &'a PoolPlace,
    /// Nothing when the gateway could not look.
    pub(super) described: Option<&'a UserPool>,
    /// People of the portal sign in there.
    pub(super) is_portals: bool,
}

/// The clients by which the tenant's claim can be set.
#[derive(Default)]
pub(super) struct Writers {
    pub(super) ids: Vec<String>,
    /// There are clients of which it is not known.
    pub(super) may_be_more: bool,
}

/// By which clients the tenant's claim can be set, and what was found of each.
pub(super) async fn check(neighbours: &Neighbours, place: &Place<'_>) -> (Writers, Vec<Finding>) {
    let (mut writers, mut findings) = (Writers::default(), Vec::new());
    for id in &place.pool.client_ids {
        match neighbours.user_pools.app_client(place.place, id).await {
            Ok(client) => findings.extend(of_own(neighbours, place, id, &client, &mut writers)),
            Err(LookError::Missing(said)) => {
                let advice = "Look at auth.pools' client_ids.";
                findings.push(Finding::failed(CHECK, format!("{id} is no client of the pool: {said}"), advice));
            }
            Err(error) => {
                writers.may_be_more = true;
                findings.push(unseen(id, &error));
            }
        }
    }
    findings.extend(of_others(neighbours, place, &mut writers).await);
    (writers, findings)
}

fn unseen(id: &str, error: &LookError) -> Finding {
    of_client(id, Finding::unseen(CHECK, "cognito-idp:DescribeUserPoolClient", error))
}

fn of_client(id: &str, finding: Finding) -> Finding {
    Finding { seen: format!("{id}: {}", finding.seen), ..finding }
}

/// What was found of a client whose tokens the gateway takes.
fn of_own(
    neighbours: &Neighbours,
    place: &Place<'_>,
    id: &String,
    client: &AppClient,
    writers: &mut Writers,
) -> Vec<Finding> {
    let claim = &neighbours.config.auth.tenant_claim;
    writers.ids.extend(client.writes(claim).then(|| id.clone()));
    let is_portals = place.is_portals && [&place.pool.hosted_ui_client_id, &place.pool.native_client_id].contains(&id);
    let mut faults = of_tenants(client, claim);
    faults.extend(of_tokens(client, place, claim));
    faults.extend(of_any(client));
    if is_portals {
        faults.extend(of_portal(client, &format!("{}/portal/", neighbours.config.server.url())));
    }
    if faults.is_empty() {
        let what = if is_portals {
            "nobody can change tenants by it, and the portal can use it"
        } else {
            "nobody can change tenants by it"
        };
        faults.push(Finding::ok(CHECK, what));
    }
    faults.into_iter().map(|finding| of_client(id, finding)).collect()
}

/// What was found of the pool's clients whose tokens the gateway does not take: what they do to their users' tenants, and
/// nothing else.
async fn of_others(neighbours: &Neighbours, place: &Place<'_>, writers: &mut Writers) -> Vec<Finding> {
    let claim = &neighbours.config.auth.tenant_claim;
    let listed = match neighbours.user_pools.app_clients(place.place).await {
        Ok(listed) => listed,
        Err(error) => {
            writers.may_be_more = true;
            let unseen = Finding::unseen(CHECK, "cognito-idp:ListUserPoolClients", &error);
            return vec![Finding { seen: format!("the pool's other clients: {}", unseen.seen), ..unseen }];
        }
    };
    let mut findings = Vec::new();
    if !listed.are_all {
        writers.may_be_more = true;
        let seen = format!("the pool has more clients than the {} that were looked at", listed.ids.len());
        let advice = format!("Make sure that nobody can set {claim} by the others.");
        findings.push(Finding::unknown(CHECK, seen, advice));
    }
    let others: Vec<&String> = listed.ids.iter().filter(|id| !place.pool.client_ids.contains(id)).collect();
    for id in &others {
        match neighbours.user_pools.app_client(place.place, id).await {
            Ok(client) => {
                writers.ids.extend(client.writes(claim).then(|| (*id).clone()));
                let grave = of_tenants(&client, claim).into_iter().filter(|found| found.outcome == Outcome::Failed);
                findings.extend(grave.map(|finding| of_client(id, finding)));
            }
            // Removed since.
            Err(LookError::Missing(_)) => {}
            Err(error) => {
                writers.may_be_more = true;
                findings.push(unseen(id, &error));
                if matches!(error, LookError::Denied(_)) {
                    // The next ones would not be told either.
                    break;
                }
            }
        }
    }
    if findings.is_empty() && !others.is_empty() {
        let seen = format!("nobody can change tenants by the pool's {} other clients", others.len());
        findings.push(Finding::ok(CHECK, seen));
    }
    findings
}

/// What lets users choose their tenant.
fn of_tenants(client: &AppClient, claim: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let (writes, flows) = (client.writes(claim), client.api_flows());
    if client.has_self_service_scope() {
        let advice = "Take aws.cognito.signin.user.admin out of its AllowedOAuthScopes.";
        findings.push(if writes {
            Finding::failed(CHECK, format!("its tokens let their user set {claim}, and so choose a tenant"), advice)
        } else {
            Finding::warning(CHECK, "its tokens let pages change their user's attributes, and delete the user", advice)
        });
    }
    if writes && !flows.is_empty() {
        let seen =
            format!("whoever signs in over the API ({}) can set {claim}, and so choose a tenant", flows.join(", "));
        let advice = format!(
            "Set its ExplicitAuthFlows to ALLOW_REFRESH_TOKEN_AUTH alone, or take {claim} out of its WriteAttributes (without \
             either, AWS allows the flows and not the attribute)."
        );
        findings.push(Finding::failed(CHECK, seen, advice));
    }
    findings
}

/// What keeps its tokens from naming their tenant.
fn of_tokens(client: &AppClient, place: &Place<'_>, claim: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let is_named_by_trigger = place.described.is_none_or(UserPool::shapes_tokens);
    let takes = |token_use| place.pool.token_uses.contains(&token_use);
    if claim.starts_with("custom:") && !is_named_by_trigger {
        if takes(TokenUse::Id) && !client.reads(claim) {
            let seen = format!("its ID tokens do not have {claim}: its ReadAttributes leave it out");
            findings.push(Finding::warning(CHECK, seen, format!("Add {claim} to its ReadAttributes.")));
        }
        if !takes(TokenUse::Id) {
            let seen = format!("its access tokens do not have {claim}, and auth.pools' token_uses takes no others");
            let advice = "Take ID tokens too, or add the claim by a pre-token-generation trigger.";
            findings.push(Finding::warning(CHECK, seen, advice));
        }
    }
    findings
}

/// What no client should have.
fn of_any(client: &AppClient) -> Vec<Finding> {
    let mut findings = Vec::new();
    if client.has_flow("implicit") {
        let advice = "Take `implicit` out of its AllowedOAuthFlows: tokens would be in addresses, histories and logs.";
        findings.push(Finding::failed(CHECK, "the hosted pages put its tokens into an address", advice));
    }
    if !client.hides_who_exists() {
        let advice = "Set its PreventUserExistenceErrors to ENABLED.";
        findings.push(Finding::warning(CHECK, "it tells anybody who has an account", advice));
    }
    if !client.revokes() {
        let advice = "Set its EnableTokenRevocation to true.";
        findings.push(Finding::warning(CHECK, "its refresh tokens cannot be revoked", advice));
    }
    findings
}

/// What keeps people of the portal from signing in.
fn of_portal(client: &AppClient, portal: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !client.has_flow("code") {
        let advice = "Set its AllowedOAuthFlows to `code`, and its AllowedOAuthFlowsUserPoolClient to true.";
        findings.push(Finding::failed(CHECK, "people of the portal cannot sign in: it has no code flow", advice));
    }
    if client.has_secret() {
        let advice = "A page can keep no secret: make a client without one, and name it in auth.pools' hosted_ui_client_id or native_client_id.";
        findings.push(Finding::failed(CHECK, "people of the portal cannot sign in: it has a secret", advice));
    }
    if !client.returns_to(portal) {
        let seen = format!("people of the portal cannot come back: its CallbackURLs do not have {portal}");
        findings.push(Finding::failed(CHECK, seen, "Add it, or correct server.public_url."));
    }
    if !client.signs_out_to(portal) {
        let seen = format!("people of the portal cannot sign out: its LogoutURLs do not have {portal}");
        findings.push(Finding::warning(CHECK, seen, "Add it, or correct server.public_url."));
    }
    findings
}
