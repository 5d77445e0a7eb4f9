//! Does the stand-in answer as Cognito does? Over HTTP, and with tokens read by another library.

mod attacks;
mod code_flow;
mod federation;
mod visitor;

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use reqwest::header::HeaderMap;
use secrecy::SecretString;
use serde_json::{Value, json};
use time::macros::datetime;
use uuid::Uuid;

use super::*;

const EMAIL: &str = "ada@acme.example";
const PASSWORD: &str = "correct horse battery";

/// Made once: two keys take seconds where the library is not optimised.
static KEYS: LazyLock<SigningKeys> = LazyLock::new(|| SigningKeys::generate().unwrap());

async fn stand_in() -> Cognito {
    stand_in_where(false, Arc::default()).await
}

/// Where the clock goes by hand: so many seconds ahead.
async fn stand_in_with_clock() -> (Cognito, Arc<AtomicU64>) {
    let ahead = Arc::default();
    (stand_in_where(false, Arc::clone(&ahead)).await, ahead)
}

/// A pool of two companies' people, that trusts the identity provider of each; anybody may register or not.
async fn stand_in_where(self_sign_up: bool, ahead: Arc<AtomicU64>) -> Cognito {
    let user = User {
        email: EMAIL.to_owned(),
        password: SecretString::from(PASSWORD),
        sub: Uuid::from_u128(7),
        customer_name: Some("acme".to_owned()),
        groups: vec!["uploaders".to_owned()],
        provider: None,
    };
    let gina = User {
        email: "gina@globex.example".to_owned(),
        sub: Uuid::from_u128(8),
        customer_name: Some("globex".to_owned()),
        groups: Vec::new(),
        ..user.clone()
    };
    let provider = |name: &str, company: &str| IdentityProvider {
        name: name.to_owned(),
        domain: format!("{company}.example"),
        customer_name: company.to_owned(),
    };
    Cognito::start(Options {
        port: 0,
        region: "eu-central-1".to_owned(),
        pool_id: "eu-central-1_Sandbox01".to_owned(),
        client_id: "sandbox-client".to_owned(),
        users: vec![user, gina],
        identity_providers: vec![provider("AcmeSSO", "acme"), provider("GlobexSSO", "globex")],
        self_sign_up,
        keys: KEYS.clone(),
        clock: Clock::new(move || {
            datetime!(2030-01-02 03:04:05 UTC) + Duration::from_secs(ahead.load(Ordering::Relaxed))
        }),
        token_lifetime: Duration::from_secs(300),
        iam: None,
    })
    .await
    .unwrap()
}

/// Calls an operation: the status, the headers and the body.
async fn call(cognito: &Cognito, operation: &str, body: Value) -> (u16, HeaderMap, Value) {
    let answer = reqwest::Client::new()
        .post(cognito.url())
        .header("x-amz-target", format!("AWSCognitoIdentityProviderService.{operation}"))
        .header("content-type", "application/x-amz-json-1.1")
        .body(body.to_string())
        .send()
        .await
        .unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    (status, headers, answer.json().await.unwrap())
}

async fn password_auth(cognito: &Cognito, name: &str, password: &str) -> (u16, HeaderMap, Value) {
    let parameters = json!({"USERNAME": name, "PASSWORD": password});
    let body = json!({"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": cognito.client_id(), "AuthParameters": parameters});
    call(cognito, "InitiateAuth", body).await
}

async fn refresh(cognito: &Cognito, token: &str) -> (u16, HeaderMap, Value) {
    let parameters = json!({"REFRESH_TOKEN": token});
    let body = json!({"AuthFlow": "REFRESH_TOKEN_AUTH", "ClientId": cognito.client_id(), "AuthParameters": parameters});
    call(cognito, "InitiateAuth", body).await
}

async fn jwks(cognito: &Cognito) -> JwkSet {
    reqwest::get(cognito.jwks_url()).await.unwrap().json().await.unwrap()
}

/// The claims of a token, if a key of the set signed it.
fn verified(token: &str, keys: &JwkSet) -> Option<Value> {
    let header = jsonwebtoken::decode_header(token).unwrap();
    let jwk = keys.find(&header.kid.unwrap())?;
    let mut validation = Validation::new(Algorithm::RS256);
    validation.validate_aud = false;
    // The stand-in's clock is not the machine's.
    validation.validate_exp = false;
    Some(jsonwebtoken::decode(token, &DecodingKey::from_jwk(jwk).unwrap(), &validation).unwrap().claims)
}

fn text<'a>(body: &'a Value, pointer: &str) -> &'a str {
    body.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer} in {body}"))
}

#[tokio::test]
async fn a_password_brings_tokens_that_verify_with_the_published_keys() {
    let cognito = stand_in().await;
    let (status, headers, body) = password_auth(&cognito, EMAIL, PASSWORD).await;
    assert_eq!((status, headers["content-type"].to_str().unwrap()), (200, "application/x-amz-json-1.1"));
    assert_eq!(body["AuthenticationResult"]["ExpiresIn"], 300);
    assert_eq!(body["AuthenticationResult"]["TokenType"], "Bearer");
    let keys = jwks(&cognito).await;
    assert_eq!(keys.keys.len(), 2);

    let id_token = text(&body, "/AuthenticationResult/IdToken");
    let id = verified(id_token, &keys).unwrap();
    assert_eq!(jsonwebtoken::decode_header(id_token).unwrap().kid, Some(cognito.kid()));
    assert_eq!((text(&id, "/iss"), text(&id, "/aud")), (cognito.issuer(), "sandbox-client"));
    assert_eq!((text(&id, "/token_use"), text(&id, "/custom:customerName")), ("id", "acme"));
    assert_eq!(id["cognito:groups"], json!(["uploaders"]));
    assert_eq!((id["iat"].as_i64(), id["exp"].as_i64()), (Some(1_893_553_445), Some(1_893_553_745)));

    let access_token = text(&body, "/AuthenticationResult/AccessToken");
    let access = verified(access_token, &keys).unwrap();
    assert_eq!(jsonwebtoken::decode_header(access_token).unwrap().kid, Some(cognito.access_kid()));
    assert_ne!(cognito.kid(), cognito.access_kid());
    assert_eq!((text(&access, "/token_use"), text(&access, "/client_id")), ("access", "sandbox-client"));
    assert_eq!(access["origin_jti"], id["origin_jti"]);
    assert_ne!(access["jti"], id["jti"]);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_user_are_refused_alike() {
    let cognito = stand_in().await;
    for (name, password) in [(EMAIL, "wrong"), (EMAIL, ""), ("nobody@acme.example", PASSWORD), ("nobody", "")] {
        let (status, headers, body) = password_auth(&cognito, name, password).await;
        assert_eq!((status, headers["x-amzn-errortype"].to_str().unwrap()), (400, "NotAuthorizedException"));
        let expected = json!({"__type": "NotAuthorizedException", "message": "Incorrect username or password."});
        assert_eq!(body, expected);
    }
}

#[tokio::test]
async fn what_is_not_understood_is_refused_in_cognitos_shape() {
    let cognito = stand_in().await;
    let client = cognito.client_id();
    for (operation, body, exception) in [
        ("InitiateAuth", json!({"AuthFlow": "USER_SRP_AUTH", "ClientId": client}), "InvalidParameterException"),
        ("InitiateAuth", json!({"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": client}), "InvalidParameterException"),
        ("InitiateAuth", json!({"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": "x"}), "ResourceNotFoundException"),
        ("InitiateAuth", json!([]), "SerializationException"),
        ("DeleteUserPool", json!({}), "UnknownOperationException"),
        ("GetUser", json!({"AccessToken": "a.b.c"}), "NotAuthorizedException"),
    ] {
        let (status, _, answer) = call(&cognito, operation, body).await;
        assert_eq!((status, text(&answer, "/__type")), (400, exception), "{answer}");
    }
}

#[tokio::test]
async fn a_refresh_belongs_to_the_same_sign_in_until_it_is_revoked() {
    let cognito = stand_in().await;
    let tokens = cognito.sign_in(EMAIL).unwrap();
    let (status, _, body) = refresh(&cognito, &tokens.refresh_token).await;
    assert_eq!((status, body["AuthenticationResult"].get("RefreshToken")), (200, None));
    let keys = jwks(&cognito).await;
    let [first, second] = [tokens.id_token.as_str(), text(&body, "/AuthenticationResult/IdToken")]
        .map(|token| verified(token, &keys).unwrap());
    assert_eq!(first["origin_jti"], second["origin_jti"]);
    assert_ne!(first["jti"], second["jti"]);

    let revocation = json!({"Token": tokens.refresh_token, "ClientId": cognito.client_id()});
    assert_eq!(call(&cognito, "RevokeToken", revocation).await.0, 200);
    let (status, _, body) = refresh(&cognito, &tokens.refresh_token).await;
    assert_eq!((status, text(&body, "/message")), (400, "Invalid Refresh Token"));
}

#[tokio::test]
async fn a_user_sees_the_attributes_until_signed_out_everywhere() {
    let cognito = stand_in().await;
    let tokens = cognito.sign_in(EMAIL).unwrap();
    let bearer = json!({"AccessToken": tokens.access_token});
    let (status, _, body) = call(&cognito, "GetUser", bearer.clone()).await;
    assert_eq!(status, 200);
    let attributes = body["UserAttributes"].as_array().unwrap();
    assert!(attributes.contains(&json!({"Name": "custom:customerName", "Value": "acme"})));
    assert!(attributes.contains(&json!({"Name": "email_verified", "Value": "true"})));
    // An ID token is not an access token.
    assert_eq!(call(&cognito, "GetUser", json!({"AccessToken": tokens.id_token})).await.0, 400);
    assert_eq!(call(&cognito, "GlobalSignOut", bearer.clone()).await.0, 200);
    assert_eq!(call(&cognito, "GetUser", bearer).await.0, 400);
    assert_eq!(refresh(&cognito, &tokens.refresh_token).await.0, 400);
}

#[tokio::test]
async fn rotated_keys_are_served_beside_the_old_ones_until_those_are_dropped() {
    let cognito = stand_in().await;
    let before = cognito.sign_in(EMAIL).unwrap();
    let answer = reqwest::Client::new().post(format!("{}/sandbox/rotate-keys", cognito.url())).send().await.unwrap();
    assert_eq!(answer.json::<Value>().await.unwrap(), json!({"kid": cognito.kid()}));
    let after = cognito.sign_in(EMAIL).unwrap();
    let keys = jwks(&cognito).await;
    assert_eq!(keys.keys.len(), 4);
    assert!(verified(&before.id_token, &keys).is_some() && verified(&after.access_token, &keys).is_some());
    assert_eq!(call(&cognito, "GetUser", json!({"AccessToken": before.access_token})).await.0, 200);
    cognito.drop_old_keys();
    let keys = jwks(&cognito).await;
    assert!(verified(&before.id_token, &keys).is_none() && verified(&after.id_token, &keys).is_some());
    assert_eq!(call(&cognito, "GetUser", json!({"AccessToken": before.access_token})).await.0, 400);
}

#[tokio::test]
async fn the_key_endpoint_counts_and_fails_as_told() {
    let cognito = stand_in().await;
    let fetch = || reqwest::get(cognito.jwks_url());
    cognito.set_fault(Fault::Unavailable);
    assert_eq!(fetch().await.unwrap().status(), 503);
    cognito.set_fault(Fault::Garbage);
    assert!(fetch().await.unwrap().json::<Value>().await.is_err());
    cognito.set_fault(Fault::Huge);
    let huge = fetch().await.unwrap().bytes().await.unwrap();
    assert!(huge.len() > 16 * 1024 * 1024);
    serde_json::from_slice::<JwkSet>(&huge).unwrap();
    cognito.set_fault(Fault::Hanging);
    let hanging = reqwest::Client::builder().timeout(Duration::from_millis(100)).build().unwrap();
    assert!(hanging.get(cognito.jwks_url()).send().await.unwrap_err().is_timeout());
    cognito.set_fault(Fault::None);
    assert_eq!(jwks(&cognito).await.keys.len(), 2);
    assert_eq!(cognito.jwks_fetches(), 5);
    cognito.stop().await;
    assert!(fetch().await.unwrap_err().is_connect());
}

#[tokio::test]
async fn a_hostile_token_can_be_made() {
    let cognito = stand_in().await;
    let mut claims = cognito.id_claims(EMAIL).unwrap();
    claims["custom:customerName"] = json!(["acme", "globex"]);
    let token = cognito.sign(json!({"alg": "RS256", "kid": cognito.kid(), "crit": ["b64"]}), claims.clone());
    assert_eq!(verified(&token, &jwks(&cognito).await), Some(claims));
    assert!(cognito.public_key_pem().starts_with("-----BEGIN PUBLIC KEY-----\nMIIB"));
    assert!(matches!(cognito.id_claims("nobody"), Err(Error::UnknownUser(_))));
}

#[test]
fn no_password_and_no_token_is_shown_by_debug() {
    let user = User {
        email: EMAIL.to_owned(),
        password: SecretString::from(PASSWORD),
        sub: Uuid::nil(),
        customer_name: None,
        groups: vec![],
        provider: None,
    };
    assert!(!format!("{user:?}").contains(PASSWORD));
}
