//! Do the pages send nobody elsewhere, show nothing as markup, and take no form from elsewhere?

use super::visitor::{CALLBACK, Visitor, forms, location, parameter, sent_to, written};
use super::*;

const ELSEWHERE: [&str; 8] = [
    "https://evil.example/",
    "http://evil.example/",
    "//evil.example/",
    "http://127.0.0.1@evil.example/",
    "http://127.0.0.1.evil.example/",
    "https://127.0.0.1:8080/portal/",
    "javascript:alert(1)",
    "http://127.0.0.1:8080/portal/#fragment",
];

#[tokio::test]
async fn nobody_is_sent_elsewhere_by_asking_to_sign_in() {
    let cognito = stand_in().await;
    let visitor = Visitor::new(&cognito);
    visitor.sign_in(&[]).await;
    let wrong_client = [("client_id", "somebody-else")];
    let elsewhere = ELSEWHERE.map(|address| [("redirect_uri", address)]);
    for changed in elsewhere.iter().chain([&wrong_client, &[("redirect_uri", "")], &[("client_id", "")]]) {
        for page in ["/oauth2/authorize", "/login", "/sandbox/identity-provider"] {
            let address = visitor.asking(changed).replace("/oauth2/authorize", page);
            for answer in
                [visitor.get(&address).await, visitor.get(&format!("{address}&identity_provider=AcmeSSO")).await]
            {
                assert_eq!((answer.status().as_u16(), answer.headers().get("location")), (400, None), "{address}");
            }
        }
    }
    let twice = format!("{}&redirect_uri=https://evil.example/", visitor.asking(&[]));
    assert_eq!(visitor.get(&twice).await.status(), 400);
    let long = visitor.asking(&[("state", &"x".repeat(9000))]);
    assert_eq!(visitor.get(&long).await.status(), 400);
}

#[tokio::test]
async fn nobody_is_sent_elsewhere_by_signing_out() {
    let cognito = stand_in().await;
    let visitor = Visitor::new(&cognito);
    visitor.sign_in(&[]).await;
    for parameter in ["logout_uri", "redirect_uri"] {
        for address in ELSEWHERE {
            let query = [("client_id", cognito.client_id()), (parameter, address)];
            let address = url::Url::parse_with_params(&format!("{}/logout", cognito.url()), query).unwrap();
            let answer = visitor.get(address.as_str()).await;
            assert_eq!((answer.status().as_u16(), answer.headers().get("location")), (400, None), "{address}");
        }
    }
    let other = visitor.get(&format!("/logout?client_id=somebody-else&logout_uri={CALLBACK}")).await;
    assert_eq!(other.status(), 400);
    // What was refused has not signed anybody out either.
    sent_to(&visitor.get(&visitor.asking(&[])).await);
}

#[tokio::test]
async fn what_the_client_does_wrong_is_told_to_the_client_with_its_state() {
    let cognito = stand_in().await;
    let visitor = Visitor::new(&cognito);
    let challenge = "code_challenge";
    for (changed, error) in [
        (("response_type", ""), "invalid_request"),
        (("response_type", "token"), "unauthorized_client"),
        (("response_type", "id_token"), "unsupported_response_type"),
        (("scope", "openid aws.cognito.signin.user.admin"), "invalid_scope"),
        (("scope", "openid phone"), "invalid_scope"),
        (("scope", "email"), "invalid_scope"),
        ((challenge, ""), "invalid_request"),
        ((challenge, "too-short"), "invalid_request"),
        (("code_challenge_method", "plain"), "invalid_request"),
        (("code_challenge_method", ""), "invalid_request"),
        (("identity_provider", "EvilSSO"), "invalid_request"),
        (("idp_identifier", "evil.example"), "invalid_request"),
    ] {
        let address = sent_to(&visitor.get(&visitor.asking(&[changed])).await);
        assert!(address.as_str().starts_with(CALLBACK), "{address}");
        assert_eq!(parameter(&address, "error").as_deref(), Some(error), "{changed:?}");
        assert_eq!(parameter(&address, "state").as_deref(), Some("the state"));
        assert!(parameter(&address, "error_description").is_some() && parameter(&address, "code").is_none());
    }
    let twice = sent_to(&visitor.get(&format!("{}&nonce=another", visitor.asking(&[]))).await);
    assert_eq!(parameter(&twice, "error").as_deref(), Some("invalid_request"));
}

#[tokio::test]
async fn without_a_scope_the_client_gets_all_of_its_own() {
    let cognito = stand_in().await;
    let visitor = Visitor::new(&cognito);
    for (asked, granted) in [("", "openid email profile"), ("openid", "openid"), ("email openid email", "email openid")]
    {
        let tokens = visitor.redeem(&visitor.sign_in_again(&[("scope", asked)]).await).await;
        let access = verified(text(&tokens, "/access_token"), &jwks(&cognito).await).unwrap();
        assert_eq!(text(&access, "/scope"), granted);
    }
}

#[tokio::test]
async fn what_is_typed_in_or_sent_along_is_shown_as_text() {
    let cognito = stand_in().await;
    let visitor = Visitor::new(&cognito);
    let markup = "\"'><script>alert(1)</script>@acme.example";
    let hostile = [("login_hint", markup), ("state", markup), ("nonce", markup)];
    let login = visitor.page(&hostile).await;
    let failed = visitor.fill_in(&login, &[("username", markup), ("password", "x")]).await.text().await.unwrap();
    let provider = visitor.page(&[hostile.as_slice(), &[("identity_provider", "AcmeSSO")]].concat()).await;
    let refused = visitor
        .fill_in(&provider, &[("email", "no address <b>"), ("customerName", markup)])
        .await
        .text()
        .await
        .unwrap();
    for page in [login, failed, provider, refused] {
        assert!(page.contains("&lt;script&gt;") && !page.contains("<script") && !page.contains("<b>"), "{page}");
        assert!(!page.contains(" style=") && !page.contains("'><"), "{page}");
    }
    // The state comes back as it was, and not as more parameters.
    let address = visitor.sign_in(&[("state", "a&error=x#y\r\nSet-Cookie: z=1")]).await;
    assert_eq!(parameter(&address, "state").as_deref(), Some("a&error=x#y\r\nSet-Cookie: z=1"));
    assert_eq!((parameter(&address, "error"), address.fragment()), (None, None));
}

#[tokio::test]
async fn pages_may_not_be_framed_run_nothing_and_send_forms_only_here_and_to_their_client() {
    let cognito = stand_in().await;
    let visitor = Visitor::new(&cognito);
    let login = visitor.asking(&[]).replace("/oauth2/authorize", "/login");
    let provider =
        visitor.asking(&[("identity_provider", "AcmeSSO")]).replace("/oauth2/authorize", "/sandbox/identity-provider");
    for (address, targets) in [
        (login.as_str(), "'self' http://127.0.0.1:8080"),
        (provider.as_str(), "'self' http://127.0.0.1:8080"),
        ("/login", "'none'"),
        ("/signup", "'none'"),
        ("/logout", "'none'"),
    ] {
        let answer = visitor.get(address).await;
        let expected = format!(
            "default-src 'none'; style-src 'self'; base-uri 'none'; form-action {targets}; frame-ancestors 'none'"
        );
        assert_eq!(answer.headers()["content-security-policy"], expected.as_str(), "{address}");
        for (name, value) in
            [("cache-control", "no-store"), ("x-frame-options", "DENY"), ("x-content-type-options", "nosniff")]
        {
            assert_eq!(answer.headers()[name], value, "{address}");
        }
    }
    let style = visitor.get("/sandbox/style.css").await;
    assert_eq!(style.headers()["content-type"], "text/css; charset=utf-8");
}

#[tokio::test]
async fn a_form_from_elsewhere_signs_nobody_in() {
    let cognito = stand_in_where(true, Arc::default()).await;
    let (visitor, attacker) = (Visitor::new(&cognito), Visitor::new(&cognito));
    let filled = |page: &str, token: Option<&str>| {
        let mut form = forms(page).pop().unwrap();
        form.fields.retain(|(name, _)| name != "_csrf");
        form.fields.extend(token.map(|token| ("_csrf".to_owned(), token.to_owned())));
        for (name, value) in [("username", EMAIL), ("password", PASSWORD), ("email", EMAIL)] {
            form.fields.push((name.to_owned(), value.to_owned()));
        }
        form
    };
    for provider in ["", "AcmeSSO"] {
        let page = visitor.page(&[("identity_provider", provider)]).await;
        let theirs = forms(&attacker.page(&[("identity_provider", provider)]).await).pop().unwrap();
        let (_, theirs) = theirs.fields.iter().find(|(name, _)| name == "_csrf").unwrap();
        for token in [None, Some(""), Some("x"), Some(theirs.as_str())] {
            let form = filled(&page, token);
            for address in [form.action.clone(), form.action.replace("/login", "/signup")] {
                assert_eq!(visitor.post(&address, &form.fields).await.status(), 403, "{address} {token:?}");
            }
        }
        // Nor one with the right token and no cookie.
        let form = forms(&page).pop().unwrap();
        let bare = written(reqwest::Client::new().post(format!("{}{}", cognito.url(), form.action)), &form.fields);
        assert_eq!(bare.send().await.unwrap().status(), 403);
    }
    assert!(location(&visitor.get(&visitor.asking(&[])).await).starts_with("/login?"));
}

#[tokio::test]
async fn pages_on_this_machine_may_call_and_others_may_not() {
    let cognito = stand_in().await;
    let preflight = |origin: &'static str| {
        reqwest::Client::new()
            .request(reqwest::Method::OPTIONS, cognito.url())
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type,x-amz-target,x-amz-user-agent")
            .send()
    };
    let ours = preflight("http://localhost:5173").await.unwrap();
    assert_eq!(ours.status(), 200);
    assert_eq!(ours.headers()["access-control-allow-origin"], "http://localhost:5173");
    let theirs = preflight("https://example.com").await.unwrap();
    assert_eq!((theirs.status().as_u16(), theirs.headers().get("access-control-allow-origin")), (400, None));
}
