//! Is a token refused that is malformed, or that the user pool's key did not sign with RS256?

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512,
    RSA_PSS_SHA256,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde_json::{Value, json};

use crate::forge::{Case, Forger, encode};
use crate::harness::Harness;
use crate::refusals::assert_refused;

fn case(what: &str, token: String, label: &'static str) -> Case {
    (what.to_owned(), token, label)
}

#[tokio::test]
async fn a_token_signed_by_another_algorithm_is_refused() {
    let gateway = Harness::start().await;
    let forger = Forger::new(&gateway);
    let hmac = |key: &[u8]| {
        let signed = forger.unsigned(&json!({"alg": "HS256"}));
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), signed.as_bytes());
        format!("{signed}.{}", encode(tag))
    };
    let pem = forger.cognito.public_key_pem();
    let der = STANDARD.decode(pem.lines().filter(|line| !line.starts_with('-')).collect::<String>()).unwrap();
    let jwks: Value = reqwest::get(forger.cognito.jwks_url()).await.unwrap().json().await.unwrap();
    let n = jwks["keys"][0]["n"].as_str().unwrap();
    let modulus = URL_SAFE.decode(format!("{n}==")).unwrap();
    let elliptic = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let curve = forger.unsigned(&json!({"alg": "ES256"}));
    let elliptic = elliptic.sign(&SystemRandom::new(), curve.as_bytes()).unwrap();
    let none = forger.unsigned(&json!({"alg": "none"}));
    let good = gateway.token("alice@acme.example");
    let (_, signature) = good.rsplit_once('.').unwrap();
    assert_refused(
        &gateway,
        &[
            case("RS384 by the right key", forger.signed_as("RS384", &RSA_PKCS1_SHA384), "algorithm"),
            case("RS512 by the right key", forger.signed_as("RS512", &RSA_PKCS1_SHA512), "algorithm"),
            case("PS256 by the right key", forger.signed_as("PS256", &RSA_PSS_SHA256), "algorithm"),
            case("PS256 that says RS256", forger.signed_as("RS256", &RSA_PSS_SHA256), "signature"),
            case("RS512 that says RS256", forger.signed_as("RS256", &RSA_PKCS1_SHA512), "signature"),
            case("ES256", format!("{curve}.{}", encode(elliptic)), "algorithm"),
            case("none, unsigned", format!("{none}."), "algorithm"),
            case("none, with a signature", format!("{none}.{signature}"), "algorithm"),
            case("NonE", format!("{}.", forger.unsigned(&json!({"alg": "NonE"}))), "algorithm"),
            case("HS256 with the public key in PEM", hmac(pem.as_bytes()), "algorithm"),
            case("HS256 with the PEM's text trimmed", hmac(pem.trim_end().as_bytes()), "algorithm"),
            case("HS256 with the public key in DER", hmac(&der), "algorithm"),
            case("HS256 with the modulus", hmac(&modulus), "algorithm"),
            case("HS256 with the modulus as in the JWKS", hmac(n.as_bytes()), "algorithm"),
            case("HS256 with nothing", hmac(b""), "algorithm"),
            case("RS256 in lower case", forger.with_header(json!({"alg": "rs256"})), "algorithm"),
            case("no algorithm", forger.with_header(json!({"alg": null})), "algorithm"),
            case("an algorithm that is no text", forger.with_header(json!({"alg": 256})), "algorithm"),
            case("a list of algorithms", forger.with_header(json!({"alg": ["RS256"]})), "algorithm"),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_token_that_another_key_signed_is_refused_however_it_brings_the_key_along() {
    let gateway = Harness::start().await;
    let forger = Forger::new(&gateway);
    let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let public = key.public_key();
    let jwk = json!({
        "kty": "RSA", "alg": "RS256", "use": "sig", "kid": forger.cognito.kid(),
        "n": encode(public.modulus().big_endian_without_leading_zero()),
        "e": encode(public.exponent().big_endian_without_leading_zero()),
    });
    let certificate = json!([STANDARD.encode(public.as_der().unwrap().as_ref())]);
    let forged = |changes: Value| {
        let signed = forger.unsigned(&changes);
        let mut signature = vec![0; key.public_modulus_len()];
        key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
        format!("{signed}.{}", encode(signature))
    };
    // A good one first: what is remembered about it must not help its likenesses.
    let good = gateway.token("alice@acme.example");
    assert_eq!(gateway.get(&good, "/v1/me").await.status, 200);
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let (header, _) = signed.split_once('.').unwrap();
    let flipped = format!("{}{}", if signature.starts_with('A') { 'B' } else { 'A' }, &signature[1..]);
    let gina = encode(forger.cognito.id_claims("gina@globex.example").unwrap().to_string());
    assert_refused(
        &gateway,
        &[
            case("the right key id", forged(json!({})), "signature"),
            case("its own key id", forged(json!({"kid": "mine"})), "unknown_key"),
            case("an embedded key", forged(json!({"jwk": jwk})), "header"),
            case("an embedded key and its own key id", forged(json!({"jwk": jwk, "kid": "mine"})), "header"),
            case("a key set elsewhere", forged(json!({"jku": "http://127.0.0.1:1/keys"})), "header"),
            case("a certificate elsewhere", forged(json!({"x5u": "http://127.0.0.1:1/key"})), "header"),
            case("an embedded certificate", forged(json!({"x5c": certificate})), "header"),
            case("an embedded key beside the right signature", forger.with_header(json!({"jwk": jwk})), "header"),
            case("a key set beside the right signature", forger.with_header(json!({"jku": "x"})), "header"),
            case("a certificate beside the right signature", forger.with_header(json!({"x5u": "x"})), "header"),
            case("another signature", format!("{signed}.{flipped}"), "signature"),
            case("half a signature", format!("{signed}.{}", &signature[..172]), "signature"),
            case("no signature", format!("{signed}."), "signature"),
            case("another's claims", format!("{header}.{gina}.{signature}"), "signature"),
            case("no key id", forger.with_header(json!({"kid": null})), "unknown_key"),
            case("an empty key id", forger.with_header(json!({"kid": ""})), "unknown_key"),
            case("a key id that is no text", forger.with_header(json!({"kid": 7})), "unknown_key"),
            case("a key id that is a list", forger.with_header(json!({"kid": [forger.cognito.kid()]})), "unknown_key"),
            case("a key id that is a path", forger.with_header(json!({"kid": "../../dev/null"})), "unknown_key"),
            case("a key id of SQL", forger.with_header(json!({"kid": "' or 1=1 --"})), "unknown_key"),
            case("a long key id", forger.with_header(json!({"kid": "k".repeat(300)})), "unknown_key"),
            case(
                "the key id of access tokens",
                forger.with_header(json!({"kid": forger.cognito.access_kid()})),
                "signature",
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_token_whose_header_asks_for_more_than_is_understood_is_refused() {
    let gateway = Harness::start().await;
    let forger = Forger::new(&gateway);
    let cases = [
        ("something critical and unknown", json!({"crit": ["exp"], "exp": 1})),
        ("something critical that is not there", json!({"crit": ["nonce"]})),
        ("nothing critical, said with a list", json!({"crit": []})),
        ("an unencoded payload", json!({"b64": false, "crit": ["b64"]})),
        ("an unencoded payload, not critical", json!({"b64": false})),
        ("compression", json!({"zip": "DEF"})),
        ("encryption", json!({"enc": "A128GCM"})),
        ("another type", json!({"typ": "at+jwt"})),
        ("a type that is no text", json!({"typ": 7})),
    ];
    let mut cases: Vec<Case> =
        cases.into_iter().map(|(what, header)| case(what, forger.with_header(header), "header")).collect();
    let kid = json!(forger.cognito.kid());
    for name in ["crit", "b64", "jwk", "typ"] {
        let header = format!(r#"{{"alg":"RS256","kid":{kid},"{name}":null}}"#);
        cases.push(case(
            &format!("{name} that is null"),
            forger.of_texts(&header, &forger.claims.to_string()),
            "header",
        ));
    }
    assert_refused(&gateway, &cases).await;
}

#[tokio::test]
async fn a_malformed_token_is_refused() {
    let gateway = Harness::start().await;
    let forger = Forger::new(&gateway);
    let kid = json!(forger.cognito.kid());
    let (header, payload) = (forger.header().to_string(), forger.claims.to_string());
    let (issuer, sub) = (&forger.claims["iss"], &forger.claims["sub"]);
    let twice = |more: &str| forger.of_texts(&header, &format!("{{{more},{}", &payload[1..]));
    let good = gateway.token("alice@acme.example");
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let standard = |text: &str| STANDARD.encode(text);
    // 256 bytes leave four bits of the last letter without a meaning; all but one letter of sixteen are another spelling.
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let last = letters.find(&signature[341..]).unwrap();
    let respelled = format!("{signed}.{}{}", &signature[..341], &letters[last + 1..last + 2]);
    let long = forger.with_claims(json!({"padding": "x".repeat(15_000)}));
    assert!(long.len() > 20_000 && long.len() < 22_000, "{}", long.len());
    assert_refused(
        &gateway,
        &[
            case("one part", "token".to_owned(), "malformed"),
            case("two parts", signed.to_owned(), "malformed"),
            case("four parts", format!("{good}.{signature}"), "malformed"),
            case("a dot at the end", format!("{good}."), "malformed"),
            case("dots alone", "..".to_owned(), "malformed"),
            case("JSON serialisation", json!({"payload": "e30", "signature": "AA"}).to_string(), "malformed"),
            case("a header that is not JSON", forger.of_texts("alg=RS256", &payload), "malformed"),
            case("a header that is a text", forger.of_texts("\"RS256\"", &payload), "malformed"),
            case("a header that is a list", forger.of_texts(&format!("[{header}]"), &payload), "malformed"),
            case("a header that is null", forger.of_texts("null", &payload), "malformed"),
            case("an empty header", forger.of_parts("", &encode(&payload)), "malformed"),
            case("more after the header", forger.of_texts(&format!("{header}{{}}"), &payload), "malformed"),
            case("a payload that is not JSON", forger.of_texts(&header, "sub=alice"), "malformed"),
            case("a payload that is a text", forger.of_texts(&header, "\"alice\""), "malformed"),
            case("a payload that is a list", forger.of_texts(&header, &format!("[{issuer}]")), "malformed"),
            case("a payload that is null", forger.of_texts(&header, "null"), "malformed"),
            case("an empty payload", forger.of_parts(&encode(&header), ""), "malformed"),
            case("more after the payload", forger.of_texts(&header, &format!("{payload}{{}}")), "malformed"),
            case(
                "a payload that is no UTF-8",
                forger.of_parts(&encode(&header), &encode(b"{\"iss\":\"\xff\"}")),
                "malformed",
            ),
            case(
                "alg twice",
                forger.of_texts(&format!(r#"{{"alg":"none","kid":{kid},"alg":"RS256"}}"#), &payload),
                "malformed",
            ),
            case(
                "kid twice",
                forger.of_texts(&format!(r#"{{"alg":"RS256","kid":"x","kid":{kid}}}"#), &payload),
                "malformed",
            ),
            case("sub twice", twice("\"sub\":\"somebody\""), "malformed"),
            case("sub twice and the same", twice(&format!("\"sub\":{sub}")), "malformed"),
            case("sub twice, once disguised", twice("\"\\u0073ub\":\"somebody\""), "malformed"),
            case("iss twice", twice(&format!("\"iss\":{issuer}")), "malformed"),
            case("the tenant twice", twice("\"custom:customerName\":\"Globex Customer 2\""), "malformed"),
            case("exp twice", twice("\"exp\":1"), "malformed"),
            case("padding of the header", forger.of_parts(&padded(&header), &encode(&payload)), "malformed"),
            case("padding of the payload", forger.of_parts(&encode(&header), &padded(&payload)), "malformed"),
            case("padding of the signature", format!("{good}=="), "malformed"),
            case(
                "a letter of the other Base64",
                forger.of_parts(&encode(&header), &standard("{\"iss\":\"\u{fbf0}>>>???\"}")),
                "malformed",
            ),
            case("a letter of no Base64", format!("{signed}.{}*", &signature[..341]), "malformed"),
            case("a blank inside", format!("{signed}. {signature}"), "malformed"),
            case("another spelling of the signature", respelled, "malformed"),
            case("20 KB", long, "too_long"),
        ],
    )
    .await;
}

/// With at least one `=` at the end.
fn padded(payload: &str) -> String {
    let blank = if payload.len().is_multiple_of(3) { " " } else { "" };
    let encoded = URL_SAFE.encode(format!("{payload}{blank}"));
    assert!(encoded.ends_with('='));
    encoded
}
