//! Is a token refused that the user pool signed, but not for this, or not for now?

use serde_json::{Value, json};

use crate::forge::{Case, Forger};
use crate::harness::Harness;
use crate::refusals::assert_refused;

/// The clock difference that is put up with by default, in seconds.
const LEEWAY: i64 = 30;

fn cases(forger: &Forger<'_>, table: Vec<(&str, Value, &'static str)>) -> Vec<Case> {
    table.into_iter().map(|(what, claims, label)| (what.to_owned(), forger.with_claims(claims), label)).collect()
}

#[tokio::test]
async fn a_token_of_another_issuer_client_or_kind_is_refused() {
    let gateway = Harness::start().await;
    let forger = Forger::new(&gateway);
    let client = forger.cognito.client_id();
    let issuer = forger.cognito.issuer();
    let table = vec![
        ("another pool's issuer", json!({"iss": issuer.replace("Sandbox01", "Sandbox02")}), "issuer"),
        (
            "another region's issuer",
            json!({"iss": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_X"}),
            "issuer",
        ),
        ("an issuer with more behind it", json!({"iss": format!("{issuer}/")}), "issuer"),
        ("an issuer with less behind it", json!({"iss": &issuer[..issuer.len() - 1]}), "issuer"),
        ("an issuer in other letters", json!({"iss": issuer.to_uppercase()}), "issuer"),
        ("an empty issuer", json!({"iss": ""}), "issuer"),
        ("no issuer", json!({"iss": null}), "malformed"),
        ("a list with the issuer", json!({"iss": [issuer]}), "malformed"),
        ("an issuer that is no text", json!({"iss": 7}), "malformed"),
        ("another client", json!({"aud": "another-client"}), "audience"),
        ("a client in other letters", json!({"aud": client.to_uppercase()}), "audience"),
        ("an empty client", json!({"aud": ""}), "audience"),
        ("no client", json!({"aud": null}), "claim"),
        ("a list with the client", json!({"aud": [client]}), "claim"),
        ("a list with the client and another", json!({"aud": [client, "another-client"]}), "claim"),
        ("a client that is no text", json!({"aud": 7}), "claim"),
        ("an ID token with client_id alone", json!({"aud": null, "client_id": client}), "claim"),
        ("an ID token for another client, with client_id", json!({"aud": "x", "client_id": client}), "audience"),
        ("an access token with aud alone", json!({"token_use": "access"}), "claim"),
        ("an access token of another client", json!({"token_use": "access", "client_id": "x"}), "audience"),
        ("an access token with a list", json!({"token_use": "access", "client_id": [client]}), "claim"),
        ("an access token with an odd aud", json!({"token_use": "access", "client_id": client, "aud": {}}), "claim"),
        ("an id that is no text", json!({"jti": ["x"]}), "claim"),
        ("a scope that is no text", json!({"scope": ["openid"]}), "claim"),
        ("no kind", json!({"token_use": null}), "claim"),
        ("a kind that is no text", json!({"token_use": ["id"]}), "claim"),
        ("a refresh token", json!({"token_use": "refresh"}), "token_use"),
        ("a kind in other letters", json!({"token_use": "ID"}), "token_use"),
    ];
    assert_refused(&gateway, &cases(&forger, table)).await;
}

#[tokio::test]
async fn a_token_of_another_time_is_refused() {
    let gateway = Harness::start().await;
    let forger = Forger::new(&gateway);
    // Time goes on while the cases run: what has just ended stays ended, and what begins too late has a minute to spare.
    let just_past = forger.now - LEEWAY;
    let table = vec![
        ("long expired", json!({"exp": forger.now - 86_400}), "expired"),
        ("expired just past the leeway", json!({"exp": just_past}), "expired"),
        ("expired at the beginning of time", json!({"exp": 0}), "expired"),
        ("expired before the beginning of time", json!({"exp": i64::MIN}), "expired"),
        ("not before a while", json!({"nbf": forger.now + LEEWAY + 60}), "not_yet_valid"),
        ("not before the end of time", json!({"nbf": i64::MAX}), "not_yet_valid"),
        ("issued in a while", json!({"iat": forger.now + LEEWAY + 60}), "not_yet_valid"),
        ("no expiry", json!({"exp": null}), "claim"),
        ("an expiry that is a text", json!({"exp": (forger.now + 600).to_string()}), "claim"),
        ("an expiry with a fraction", json!({"exp": 4_000_000_000.5}), "claim"),
        ("an expiry that is true", json!({"exp": true}), "claim"),
        ("an expiry in a list", json!({"exp": [forger.now + 600]}), "malformed"),
        ("an expiry after all years", json!({"exp": i64::MAX}), "claim"),
        ("an expiry that is too large a number", json!({"exp": u64::MAX}), "claim"),
        ("a beginning that is a text", json!({"nbf": "now"}), "claim"),
        ("a beginning that is false", json!({"nbf": false}), "claim"),
        ("an issue that is a text", json!({"iat": forger.now.to_string()}), "claim"),
        ("an issue in an object", json!({"iat": {}}), "claim"),
    ];
    assert_refused(&gateway, &cases(&forger, table)).await;
}

#[tokio::test]
async fn a_token_of_a_strange_person_is_refused() {
    let gateway = Harness::start().await;
    let forger = Forger::new(&gateway);
    let table = vec![
        ("no subject", json!({"sub": null}), "claim"),
        ("an empty subject", json!({"sub": ""}), "claim"),
        ("a subject with a slash", json!({"sub": "alice/../gina"}), "claim"),
        ("a subject that is the parent", json!({"sub": ".."}), "claim"),
        ("a subject with a wildcard", json!({"sub": "*"}), "claim"),
        ("a subject with a variable", json!({"sub": "${aws:username}"}), "claim"),
        ("a subject that is too long", json!({"sub": "s".repeat(129)}), "claim"),
        ("a subject that is a number", json!({"sub": 7}), "claim"),
        ("two subjects", json!({"sub": ["alice", "bob"]}), "malformed"),
        ("groups that are a text", json!({"cognito:groups": "platform-admins"}), "claim"),
        ("groups that are an object", json!({"cognito:groups": {"platform-admins": true}}), "claim"),
        ("groups among which is a number", json!({"cognito:groups": ["tenant-admins", 7]}), "claim"),
        ("two tenants", json!({"custom:customerName": ["Acme Customer 1", "Globex Customer 2"]}), "claim"),
        ("one tenant in a list", json!({"custom:customerName": ["Acme Customer 1"]}), "claim"),
        ("a tenant that is a number", json!({"custom:customerName": 1}), "claim"),
        ("a tenant that is an object", json!({"custom:customerName": {}}), "claim"),
        ("a tenant that is too long", json!({"custom:customerName": "c".repeat(1025)}), "claim"),
    ];
    let mut cases = cases(&forger, table);
    let claims = forger.claims.to_string().replace("\"Acme Customer 1\"", "null");
    cases.push(("a tenant that is null".to_owned(), forger.of_texts(&forger.header().to_string(), &claims), "claim"));
    assert_refused(&gateway, &cases).await;
}
