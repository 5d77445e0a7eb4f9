//! Who gets in with which token, who is told what, and what stays unsaid?

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::forge::Forger;
use crate::harness::Harness;
use crate::log;
use crate::refusals::refused;

#[tokio::test]
async fn good_tokens_of_every_kind_are_taken() {
    let gateway = Harness::start().await;
    let forger = Forger::new(&gateway);
    let client = forger.cognito.client_id();
    let access = json!({"token_use": "access", "client_id": client, "aud": null});
    let good = [
        ("an ID token", gateway.token("alice@acme.example")),
        ("an access token with the tenant claim", forger.with_claims(access)),
        ("an access token with aud too", forger.with_claims(json!({"token_use": "access", "client_id": client}))),
        ("typ: JWT", forger.with_header(json!({"typ": "JWT"}))),
        ("typ: jwt", forger.with_header(json!({"typ": "jwt"}))),
        ("a header of its own", forger.with_header(json!({"x-by": "proxy"}))),
        ("other claims in any script", forger.with_claims(json!({"name": "Ægir 愛 👩‍🚀 \u{0} \"", "given_name": "א"}))),
        ("a claim that JavaScript minds", forger.with_claims(json!({"__proto__": {"token_use": "access"}}))),
        ("no groups", forger.with_claims(json!({"cognito:groups": []}))),
        ("expired within the leeway", forger.with_claims(json!({"exp": forger.now - 30 + 8}))),
        ("not before now and the leeway", forger.with_claims(json!({"nbf": forger.now + 30}))),
        ("issued at now and the leeway", forger.with_claims(json!({"iat": forger.now + 30}))),
        ("no iat", forger.with_claims(json!({"iat": null}))),
    ];
    for (what, token) in &good {
        // The second time from memory.
        for _ in 0..2 {
            let me = gateway.get(token, "/v1/me").await;
            assert_eq!(
                (me.status, &me.body["tenant"]["slug"]),
                (StatusCode::OK, &json!("acme")),
                "{what}: {}",
                me.body
            );
            assert_eq!(me.body["subject"], forger.claims["sub"], "{what}");
        }
    }
    assert_eq!(gateway.metric("tokens_total{result=\"ok\"}").await, 2.0 * 13.0);
    for scheme in ["bearer", "BEARER", "Bearer "] {
        let request = gateway.request(Method::GET, "/v1/me").header(AUTHORIZATION, format!("{scheme} {}", good[0].1));
        assert_eq!(gateway.send(request).await.status, StatusCode::OK, "{scheme:?}");
    }
}

#[tokio::test]
async fn the_token_of_one_bearer_header_counts_and_nothing_else() {
    let gateway = Harness::start().await;
    let token = gateway.token("alice@acme.example");
    let bearer = HeaderValue::from_str(&format!("Bearer {token}")).unwrap();
    let request = || gateway.request(Method::GET, "/v1/me");
    let with = |value: &str| request().header(AUTHORIZATION, value);
    let cases = [
        ("no header", request()),
        ("an empty header", with("")),
        ("no token", with("Bearer")),
        ("a token of blanks", with("Bearer   ")),
        ("no scheme", with(&token)),
        ("another scheme", with(&format!("Basic {token}"))),
        ("a name and a password", with("Basic YWxpY2U6c2VjcmV0")),
        ("a scheme that begins likewise", with(&format!("BearerX {token}"))),
        (
            "letters that are not ASCII",
            request().header(AUTHORIZATION, HeaderValue::from_bytes(b"Bearer \xff").unwrap()),
        ),
        ("two headers", request().header(AUTHORIZATION, &bearer).header(AUTHORIZATION, "Bearer x")),
        ("two headers, the good one last", request().header(AUTHORIZATION, "Bearer x").header(AUTHORIZATION, &bearer)),
        ("the same header twice", request().header(AUTHORIZATION, &bearer).header(AUTHORIZATION, &bearer)),
        ("a token in the query", gateway.request(Method::GET, &format!("/v1/me?access_token={token}"))),
        ("a token in a cookie", request().header("cookie", format!("access_token={token}"))),
        ("a token for a proxy", request().header("proxy-authorization", &bearer)),
    ];
    for (what, request) in cases {
        refused(&gateway, request, "missing").await.unwrap_or_else(|fault| panic!("{what}: {fault}"));
    }
}

#[tokio::test]
async fn a_remembered_token_ends_with_its_life() {
    let gateway = Harness::start().await;
    let token = gateway.token("alice@acme.example");
    assert_eq!(gateway.get(&token, "/v1/me").await.status, StatusCode::OK);
    gateway.travel(Duration::from_secs(3600));
    assert_eq!(gateway.get(&token, "/v1/me").await.status, StatusCode::OK, "the leeway holds for remembered ones too");
    gateway.travel(Duration::from_secs(30));
    let request = gateway.request(Method::GET, "/v1/me").bearer_auth(&token);
    refused(&gateway, request, "expired").await.unwrap();
}

#[tokio::test]
async fn the_log_tells_the_reason_and_no_part_of_the_token() {
    log::capture();
    let gateway = Harness::start().await;
    let forger = Forger::new(&gateway);
    let good = gateway.token("alice@acme.example");
    let bad = [
        (forger.with_claims(json!({"aud": "another-client"})), "the token is for another app client"),
        (forger.with_claims(json!({"sub": "alice/x"})), "the token's sub is missing or of the wrong type"),
        (forger.with_header(json!({"kid": "nobody-knows"})), "the token's key is unknown"),
        (format!("{good}="), "the token is malformed"),
    ];
    for (number, (token, reason)) in bad.iter().enumerate() {
        let id = format!("refused-{number}-{}", forger.cognito.kid().len() + std::process::id() as usize);
        let request = gateway.request(Method::GET, "/v1/me").bearer_auth(token).header("x-request-id", &id);
        assert_eq!(gateway.send(request).await.status, StatusCode::UNAUTHORIZED);
        let tells = |line: &str| line.contains(&id) && line.contains(reason);
        gateway.until(reason, async || log::captured().lines().any(tells)).await;
    }
    assert_eq!(gateway.get(&good, "/v1/me").await.status, StatusCode::OK);
    let log = log::captured();
    for token in bad.iter().map(|(token, _)| token).chain([&good]) {
        for part in token.split('.') {
            // Also no piece of it: sixteen letters would already narrow a search.
            for piece in part.as_bytes().chunks(16).filter(|piece| piece.len() == 16) {
                let piece = std::str::from_utf8(piece).unwrap();
                assert!(!log.contains(piece), "{piece}");
            }
        }
    }
}

#[tokio::test]
async fn a_good_token_without_a_known_tenant_is_forbidden_and_told_why() {
    let gateway = Harness::start().await;
    let forger = Forger::new(&gateway);
    let access = gateway.neighbours().cognito.sign_in("alice@acme.example").unwrap().access_token;
    let admin = gateway.token("admin@platform.example");
    let claim = |value: &str| forger.with_claims(json!({"custom:customerName": value}));
    let cases = [
        ("an access token as Cognito makes it", access, "tenant-claim-missing"),
        ("no tenant claim", forger.with_claims(json!({"custom:customerName": null})), "tenant-claim-missing"),
        ("an empty tenant claim", claim(""), "tenant-claim-missing"),
        ("a platform admin without a tenant", admin, "tenant-claim-missing"),
        ("an unknown tenant", claim("Nobody"), "tenant-unknown"),
        ("a slug instead of the claim", claim("acme"), "tenant-unknown"),
        ("the claim in other letters", claim("acme customer 1"), "tenant-unknown"),
        ("the claim with a blank behind it", claim("Acme Customer 1 "), "tenant-unknown"),
        ("the claim with a letter of no width", claim("Acme Customer 1\u{200b}"), "tenant-unknown"),
        ("a wildcard", claim("%"), "tenant-unknown"),
        ("a NUL, which Postgres cannot hold", claim("Acme\u{0}"), "tenant-unknown"),
        ("a tenant as long as it may be", claim(&"c".repeat(1024)), "tenant-unknown"),
    ];
    for (what, token, problem) in &cases {
        let body = json!({"fileName": "a.txt", "contentType": "text/plain", "size": 1});
        let answer = gateway.post(token, "/v1/uploads", body).await;
        assert_eq!((answer.status, answer.problem()), (StatusCode::FORBIDDEN, *problem), "{what}: {}", answer.body);
        let speaks = answer.body["detail"].as_str().unwrap().contains("Send the ID token");
        assert_eq!(speaks, *problem == "tenant-claim-missing", "{what}: {}", answer.body);
        assert!(!answer.headers.contains_key("www-authenticate"), "{what}: the token is good");
    }
    assert_eq!(gateway.database.count("uploads").await, 0);
    assert_eq!(gateway.neighbours().aws.assume_role_calls(), 0);
}
