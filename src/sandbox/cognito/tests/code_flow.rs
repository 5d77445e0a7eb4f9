//! Does a page get tokens for a code, and nobody else, and nobody twice?

use super::visitor::{CALLBACK, Visitor, code, forms, parameter, sent_to};
use super::*;

#[tokio::test]
async fn a_password_brings_a_code_and_the_code_tokens() {
    let cognito = stand_in().await;
    let visitor = Visitor::new(&cognito);
    let address = visitor.sign_in(&[]).await;
    assert!(address.as_str().starts_with(CALLBACK), "{address}");
    assert_eq!(parameter(&address, "state").as_deref(), Some("the state"));
    let tokens = visitor.redeem(&address).await;
    assert_eq!((text(&tokens, "/token_type"), tokens["expires_in"].as_u64()), ("Bearer", Some(300)));
    let keys = jwks(&cognito).await;
    let id = verified(text(&tokens, "/id_token"), &keys).unwrap();
    assert_eq!((text(&id, "/email"), text(&id, "/nonce"), text(&id, "/aud")), (EMAIL, "the nonce", "sandbox-client"));
    assert_eq!(id.get("identities"), None);
    let access = verified(text(&tokens, "/access_token"), &keys).unwrap();
    assert_eq!((text(&access, "/scope"), access.get("nonce")), ("openid email profile", None));
    // The pages' tokens cannot change their user over the API.
    let (status, _, body) = call(&cognito, "GetUser", json!({"AccessToken": tokens["access_token"]})).await;
    assert_eq!((status, text(&body, "/message")), (400, "Access Token does not have required scopes"));
}

#[tokio::test]
async fn a_code_is_for_whoever_asked_for_it_alone() {
    let cognito = stand_in().await;
    let visitor = Visitor::new(&cognito);
    let other = "a-verifier-of-somebody-else-who-saw-the-address";
    for (changed, error) in [
        (("code_verifier", other), "invalid_grant"),
        (("code_verifier", ""), "invalid_grant"),
        (("redirect_uri", "http://127.0.0.1:8080/portal"), "invalid_grant"),
        (("redirect_uri", ""), "invalid_request"),
        (("client_id", "somebody-else"), "invalid_client"),
        (("client_id", ""), "invalid_request"),
        (("code", ""), "invalid_request"),
        (("code", "unheard-of"), "invalid_grant"),
        (("grant_type", "client_credentials"), "unauthorized_client"),
        (("grant_type", "password"), "unsupported_grant_type"),
        (("grant_type", ""), "invalid_request"),
    ] {
        let code = code(&visitor.sign_in_again(&[]).await);
        let fields = if changed.0 == "code" { vec![changed] } else { vec![("code", code.as_str()), changed] };
        assert_eq!(visitor.exchange(&fields).await, (400, json!({"error": error})), "{changed:?}");
    }
    // A verifier for a request that had no challenge: somebody may have taken that away.
    let address = visitor.sign_in_again(&[("code_challenge", ""), ("code_challenge_method", "")]).await;
    assert_eq!(visitor.exchange(&[("code", &code(&address))]).await, (400, json!({"error": "invalid_grant"})));
    let address = visitor.sign_in_again(&[("code_challenge", ""), ("code_challenge_method", "")]).await;
    assert_eq!(visitor.exchange(&[("code", &code(&address)), ("code_verifier", "")]).await.0, 200);
}

#[tokio::test]
async fn a_form_that_says_a_thing_twice_or_is_no_form_is_refused() {
    let cognito = stand_in().await;
    let visitor = Visitor::new(&cognito);
    let code = code(&visitor.sign_in(&[]).await);
    let twice = [("code", code.as_str()), ("code", "another"), ("code_verifier", "x")];
    assert_eq!(visitor.exchange(&twice).await, (400, json!({"error": "invalid_request"})));
    let answer = reqwest::Client::new().post(format!("{}/oauth2/token", cognito.url())).json(&json!({})).send().await;
    assert_eq!(answer.unwrap().json::<Value>().await.unwrap(), json!({"error": "invalid_request"}));
}

#[tokio::test]
async fn a_code_that_is_shown_again_ends_the_sign_in_that_it_began() {
    let cognito = stand_in().await;
    let visitor = Visitor::new(&cognito);
    let address = visitor.sign_in(&[]).await;
    let tokens = visitor.redeem(&address).await;
    let replayed = visitor.exchange(&[("code", &code(&address))]).await;
    assert_eq!(replayed, (400, json!({"error": "invalid_grant"})));
    let refreshed = visitor.refresh(text(&tokens, "/refresh_token")).await;
    assert_eq!(refreshed, (400, json!({"error": "invalid_grant"})));
    assert_eq!(visitor.user(text(&tokens, "/access_token")).await.0, 401);
}

#[tokio::test]
async fn a_code_dies_after_five_minutes_and_a_visit_after_an_hour() {
    let (cognito, ahead) = stand_in_with_clock().await;
    let visitor = Visitor::new(&cognito);
    let [first, second] = [visitor.sign_in(&[]).await, visitor.sign_in_again(&[]).await];
    ahead.store(299, Ordering::Relaxed);
    visitor.redeem(&first).await;
    ahead.store(300, Ordering::Relaxed);
    assert_eq!(visitor.exchange(&[("code", &code(&second))]).await.0, 400);
    ahead.store(3599, Ordering::Relaxed);
    let third = visitor.sign_in_again(&[]).await;
    // When the user was asked, not when the client asked.
    let id = verified(text(&visitor.redeem(&third).await, "/id_token"), &jwks(&cognito).await).unwrap();
    assert_eq!(id["iat"].as_i64().unwrap() - id["auth_time"].as_i64().unwrap(), 3599);
    ahead.store(3600, Ordering::Relaxed);
    assert!(visitor.page(&[]).await.contains("Password"));
}

#[tokio::test]
async fn refresh_tokens_rotate_and_the_old_one_ends_the_sign_in() {
    let cognito = stand_in().await;
    let visitor = Visitor::new(&cognito);
    let first = visitor.redeem(&visitor.sign_in(&[]).await).await;
    let (status, second) = visitor.refresh(text(&first, "/refresh_token")).await;
    assert_eq!(status, 200);
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    let keys = jwks(&cognito).await;
    let [before, after] = [&first, &second].map(|tokens| verified(text(tokens, "/id_token"), &keys).unwrap());
    assert_eq!((before.get("nonce").is_some(), after.get("nonce")), (true, None));
    assert_eq!((&before["origin_jti"], &before["auth_time"]), (&after["origin_jti"], &after["auth_time"]));
    let (status, third) = visitor.refresh(text(&second, "/refresh_token")).await;
    assert_eq!(status, 200);
    for stolen in [&first, &third] {
        let refreshed = visitor.refresh(text(stolen, "/refresh_token")).await;
        assert_eq!(refreshed, (400, json!({"error": "invalid_grant"})));
    }
    assert_eq!(visitor.user(text(&third, "/access_token")).await.0, 401);
}

#[tokio::test]
async fn the_api_rotates_too_and_names_a_reuse() {
    let cognito = stand_in().await;
    let tokens = cognito.sign_in(EMAIL).unwrap();
    let rotate = |token: &str| {
        let body = json!({"RefreshToken": token, "ClientId": cognito.client_id()});
        call(&cognito, "GetTokensFromRefreshToken", body)
    };
    let (status, _, body) = rotate(&tokens.refresh_token).await;
    assert_eq!(status, 200);
    let second = text(&body, "/AuthenticationResult/RefreshToken");
    let (status, _, body) = rotate(&tokens.refresh_token).await;
    assert_eq!((status, text(&body, "/__type")), (400, "RefreshTokenReuseException"));
    let (status, _, body) = rotate(second).await;
    assert_eq!((status, text(&body, "/__type")), (400, "NotAuthorizedException"));
}

#[tokio::test]
async fn a_revoked_token_is_revoked_and_an_unknown_one_is_not_told_apart() {
    let cognito = stand_in().await;
    let visitor = Visitor::new(&cognito);
    let tokens = visitor.redeem(&visitor.sign_in(&[]).await).await;
    let client = cognito.client_id();
    for token in [text(&tokens, "/refresh_token"), "unheard-of"] {
        assert_eq!(visitor.revoke(&[("token", token), ("client_id", client)]).await.0, 200);
    }
    assert_eq!(visitor.refresh(text(&tokens, "/refresh_token")).await.0, 400);
    assert_eq!(visitor.user(text(&tokens, "/access_token")).await.0, 401);
    for (fields, error) in [
        (vec![("client_id", client)], "invalid_request"),
        (vec![("token", "x")], "invalid_request"),
        (vec![("token", "x"), ("client_id", "somebody-else")], "invalid_client"),
    ] {
        assert_eq!(visitor.revoke(&fields).await, (400, json!({"error": error}).to_string()));
    }
}

#[tokio::test]
async fn an_access_token_with_openid_reads_its_user() {
    let cognito = stand_in().await;
    let visitor = Visitor::new(&cognito);
    let tokens = visitor.redeem(&visitor.sign_in(&[]).await).await;
    let (status, challenge, body) = visitor.user(text(&tokens, "/access_token")).await;
    let sub = Uuid::from_u128(7).to_string();
    let expected = json!({
        "sub": sub, "username": sub, "email": EMAIL, "email_verified": "true", "custom:customerName": "acme",
    });
    assert_eq!((status, challenge, body), (200, None, expected));
    let api = cognito.sign_in(EMAIL).unwrap().access_token;
    for token in [text(&tokens, "/id_token"), api.as_str(), "a.b.c", ""] {
        let (status, challenge, body) = visitor.user(token).await;
        assert_eq!((status, text(&body, "/error")), (401, "invalid_token"));
        assert!(challenge.unwrap().starts_with("Bearer error=\"invalid_token\""));
    }
}

#[tokio::test]
async fn tokens_may_be_asked_for_by_any_page_and_sign_in_pages_by_none() {
    let cognito = stand_in().await;
    let preflight = |path: &str| {
        reqwest::Client::new()
            .request(reqwest::Method::OPTIONS, format!("{}{path}", cognito.url()))
            .header("origin", "https://app.example")
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,content-type")
            .send()
    };
    for path in ["/oauth2/token", "/oauth2/revoke", "/oauth2/userInfo"] {
        let answer = preflight(path).await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["access-control-allow-origin"]),
            (200, &"*".parse().unwrap())
        );
    }
    for path in ["/oauth2/authorize", "/login", "/sandbox/identity-provider", "/signup", "/logout"] {
        assert_eq!(preflight(path).await.unwrap().headers().get("access-control-allow-origin"), None, "{path}");
    }
}

#[tokio::test]
async fn a_wrong_password_is_told_in_general_words_and_the_form_can_be_sent_again() {
    let cognito = stand_in().await;
    let visitor = Visitor::new(&cognito);
    let page = visitor.page(&[]).await;
    for name in [EMAIL, "nobody@acme.example"] {
        let answer = visitor.fill_in(&page, &[("username", name), ("password", "wrong")]).await;
        assert_eq!(answer.status(), 400);
        let page = answer.text().await.unwrap();
        assert!(page.contains("Incorrect username or password.") && page.contains(name), "{page}");
        assert_eq!(forms(&page).len(), 1);
        assert!(
            parameter(&sent_to(&visitor.fill_in(&page, &[("username", EMAIL), ("password", PASSWORD)]).await), "code")
                .is_some()
        );
    }
}

#[tokio::test]
async fn discovery_names_the_issuer_and_the_keys_and_knows_one_pool() {
    let cognito = stand_in().await;
    let address = format!("{}/.well-known/openid-configuration", cognito.issuer());
    let body: Value = reqwest::get(address).await.unwrap().json().await.unwrap();
    assert_eq!((text(&body, "/issuer"), text(&body, "/jwks_uri")), (cognito.issuer(), cognito.jwks_url().as_str()));
    // Each endpoint that it names is there.
    for name in ["authorization", "token", "userinfo", "revocation", "end_session"] {
        let address = text(&body, &format!("/{name}_endpoint")).to_owned();
        assert!(address.starts_with(cognito.url()));
        assert_ne!(reqwest::get(address).await.unwrap().status(), 404, "{name}");
    }
    let other = format!("{}/eu-central-1_Other/.well-known/jwks.json", cognito.url());
    assert_eq!(reqwest::get(other).await.unwrap().status(), 404);
}
