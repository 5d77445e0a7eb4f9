//! Who may look how the pool is set up (`DescribeUserPool`, `ListUserPoolClients`, `DescribeUserPoolClient`), and what do they see?

use actix_web::HttpRequest;
use hyper::http::request::Parts;
use serde_json::{Value, json};

use super::pool::{Pool, lock};
use crate::sandbox::aws::Unsigned;

/// Whether whoever signed the request may describe the pool.
pub(super) fn may(pool: &Pool, request: &HttpRequest, body: &[u8], operation: &str) -> Result<bool, Unsigned> {
    let missing = Unsigned("MissingAuthenticationTokenException", "Missing Authentication Token");
    let (Some(iam), Some(parts)) = (&pool.iam, parts(request)) else { return Err(missing) };
    let arn = format!("arn:aws:cognito-idp:{}:000000000000:userpool/{}", pool.region, pool.id);
    iam.allows("cognito-idp", (&parts, body), &format!("cognito-idp:{operation}"), &arn)
}

/// The head of a request in the types of the stand-in that verifies signatures.
fn parts(request: &HttpRequest) -> Option<Parts> {
    let mut copy = hyper::Request::builder().method(request.method().as_str()).uri(request.uri().to_string());
    for (name, value) in request.headers() {
        copy = copy.header(name.as_str(), value.as_bytes());
    }
    copy.body(()).ok().map(|copy| copy.into_parts().0)
}

pub(super) fn user_pool(pool: &Pool) -> Value {
    let settings = lock(&pool.settings).clone();
    let attribute = |name: &str, mutable| json!({"Name": name, "AttributeDataType": "String", "Mutable": mutable});
    json!({"UserPool": {
        "Id": pool.id,
        "Name": "sandbox",
        "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": !settings.lets_anybody_register},
        "SchemaAttributes": [attribute("sub", false), attribute("email", true), attribute("custom:customerName", true)],
        "LambdaConfig": {},
    }})
}

/// A page of the pool's clients: so many, from that one on.
pub(super) fn app_clients(pool: &Pool, from: usize, most: usize) -> Value {
    let settings = lock(&pool.settings).clone();
    let ids: Vec<&str> =
        std::iter::once(pool.client_id.as_str()).chain(settings.others.iter().map(|(id, _)| id.as_str())).collect();
    let client = |id: &&str| json!({"UserPoolId": pool.id, "ClientId": id, "ClientName": "sandbox"});
    let page: Vec<Value> = ids.iter().skip(from).take(most).map(client).collect();
    let mut answer = json!({"UserPoolClients": page});
    let next = from.saturating_add(most);
    if let Some(answer) = answer.as_object_mut().filter(|_| next < ids.len()) {
        answer.insert("NextToken".to_owned(), json!(next.to_string()));
    }
    answer
}

/// The pool's own client, or another of which is told alone.
pub(super) fn app_client(pool: &Pool, id: &str) -> Option<Value> {
    let settings = if id == pool.client_id {
        lock(&pool.settings).clone()
    } else {
        lock(&pool.settings).others.iter().find(|(other, _)| other == id).map(|(_, settings)| settings.clone())?
    };
    let mut client = json!({
        "UserPoolId": pool.id,
        "ClientId": id,
        "ClientName": "sandbox",
        "ExplicitAuthFlows": settings.auth_flows,
        "WriteAttributes": settings.write_attributes,
        "ReadAttributes": settings.read_attributes,
        "AllowedOAuthFlows": settings.oauth_flows,
        "AllowedOAuthScopes": settings.oauth_scopes,
        "AllowedOAuthFlowsUserPoolClient": true,
        "CallbackURLs": settings.callback_urls,
        "LogoutURLs": settings.callback_urls,
        "PreventUserExistenceErrors": if settings.hides_who_exists { "ENABLED" } else { "LEGACY" },
        "EnableTokenRevocation": settings.revokes_tokens,
    });
    if let Some(client) = client.as_object_mut().filter(|_| settings.has_secret) {
        client.insert("ClientSecret".to_owned(), json!("sandbox-client-secret"));
    }
    Some(json!({"UserPoolClient": client}))
}
