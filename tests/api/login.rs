//! Is everybody told where to sign in, and nobody who is a customer?

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio_util::sync::{CancellationToken, DropGuard};
use upload_gateway::app::Application;
use upload_gateway::config::Config;
use upload_gateway::model::Clock;

use crate::harness::{Answer, Harness, SERVERS};
use crate::log;

/// A gateway whose user pool has a hosted UI, or has none.
struct Door<'a> {
    harness: &'a Harness,
    url: String,
    _stop: DropGuard,
}

impl<'a> Door<'a> {
    async fn open(harness: &'a Harness) -> Self {
        Self::with(harness, |config| {
            let pool = &mut config.auth.pools[0];
            pool.hosted_ui = Some("https://sign-in.example".to_owned());
            pool.hosted_ui_client_id = "federated".to_owned();
            pool.native_client_id = "native".to_owned();
        })
        .await
    }

    async fn with(harness: &'a Harness, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = harness.neighbours().configuration((0, 0), "").expect("a good configuration");
        config.server.workers = Some(1);
        config.server.public_url = Some("https://uploads.example".to_owned());
        config.database.max_connections = 2;
        config.tenants.unknown_ttl = Duration::from_secs(3600);
        change(&mut config);
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let start = async move {
            let application = Application::build(config, Clock::system()).await.expect("the gateway starts");
            let url = format!("http://{}", application.public_address());
            tokio::spawn(async move { application.run_until(stopped).await.expect("the gateway serves") });
            url
        };
        let url = SERVERS.spawn(start).await.expect("the gateway starts");
        Self { harness, url, _stop: stop.drop_guard() }
    }

    async fn ask(&self, query: &str) -> Answer {
        self.harness.send(self.harness.http.get(format!("{}/v1/login{query}", self.url))).await
    }

    /// Where the owner of that address is sent.
    async fn way(&self, email: &str) -> Value {
        let answer = self.ask(&format!("?email={email}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{email}: {}", answer.body);
        answer.body
    }
}

async fn path_of_acme(harness: &Harness) -> String {
    let page = harness.get(&harness.token("admin@platform.example"), "/v1/admin/tenants?q=acme").await.body;
    format!("/v1/admin/tenants/{}", page["items"][0]["id"].as_str().expect("an id"))
}

async fn change(harness: &Harness, change: Value) {
    let admin = harness.token("admin@platform.example");
    let answer = harness.patch(&admin, &path_of_acme(harness).await, change).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
}

/// The URL before its parameters, and these.
fn parts(way: &Value) -> (String, BTreeMap<String, String>) {
    let url = url::Url::parse(way["authorizeUrl"].as_str().expect("a URL")).expect("a URL");
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let (count, parameters) = (pairs.len(), BTreeMap::from_iter(pairs));
    assert_eq!(parameters.len(), count, "none stands twice");
    (url[..url::Position::AfterPath].to_owned(), parameters)
}

#[tokio::test]
async fn a_tenants_people_go_to_its_provider_and_all_others_to_the_user_pool() {
    let harness = Harness::start().await;
    change(&harness, json!({"identityProvider": "AcmeSSO"})).await;
    let door = Door::open(&harness).await;
    for (email, provider, client) in [
        ("alice@acme.example", "AcmeSSO", "federated"),
        ("Nobody.There%2Btag@ACME.Example", "AcmeSSO", "federated"),
        ("alice@unknown.example", "COGNITO", "native"),
        ("alice@sub.acme.example", "COGNITO", "native"),
        ("acme.example@unknown.example", "COGNITO", "native"),
    ] {
        let way = door.way(email).await;
        assert_eq!(way["identityProvider"], provider, "{email}");
        let (place, parameters) = parts(&way);
        assert_eq!(place, "https://sign-in.example/oauth2/authorize");
        let expected = [
            ("client_id", client),
            ("identity_provider", provider),
            ("redirect_uri", "https://uploads.example/portal/"),
            ("response_type", "code"),
            ("scope", "openid email profile"),
        ];
        assert_eq!(parameters, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into(), "{email}");
    }
    assert!(
        door.way("a@acme.example").await["authorizeUrl"].as_str().unwrap().contains("&scope=openid+email+profile&")
    );
}

#[tokio::test]
async fn an_unknown_domain_is_answered_as_a_known_one() {
    let harness = Harness::start().await;
    let door = Door::open(&harness).await;
    let mut shapes = BTreeSet::new();
    let unknown = door.ask("?email=a@unknown.example").await;
    for provider in [json!("AcmeSSO"), Value::Null] {
        change(&harness, json!({"identityProvider": provider})).await;
        let expected = provider.as_str().unwrap_or("COGNITO").to_owned();
        let way = async || door.way("a@acme.example").await["identityProvider"] == expected;
        harness.until("the other gateway knows", way).await;
        let known = door.ask("?email=a@acme.example").await;
        for answer in [&known, &unknown] {
            let members: Vec<_> = answer.body.as_object().unwrap().keys().cloned().collect();
            let parameters: Vec<_> = parts(&answer.body).1.into_keys().collect();
            let headers: BTreeSet<_> = answer.headers.keys().map(ToString::to_string).collect();
            assert_eq!(answer.headers["cache-control"], "no-store");
            shapes.insert((answer.status.as_u16(), members, parameters, headers));
        }
        assert_eq!(shapes.len(), 1, "{shapes:?}");
        assert_eq!(known.body == unknown.body, provider.is_null(), "a tenant without a provider cannot be told");
    }
}

#[tokio::test]
async fn what_is_no_address_is_refused_by_name() {
    let harness = Harness::start().await;
    let door = Door::open(&harness).await;
    let longest = format!("?email={}@acme.example", "n".repeat(241));
    assert_eq!(door.ask(&longest).await.status, StatusCode::OK);
    let domain = format!("?email=a@{}example", "a.".repeat(124));
    assert_eq!(door.ask(&domain).await.status, StatusCode::UNPROCESSABLE_ENTITY, "255 letters");
    for query in [
        "",
        "?email=",
        "?mail=a@acme.example",
        "?email=acme.example",
        "?email=@acme.example",
        "?email=a@",
        "?email=a@acme",
        "?email=a@b@acme.example",
        "?email=a@acme.example%20",
        "?email=a@acme.example%00",
        "?email=a@acme..example",
        "?email=a@%C3%A4cme.example",
        "?email=a@acme.example&email=b@acme.example",
        &longest.replace("?email=", "?email=n"),
    ] {
        let refused = door.ask(query).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
        assert_eq!((refused.problem(), refused.pointers()), ("invalid-request", vec!["?email"]), "{query}");
    }
    let posted = harness.request(Method::POST, "/v1/login?email=a@acme.example");
    let posted = harness.send(posted).await;
    assert_eq!((posted.status.as_u16(), posted.headers["allow"].to_str().unwrap()), (405, "GET"));
}

#[tokio::test]
async fn without_a_hosted_ui_nobody_is_sent_anywhere() {
    let harness = Harness::start().await;
    let door = Door::with(&harness, |config| config.auth.pools[0].hosted_ui = None).await;
    for domain in ["acme.example", "unknown.example"] {
        let refused = door.ask(&format!("?email=a@{domain}")).await;
        assert_eq!((refused.status.as_u16(), refused.problem()), (404, "sign-in-not-configured"), "{}", refused.body);
    }
    assert_eq!(door.ask("?email=a").await.pointers(), ["?email"]);
}

#[tokio::test]
async fn a_suspended_tenant_is_answered_like_others() {
    let harness = Harness::start().await;
    change(&harness, json!({"identityProvider": "AcmeSSO"})).await;
    let suspend = format!("{}/suspend", path_of_acme(&harness).await);
    let suspended = harness.post(&harness.token("admin@platform.example"), &suspend, json!({})).await;
    assert_eq!(suspended.body["status"], "suspended");
    let door = Door::open(&harness).await;
    assert_eq!(door.way("a@acme.example").await["identityProvider"], "AcmeSSO");
}

#[tokio::test]
async fn what_was_asked_before_costs_no_query_until_something_changes() {
    let harness = Harness::start().await;
    change(&harness, json!({"identityProvider": "AcmeSSO"})).await;
    let door = Door::open(&harness).await;
    // The first look at the revision has everything forgotten once, so it is asked until it is remembered for good.
    let rename = async |from: &str, to: &str| {
        let statement = sqlx::AssertSqlSafe(format!("alter view {from} rename to {to}"));
        sqlx::query(statement).execute(&harness.database.pool).await.expect("renamed");
    };
    let remembered = async || {
        for email in ["a@acme.example", "a@unknown.example"] {
            door.way(email).await;
        }
        rename("tenants_whole", "away").await;
        let mut all = true;
        for email in ["b@Acme.example", "b@unknown.example"] {
            all &= door.ask(&format!("?email={email}")).await.status == StatusCode::OK;
        }
        let other = door.ask("?email=a@other.example").await;
        rename("away", "tenants_whole").await;
        assert_eq!((other.status.as_u16(), other.problem()), (503, "unavailable"), "it would have been asked");
        all
    };
    harness.until("the answers are remembered", remembered).await;
    // Nobody but Postgres tells that a domain has moved.
    let moved = "update tenant_email_domains set domain = 'unknown.example' where domain = 'acme.example'";
    sqlx::query(moved).execute(&harness.database.pool).await.expect("moved");
    let told = async || door.way("a@unknown.example").await["identityProvider"] == "AcmeSSO";
    harness.until("the change is seen", told).await;
    assert_eq!(door.way("a@acme.example").await["identityProvider"], "COGNITO");
}

#[tokio::test]
async fn the_address_stays_out_of_the_log() {
    log::capture();
    let harness = Harness::start().await;
    let door = Door::open(&harness).await;
    let name = format!("somebody-{}", std::process::id());
    for address in ["acme.example", "unknown.example", "nodot", "un@usual.example"] {
        let id = format!("login-{name}-{}", address.len());
        let url = format!("{}/v1/login?email=q.{name}.q@{address}", door.url);
        harness.send(harness.http.get(url).header("x-request-id", &id)).await;
        let told = async || log::captured().lines().any(|line| line.contains(&id));
        harness.until("the request is in the log", told).await;
    }
    assert!(!log::captured().contains(&format!("q.{name}.q")));
}
