//! What does Cognito say of a user pool and of its app clients, as far as it matters to tenants?
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UserPoolClientType.html>

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

/// The scope with which a token may change the attributes of its own user.
const SELF_SERVICE: &str = "aws.cognito.signin.user.admin";
/// What a client has whose flows are not set.
const DEFAULT_FLOWS: [&str; 2] = ["ALLOW_USER_SRP_AUTH", "ALLOW_CUSTOM_AUTH"];
/// The flows with which anybody signs in over the API, whose tokens have [`SELF_SERVICE`] whatever the client's scopes are.
const API_FLOWS: [&str; 6] = [
    "ALLOW_USER_PASSWORD_AUTH",
    "ALLOW_USER_SRP_AUTH",
    "ALLOW_CUSTOM_AUTH",
    "ALLOW_USER_AUTH",
    "USER_PASSWORD_AUTH",
    "CUSTOM_AUTH_FLOW_ONLY",
];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PoolAnswer {
    pub(super) user_pool: UserPool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ClientAnswer {
    pub(super) user_pool_client: AppClient,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ClientsAnswer {
    #[serde(default)]
    pub(super) user_pool_clients: Vec<Listed>,
    #[serde(default)]
    pub(super) next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Listed {
    pub(super) client_id: String,
}

/// A user pool.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UserPool {
    #[serde(default)]
    admin_create_user_config: AdminCreateUser,
    #[serde(default)]
    schema_attributes: Vec<Attribute>,
    #[serde(default)]
    lambda_config: Triggers,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AdminCreateUser {
    #[serde(default)]
    allow_admin_create_user_only: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attribute {
    #[serde(default)]
    name: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Triggers {
    #[serde(default)]
    pre_token_generation: Option<IgnoredAny>,
    #[serde(default)]
    pre_token_generation_config: Option<IgnoredAny>,
}

impl UserPool {
    /// May anybody register?
    #[must_use]
    pub const fn lets_anybody_register(&self) -> bool {
        !self.admin_create_user_config.allow_admin_create_user_only
    }

    /// Do its users have that attribute, such as `custom:customerName`?
    #[must_use]
    pub fn has_attribute(&self, name: &str) -> bool {
        self.schema_attributes.iter().any(|attribute| attribute.name == name)
    }

    /// Does a trigger have the last word on what tokens say?
    #[must_use]
    pub const fn shapes_tokens(&self) -> bool {
        self.lambda_config.pre_token_generation.is_some() || self.lambda_config.pre_token_generation_config.is_some()
    }
}

/// An app client.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AppClient {
    #[serde(rename = "ClientSecret", default, deserialize_with = "is_there")]
    has_secret: bool,
    #[serde(default)]
    explicit_auth_flows: Vec<String>,
    #[serde(default)]
    write_attributes: Vec<String>,
    #[serde(default)]
    read_attributes: Vec<String>,
    #[serde(rename = "AllowedOAuthFlows", default)]
    oauth_flows: Vec<String>,
    #[serde(rename = "AllowedOAuthScopes", default)]
    oauth_scopes: Vec<String>,
    #[serde(rename = "AllowedOAuthFlowsUserPoolClient", default)]
    has_oauth: bool,
    #[serde(rename = "CallbackURLs", default)]
    callback_urls: Vec<String>,
    #[serde(rename = "LogoutURLs", default)]
    logout_urls: Vec<String>,
    #[serde(default)]
    prevent_user_existence_errors: String,
    #[serde(default)]
    enable_token_revocation: bool,
}

/// Whether there is a value, which is not kept.
fn is_there<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Option::<IgnoredAny>::deserialize(deserializer).map(|value| value.is_some())
}

impl AppClient {
    /// Does it have a secret, which no web page could keep?
    #[must_use]
    pub const fn has_secret(&self) -> bool {
        self.has_secret
    }

    /// The flows by which anybody signs in over the API. A client whose flows are not set has SRP and custom ones.
    #[must_use]
    pub fn api_flows(&self) -> Vec<&str> {
        if self.explicit_auth_flows.is_empty() {
            return DEFAULT_FLOWS.to_vec();
        }
        self.explicit_auth_flows.iter().map(String::as_str).filter(|flow| API_FLOWS.contains(flow)).collect()
    }

    /// May a sign-in by this client set that attribute of its own user? A client without a list may write the standard attributes.
    #[must_use]
    pub fn writes(&self, attribute: &str) -> bool {
        has(&self.write_attributes, attribute)
    }

    /// Do this client's ID tokens have that attribute? A client without a list reads the standard attributes.
    #[must_use]
    pub fn reads(&self, attribute: &str) -> bool {
        has(&self.read_attributes, attribute)
    }

    /// Do the hosted pages give tokens that may change their user's attributes?
    #[must_use]
    pub fn has_self_service_scope(&self) -> bool {
        self.has_oauth && self.oauth_scopes.iter().any(|scope| scope == SELF_SERVICE)
    }

    /// May people sign in with it on the hosted pages, in that way: `code` or `implicit`?
    #[must_use]
    pub fn has_flow(&self, flow: &str) -> bool {
        self.has_oauth && self.oauth_flows.iter().any(|one| one == flow)
    }

    /// May the hosted pages send people back to that address?
    #[must_use]
    pub fn returns_to(&self, url: &str) -> bool {
        self.callback_urls.iter().any(|one| one == url)
    }

    /// May they send people there who have signed out?
    #[must_use]
    pub fn signs_out_to(&self, url: &str) -> bool {
        self.logout_urls.iter().any(|one| one == url)
    }

    /// Does it keep to itself who has an account?
    #[must_use]
    pub fn hides_who_exists(&self) -> bool {
        self.prevent_user_existence_errors == "ENABLED"
    }

    /// Can its refresh tokens be revoked?
    #[must_use]
    pub const fn revokes(&self) -> bool {
        self.enable_token_revocation
    }
}

/// Of `cognito:groups` and the like, and of `sub`, no client may write anything.
fn has(attributes: &[String], name: &str) -> bool {
    let is_standard = !name.contains(':') && name != "sub";
    if attributes.is_empty() { is_standard } else { attributes.iter().any(|attribute| attribute == name) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn client(members: serde_json::Value) -> AppClient {
        serde_json::from_value(members).unwrap()
    }

    #[test]
    fn a_client_that_says_nothing_has_what_aws_gives_it() {
        let client = client(json!({"ClientId": "a"}));
        assert_eq!(client.api_flows(), DEFAULT_FLOWS);
        assert!(client.writes("profile") && !client.writes("custom:customerName"));
        assert!(client.reads("email") && !client.reads("custom:customerName") && !client.writes("cognito:groups"));
        assert!(!client.has_secret() && !client.hides_who_exists() && !client.revokes() && !client.has_flow("code"));
    }

    #[test]
    fn what_a_client_says_counts() {
        let client = client(json!({
            "ClientSecret": "hunter2",
            "ExplicitAuthFlows": ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_AUTH"],
            "WriteAttributes": ["custom:customerName"],
            "AllowedOAuthFlows": ["code"],
            "AllowedOAuthScopes": ["openid", "aws.cognito.signin.user.admin"],
            "AllowedOAuthFlowsUserPoolClient": true,
        }));
        assert_eq!(client.api_flows(), ["ALLOW_USER_AUTH"]);
        assert!(client.writes("custom:customerName") && !client.writes("profile"));
        assert!(client.has_secret() && client.has_self_service_scope() && client.has_flow("code"));
        assert!(!format!("{client:?}").contains("hunter2"), "the secret is not kept");
    }

    #[test]
    fn a_pool_that_says_nothing_lets_anybody_register() {
        let pool: UserPool = serde_json::from_value(json!({"Id": "x"})).unwrap();
        assert!(pool.lets_anybody_register() && !pool.shapes_tokens() && !pool.has_attribute("email"));
    }
}
