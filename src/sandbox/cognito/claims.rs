//! What does Cognito write into its tokens?

use secrecy::SecretString;
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// Somebody who can sign in.
#[derive(Clone, Debug)]
pub struct User {
    /// The address, which is also the name to sign in with.
    pub email: String,
    /// The password.
    pub password: SecretString,
    /// The subject, which is also the user's name in the pool, as in pools whose users sign in by address.
    pub sub: Uuid,
    /// The value of `custom:customerName`, if the user has one.
    pub customer_name: Option<String>,
    /// The groups, without the one that Cognito adds for an identity provider.
    pub groups: Vec<String>,
    /// The SAML identity provider whose first assertion made this profile; `None` for a user of the pool itself.
    pub provider: Option<String>,
}

/// The scope of every sign-in over the API, whatever scopes the client has.
pub(super) const API_SCOPE: &str = "aws.cognito.signin.user.admin";

/// One sign-in. Refreshed tokens belong to the same one.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub(super) sub: Uuid,
    /// When the user signed in, in seconds since 1970.
    pub(super) auth_time: i64,
    pub(super) origin_jti: Uuid,
    pub(super) event_id: Uuid,
    /// The identity provider that vouched for the user this time; `None` when it was a password.
    pub(super) provider: Option<String>,
    /// What was granted, with spaces between.
    pub(super) scope: String,
}

impl Session {
    pub(super) fn has_scope(&self, scope: &str) -> bool {
        self.scope.split(' ').any(|granted| granted == scope)
    }

    /// `openid` alone lets a client read everything; with another scope of OpenID Connect beside it, only what that one names.
    fn reads(&self, attribute: &str) -> bool {
        let is_everything = self.has_scope("profile") || self.has_scope(API_SCOPE) || self.scope == "openid";
        is_everything || attribute == "sub" || (self.has_scope("email") && attribute.starts_with("email"))
    }
}

/// The pool, the client and the times that tokens name.
#[derive(Clone, Debug)]
pub(super) struct Issue<'a> {
    pub(super) issuer: &'a str,
    pub(super) pool_id: &'a str,
    pub(super) client_id: &'a str,
    /// In seconds since 1970.
    pub(super) issued_at: i64,
    /// In seconds since 1970.
    pub(super) expires_at: i64,
    /// What the client wants to find in its first ID token.
    pub(super) nonce: Option<&'a str>,
}

impl User {
    /// The user's name in the pool.
    pub(super) fn username(&self) -> String {
        match &self.provider {
            Some(provider) => format!("{provider}_{}", self.email),
            None => self.sub.to_string(),
        }
    }

    /// The attributes that a client may read, under the names that ID tokens and `GetUser` give them.
    pub(super) fn attributes(&self) -> Map<String, Value> {
        let mut attributes = Map::new();
        attributes.insert("sub".to_owned(), json!(self.sub));
        attributes.insert("email".to_owned(), json!(self.email));
        // Cognito does not verify the addresses that an identity provider asserts.
        attributes.insert("email_verified".to_owned(), json!(self.provider.is_none()));
        if let Some(name) = &self.customer_name {
            attributes.insert("custom:customerName".to_owned(), json!(name));
        }
        attributes
    }

    /// The attributes that a sign-in lets its client read.
    pub(super) fn readable(&self, session: &Session) -> Map<String, Value> {
        let mut attributes = self.attributes();
        attributes.retain(|name, _| session.reads(name));
        attributes
    }

    fn all_groups(&self, session: &Session, issue: &Issue<'_>) -> Vec<String> {
        let added = session.provider.iter().map(|provider| format!("{}_{provider}", issue.pool_id));
        self.groups.iter().cloned().chain(added).collect()
    }

    /// The claims of an ID token.
    pub(super) fn id_claims(&self, session: &Session, issue: &Issue<'_>) -> Value {
        let mut claims = self.readable(session);
        claims.extend(shared(session, issue));
        claims.insert("aud".to_owned(), json!(issue.client_id));
        claims.insert("token_use".to_owned(), json!("id"));
        claims.insert("cognito:username".to_owned(), json!(self.username()));
        insert_groups(&mut claims, self.all_groups(session, issue));
        if let Some(nonce) = issue.nonce {
            claims.insert("nonce".to_owned(), json!(nonce));
        }
        if let Some(provider) = &session.provider {
            let identity = json!({
                "userId": self.email,
                "providerName": provider,
                "providerType": "SAML",
                "issuer": format!("urn:sandbox:{provider}"),
                "primary": "true",
                "dateCreated": "1700000000000",
            });
            claims.insert("identities".to_owned(), json!([identity]));
        }
        Value::Object(claims)
    }

    /// The claims of an access token: neither `aud` nor any attribute.
    pub(super) fn access_claims(&self, session: &Session, issue: &Issue<'_>) -> Value {
        let mut claims = shared(session, issue);
        claims.insert("sub".to_owned(), json!(self.sub));
        claims.insert("client_id".to_owned(), json!(issue.client_id));
        claims.insert("token_use".to_owned(), json!("access"));
        claims.insert("username".to_owned(), json!(self.username()));
        claims.insert("scope".to_owned(), json!(session.scope));
        insert_groups(&mut claims, self.all_groups(session, issue));
        Value::Object(claims)
    }
}

fn shared(session: &Session, issue: &Issue<'_>) -> Map<String, Value> {
    [
        ("iss", json!(issue.issuer)),
        ("origin_jti", json!(session.origin_jti)),
        ("event_id", json!(session.event_id)),
        ("auth_time", json!(session.auth_time)),
        ("jti", json!(Uuid::new_v4())),
        ("iat", json!(issue.issued_at)),
        ("exp", json!(issue.expires_at)),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

/// The claim is absent, not empty, for somebody without groups.
fn insert_groups(claims: &mut Map<String, Value>, groups: Vec<String>) {
    if !groups.is_empty() {
        claims.insert("cognito:groups".to_owned(), json!(groups));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user() -> User {
        User {
            email: "ada@acme.example".to_owned(),
            password: SecretString::from("correct horse"),
            sub: Uuid::from_u128(7),
            customer_name: Some("acme".to_owned()),
            groups: vec![],
            provider: None,
        }
    }

    fn session() -> Session {
        Session {
            sub: Uuid::from_u128(7),
            auth_time: 90,
            origin_jti: Uuid::from_u128(1),
            event_id: Uuid::from_u128(2),
            provider: None,
            scope: API_SCOPE.to_owned(),
        }
    }

    fn names(claims: &Value) -> Vec<&str> {
        claims.as_object().unwrap().keys().map(String::as_str).collect()
    }

    const ISSUE: Issue<'static> = Issue {
        issuer: "http://i/p_1",
        pool_id: "p_1",
        client_id: "client",
        issued_at: 100,
        expires_at: 400,
        nonce: None,
    };

    #[test]
    fn an_id_token_has_exactly_the_claims_of_a_native_user() {
        let claims = user().id_claims(&session(), &ISSUE);
        let expected = [
            "aud",
            "auth_time",
            "cognito:username",
            "custom:customerName",
            "email",
            "email_verified",
            "event_id",
            "exp",
            "iat",
            "iss",
            "jti",
            "origin_jti",
            "sub",
            "token_use",
        ];
        assert_eq!(names(&claims), expected);
        assert_eq!(claims["custom:customerName"], "acme");
        assert_eq!((claims["auth_time"].as_i64(), claims["exp"].as_i64()), (Some(90), Some(400)));
    }

    #[test]
    fn an_access_token_has_neither_audience_nor_attributes() {
        let claims = user().access_claims(&session(), &ISSUE);
        let expected = [
            "auth_time",
            "client_id",
            "event_id",
            "exp",
            "iat",
            "iss",
            "jti",
            "origin_jti",
            "scope",
            "sub",
            "token_use",
            "username",
        ];
        assert_eq!(names(&claims), expected);
    }

    #[test]
    fn a_federated_user_brings_identities_and_the_group_of_the_provider() {
        let mut user = user();
        user.provider = Some("AcmeSaml".to_owned());
        user.groups = vec!["admins".to_owned()];
        let session = Session { provider: user.provider.clone(), ..session() };
        let claims = user.id_claims(&session, &ISSUE);
        assert_eq!(claims["cognito:groups"], json!(["admins", "p_1_AcmeSaml"]));
        assert_eq!(claims["cognito:username"], "AcmeSaml_ada@acme.example");
        assert_eq!(claims["identities"][0]["providerName"], "AcmeSaml");
    }

    #[test]
    fn the_scopes_decide_which_attributes_a_client_reads() {
        for (scope, attributes) in [
            ("openid", vec!["custom:customerName", "email", "email_verified", "sub"]),
            ("openid email", vec!["email", "email_verified", "sub"]),
            ("openid email profile", vec!["custom:customerName", "email", "email_verified", "sub"]),
        ] {
            let session = Session { scope: scope.to_owned(), ..session() };
            assert_eq!(names(&Value::Object(user().readable(&session))), attributes, "{scope}");
        }
    }
}
