//! Are the signatures and keys of Project Wycheproof judged as it says? (tests/vectors/wycheproof)
//!
//! Its payload is `foo`, which is no claims. So whoever gets past the signature is known by being refused for that, and by nothing else.

use serde_json::{Value, json};

use super::*;

/// What a key set and a token come to.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    /// The header, the key or the signature is not taken.
    Refused,
    /// The signature is the key's.
    Signed,
}

fn vectors(text: &str) -> Vec<(Value, Value)> {
    let file: Value = serde_json::from_str(text).expect("vectors");
    let groups = file["testGroups"].as_array().expect("groups").clone();
    let tests = |group: Value| {
        let tests = group["tests"].as_array().expect("tests").clone();
        tests.into_iter().map(move |test| (group.clone(), test))
    };
    groups.into_iter().flat_map(tests).collect()
}

/// As [`TokenVerifier::verify_anew`] does it, without issuer and claims.
fn judge(keys: &Value, token: &str) -> Verdict {
    let keys = if keys["keys"].is_array() { keys.clone() } else { json!({"keys": [keys]}) };
    let Ok(known) = super::super::jwks::parse(keys.to_string().as_bytes()) else { return Verdict::Refused };
    let Some(header) = token.split('.').next().and_then(|part| unverified::<UnverifiedHeader>(part).ok()) else {
        return Verdict::Refused;
    };
    let Some(key) = check_header(&header).ok().and_then(|kid| known.get(kid)) else { return Verdict::Refused };
    let mut validation = Validation::new(Algorithm::RS256);
    validation.required_spec_claims.clear();
    match jsonwebtoken::decode::<Members>(token, key, &validation) {
        Ok(_claims) => panic!("foo is no claims"),
        Err(error) if matches!(error.kind(), jsonwebtoken::errors::ErrorKind::Json(_)) => Verdict::Signed,
        Err(_) => Verdict::Refused,
    }
}

#[test]
fn signatures_are_judged_as_they_are() {
    let (mut taken, mut refused) = (0, 0);
    for (group, test) in vectors(include_str!("../../../tests/vectors/wycheproof/json_web_signature_test.json")) {
        let key = if group["public"].is_object() { &group["public"] } else { &group["private"] };
        // Compact serialisation alone is a bearer token (RFC 6750 §2.1).
        let Some(token) = test["jws"].as_str() else {
            refused += 1;
            continue;
        };
        let is_ours = key["kty"] == "RSA" && key["alg"] == "RS256";
        let expected = if test["result"] == "valid" && is_ours { Verdict::Signed } else { Verdict::Refused };
        assert_eq!(judge(key, token), expected, "{}: {} {}", group["comment"], test["tcId"], test["comment"]);
        if expected == Verdict::Signed { taken += 1 } else { refused += 1 }
    }
    assert_eq!(taken + refused, 401);
    assert_eq!(taken, 8, "of RS256, and of nothing else");
}

#[test]
fn key_sets_are_judged_as_they_are() {
    for (group, test) in vectors(include_str!("../../../tests/vectors/wycheproof/json_web_key_test.json")) {
        let keys = if group["public"].is_object() { &group["public"] } else { &group["private"] };
        let verdict = judge(keys, test["jws"].as_str().expect("a token"));
        let comment = format!("{}: {} {}", group["comment"], test["tcId"], test["comment"]);
        if test["result"] == "valid" {
            // Some of the good ones are of algorithms that we do not take.
            assert!(verdict == Verdict::Signed || !is_rs256(keys), "{comment}");
        } else {
            assert_eq!(verdict, Verdict::Refused, "{comment}");
        }
    }
}

fn is_rs256(keys: &Value) -> bool {
    let keys = keys["keys"].as_array().cloned().unwrap_or_else(|| vec![keys.clone()]);
    keys.iter().all(|key| key["alg"] == "RS256")
}
