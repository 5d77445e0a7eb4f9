//! Is a tenant bound to its identity provider, so that no other can vouch for its people?

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::forge::Forger;
use crate::harness::{Answer, Harness};
use crate::refusals::assert_refused;
use crate::tenancy::{ask, endpoints, things_of_acme};
use crate::uppy::begin_session;

const MISMATCH: &str = "identity-provider-mismatch";
const POOL: &str = "eu-central-1_Sandbox01";
const ALICE: &str = "alice@acme.example";

/// Acme's people sign in through that provider, if any, and perhaps at the user pool itself.
async fn bind(gateway: &Harness, provider: Option<&str>, native_users: bool) {
    change_acme(gateway, json!({"identityProvider": provider, "nativeUsers": native_users})).await;
}

async fn change_acme(gateway: &Harness, change: Value) {
    let answer = gateway.patch(&admin(gateway), &path_of_acme(gateway).await, change).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
}

fn admin(gateway: &Harness) -> String {
    gateway.token("admin@platform.example")
}

async fn path_of_acme(gateway: &Harness) -> String {
    let page = gateway.get(&admin(gateway), "/v1/admin/tenants?q=acme").await.body;
    format!("/v1/admin/tenants/{}", page["items"][0]["id"].as_str().expect("an id"))
}

/// Alice's ID token, had these providers vouched for her.
fn vouched(forger: &Forger<'_>, providers: &[&str]) -> String {
    forger.with_claims(json!({"identities": identities(providers)}))
}

fn identities(providers: &[&str]) -> Value {
    let identity = |name: &&str| {
        json!({"userId": "alice", "providerName": name, "providerType": "SAML", "issuer": "urn:x", "primary": "true",
               "dateCreated": "1700000000000"})
    };
    providers.iter().map(identity).collect()
}

/// An access token of Alice's that names her tenant.
fn access(forger: &Forger<'_>, username: &str, groups: &[&str]) -> String {
    let client = forger.cognito.client_id();
    forger.with_claims(json!({"token_use": "access", "client_id": client, "aud": null, "username": username,
                              "cognito:groups": groups}))
}

async fn upload(gateway: &Harness, token: &str) -> Answer {
    gateway.post(token, "/v1/uploads", json!({"fileName": "a", "contentType": "a/b", "size": 5})).await
}

fn assert_mismatch(answer: &Answer, what: &str) {
    assert_eq!((answer.status, answer.problem()), (StatusCode::FORBIDDEN, MISMATCH), "{what}: {}", answer.body);
    let text = answer.body.to_string();
    assert!(text.contains("send the ID token"), "{what}: {text}");
    assert!(!text.contains("SSO"), "{what}: whoever has a wrong one is not told the right one: {text}");
    assert!(!answer.headers.contains_key("www-authenticate"), "{what}: the token is good");
}

#[tokio::test]
async fn only_the_tenants_own_provider_vouches_for_its_people() {
    let gateway = Harness::start().await;
    let forger = Forger::new(&gateway);
    let group = |provider: &str| json!([format!("{POOL}_{provider}")]);
    let both = json!({"identities": identities(&["AcmeSSO"]), "cognito:groups": group("GlobexSSO")});
    let subject = forger.claims["sub"].as_str().unwrap();
    // What the token is, the token, and whether it is a person of AcmeSSO, a native one, or neither.
    let tokens = [
        ("the provider", vouched(&forger, &["AcmeSSO"]), "AcmeSSO"),
        ("the provider twice", vouched(&forger, &["AcmeSSO", "AcmeSSO"]), "AcmeSSO"),
        ("the provider's group", forger.with_claims(json!({"cognito:groups": group("AcmeSSO")})), "AcmeSSO"),
        ("an access token of the group", access(&forger, "AcmeSSO_alice", &[&format!("{POOL}_AcmeSSO")]), "AcmeSSO"),
        ("another provider", vouched(&forger, &["GlobexSSO"]), ""),
        ("the provider in other letters", vouched(&forger, &["ACMESSO"]), ""),
        ("two providers", vouched(&forger, &["AcmeSSO", "GlobexSSO"]), ""),
        ("two providers, the wrong one first", vouched(&forger, &["GlobexSSO", "AcmeSSO"]), ""),
        ("another provider's group", forger.with_claims(json!({"cognito:groups": group("GlobexSSO")})), ""),
        ("one provider, and another's group", forger.with_claims(both), ""),
        ("an access token of another group", access(&forger, "GlobexSSO_alice", &[&format!("{POOL}_GlobexSSO")]), ""),
        ("an access token that may hide a provider", access(&forger, "AcmeSSO_alice", &[]), ""),
        ("nobody", forger.with_claims(json!({})), "native"),
        ("an empty list", vouched(&forger, &[]), "native"),
        ("another pool's group", access(&forger, subject, &["eu-central-1_Other_AcmeSSO", POOL, "AcmeSSO"]), "native"),
        ("an access token without a name", access(&forger, subject, &[]), "native"),
        ("an access token of a plain name", access(&forger, "alice", &[]), "native"),
        ("an ID token of a name like that", forger.with_claims(json!({"cognito:username": "AcmeSSO_alice"})), "native"),
    ];
    for (provider, native_users) in [(Some("AcmeSSO"), true), (Some("AcmeSSO"), false), (None, true), (None, false)] {
        bind(&gateway, provider, native_users).await;
        for (what, token, origin) in &tokens {
            let enters = if *origin == "native" { native_users } else { provider == Some(*origin) };
            let before = gateway.database.count("uploads").await;
            let answer = upload(&gateway, token).await;
            let what = format!("{what}, where {provider:?} and native users {native_users}");
            if enters {
                assert_eq!(answer.status, StatusCode::CREATED, "{what}: {}", answer.body);
            } else {
                assert_mismatch(&answer, &what);
                assert_eq!(gateway.database.count("uploads").await, before, "{what}");
            }
        }
    }
}

#[tokio::test]
async fn every_route_refuses_whom_another_provider_vouches_for() {
    let gateway = Harness::start().await;
    let ids = things_of_acme(&gateway).await;
    bind(&gateway, Some("AcmeSSO"), true).await;
    let stranger = vouched(&Forger::new(&gateway), &["GlobexSSO"]);
    let document = gateway.send(gateway.request(Method::GET, "/openapi.json")).await.body;
    let mut asked = 0;
    for endpoint in endpoints(&document) {
        let (method, path) = endpoint.split_once(' ').unwrap();
        let by_token = document["paths"][path][method.to_lowercase()]["security"][0]["cognito"].is_array();
        if by_token && !path.starts_with("/v1/admin/") {
            assert_mismatch(&ask(&gateway, &endpoint, &ids, Some(&stranger)).await, &endpoint);
            asked += 1;
        }
    }
    assert!(asked > 20, "{asked}");
    let bare = gateway.request(Method::POST, "/upload").header("authorization", &stranger);
    assert_mismatch(&gateway.send(bare).await, "a tutorial's page");
}

#[tokio::test]
async fn another_provider_is_told_nothing_of_a_suspension() {
    let gateway = Harness::start().await;
    let forger = Forger::new(&gateway);
    bind(&gateway, Some("AcmeSSO"), false).await;
    let suspend = format!("{}/suspend", path_of_acme(&gateway).await);
    assert_eq!(gateway.post(&admin(&gateway), &suspend, json!({})).await.body["status"], "suspended");
    assert_mismatch(&upload(&gateway, &vouched(&forger, &["GlobexSSO"])).await, "another's");
    assert_mismatch(&upload(&gateway, &forger.with_claims(json!({}))).await, "a native one");
    assert_eq!(upload(&gateway, &vouched(&forger, &["AcmeSSO"])).await.problem(), "tenant-suspended");
}

#[tokio::test]
async fn a_platform_admin_stays_one_whoever_vouches() {
    let gateway = Harness::start().await;
    bind(&gateway, Some("AcmeSSO"), false).await;
    let forger = Forger::new(&gateway);
    let groups = json!(["platform-admins", "tenant-admins"]);
    let claims = json!({"identities": identities(&["GlobexSSO"]), "cognito:groups": groups});
    let token = forger.with_claims(claims);
    let me = gateway.get(&token, "/v1/me").await;
    assert_eq!(
        (me.status, &me.body["tenant"], &me.body["role"]),
        (StatusCode::OK, &Value::Null, &json!("platform-admin"))
    );
    assert_eq!(gateway.get(&token, "/v1/admin/tenants").await.status, StatusCode::OK);
    assert_mismatch(&upload(&gateway, &token).await, "in a tenant it is a stranger");
}

#[tokio::test]
async fn a_changed_provider_counts_from_the_next_request() {
    let gateway = Harness::start().await;
    let forger = Forger::new(&gateway);
    let [acme, other] = ["AcmeSSO", "OtherSSO"].map(|provider| vouched(&forger, &[provider]));
    for provider in ["AcmeSSO", "OtherSSO", "AcmeSSO"] {
        bind(&gateway, Some(provider), false).await;
        for (name, token) in [("AcmeSSO", &acme), ("OtherSSO", &other)] {
            let status = gateway.get(token, "/v1/me").await.status;
            assert_eq!(status.as_u16(), if name == provider { 200 } else { 403 }, "{name} at {provider}");
        }
    }
    change_acme(&gateway, json!({"nativeUsers": true})).await;
    assert_eq!(gateway.get(&acme, "/v1/me").await.status, StatusCode::OK, "the provider stays");
    assert_eq!(gateway.get(&forger.with_claims(json!({})), "/v1/me").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_token_whose_providers_cannot_be_read_is_refused() {
    let gateway = Harness::start().await;
    bind(&gateway, Some("AcmeSSO"), true).await;
    let forger = Forger::new(&gateway);
    let named = |name: Value| json!({"identities": [{"providerName": "AcmeSSO"}, {"providerName": name}]});
    let group = |name: &str| json!({"cognito:groups": [format!("{POOL}_{name}")]});
    let mut cases: Vec<_> = [
        ("identities that are a text", json!({"identities": identities(&["AcmeSSO"]).to_string()})),
        ("identities that are an object", json!({"identities": {"providerName": "AcmeSSO"}})),
        ("identities that are no objects", json!({"identities": ["AcmeSSO"]})),
        ("identities in identities", json!({"identities": [[{"providerName": "AcmeSSO"}]]})),
        ("an identity without a provider", json!({"identities": [{"providerName": "AcmeSSO"}, {"userId": "alice"}]})),
        ("a provider that is null", named(Value::Null)),
        ("a provider that is a number", named(json!(7))),
        ("a provider that is a list", named(json!(["AcmeSSO"]))),
        ("a provider without a name", named(json!(""))),
        ("a provider whose name is too long", named(json!("p".repeat(33)))),
        ("a group of a provider without a name", group("")),
        ("a group of a provider whose name is too long", group(&"p".repeat(33))),
        (
            "a name that is no text",
            json!({"token_use": "access", "client_id": forger.cognito.client_id(), "username": 7}),
        ),
    ]
    .into_iter()
    .map(|(what, claims)| (what.to_owned(), forger.with_claims(claims), "claim"))
    .collect();
    let mut claims = forger.claims.clone();
    claims["identities"] = Value::Null;
    cases.push(("identities that are null".to_owned(), forger.cognito.sign(forger.header(), claims), "claim"));
    let issuer = forger.cognito.issuer().replace("Sandbox01", "Sandbox02");
    let elsewhere = forger.with_claims(json!({"iss": issuer, "identities": identities(&["AcmeSSO"])}));
    cases.push(("the provider's person in another pool".to_owned(), elsewhere, "issuer"));
    assert_refused(&gateway, &cases).await;
}

#[tokio::test]
async fn sessions_end_with_the_binding_that_let_their_people_in() {
    let gateway = Harness::start().await;
    bind(&gateway, Some("AcmeSSO"), true).await;
    let of_globex = begin_session(&gateway, &gateway.token("gina@globex.example")).await;
    let claims = |values: &[&str]| json!({"claimValues": values});
    let mut session = begin_session(&gateway, &gateway.token(ALICE)).await;
    for (change, goes_on) in [
        (json!({"name": "Acme and Sons"}), true),
        (json!({"identityProvider": "OtherSSO"}), false),
        (json!({"identityProvider": null}), false),
        (json!({"identityProvider": "AcmeSSO"}), true),
        (claims(&["Acme Customer 1", "Acme Two"]), true),
        (claims(&["Acme Customer 1"]), false),
        (json!({"nativeUsers": false}), false),
        (json!({"nativeUsers": true}), true),
    ] {
        change_acme(&gateway, change.clone()).await;
        let answer = enter(&gateway, &session).await;
        let expected = if goes_on { (200, "") } else { (401, "invalid-session") };
        assert_eq!((answer.status.as_u16(), answer.problem()), expected, "{change}: {}", answer.body);
        if change == json!({"nativeUsers": false}) {
            change_acme(&gateway, json!({"nativeUsers": true})).await;
        }
        if !goes_on {
            session = begin_session(&gateway, &gateway.token(ALICE)).await;
        }
    }
    assert_eq!(enter(&gateway, &of_globex).await.status, StatusCode::OK, "another tenant's goes on");
    let ended = "select detail - 'changed' from audit_events where action = 'tenant.changed' and detail ? 'sessionsEnded' order by id";
    let ended: Vec<Value> = sqlx::query_scalar(ended).fetch_all(&gateway.database.pool).await.expect("events");
    assert_eq!(ended, vec![json!({"slug": "acme", "sessionsEnded": 1}); 4]);
}

async fn enter(gateway: &Harness, session: &Value) -> Answer {
    let secret = session["companionEndpoint"].as_str().and_then(|url| url.rsplit('/').next()).expect("a secret");
    gateway.send(gateway.request(Method::GET, &format!("/u/{secret}/s3/params?filename=a"))).await
}
