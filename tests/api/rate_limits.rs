//! Does a caller get as many requests as its limits allow, no more and no fewer?

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::header::{ACCESS_CONTROL_EXPOSE_HEADERS, ORIGIN, RETRY_AFTER};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::harness::{Answer, Harness, PAGE};
use crate::{openapi, socket, tenancy};

const UPLOADS: &str = "/v1/uploads";

/// Requests in a minute: so few that none comes back while a test runs.
const LIMIT: usize = 5;

/// The statuses of so many requests at once, in their order of answers: first those that passed.
async fn flood(gateway: &Harness, token: &str, requests: usize) -> Vec<Answer> {
    let mut answers = join_all((0..requests).map(|_| gateway.get(token, UPLOADS))).await;
    answers.sort_by_key(|answer| answer.status);
    answers
}

fn passed(answers: &[Answer]) -> usize {
    answers.iter().filter(|answer| answer.status == StatusCode::OK).count()
}

async fn limit_tenant(gateway: &Harness, slug: &str, limit: Option<usize>) {
    let admin = gateway.token("admin@platform.example");
    let found = gateway.get(&admin, &format!("/v1/admin/tenants?q={slug}")).await.body;
    let path = format!("/v1/admin/tenants/{}", found["items"][0]["id"].as_str().expect("a tenant"));
    let changed = gateway.patch(&admin, &path, json!({"limits": {"requestsPerMinute": limit}})).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
}

fn field(answer: &Answer, name: &str) -> Option<String> {
    answer.headers.get(name).map(|value| value.to_str().expect("a text").to_owned())
}

#[tokio::test]
async fn exactly_as_many_pass_as_the_tenants_limit_says_until_the_minute_is_over() {
    let gateway = Harness::start().await;
    limit_tenant(&gateway, "acme", Some(LIMIT)).await;
    let (alice, bob) = (gateway.token("alice@acme.example"), gateway.token("bob@acme.example"));
    let half = async |token| flood(&gateway, token, LIMIT).await;
    let (hers, his) = tokio::join!(half(&alice), half(&bob));
    assert_eq!(passed(&hers) + passed(&his), LIMIT, "the tenant's people together");
    for refused in hers.iter().chain(&his).filter(|answer| answer.status != StatusCode::OK) {
        assert_eq!((refused.status.as_u16(), refused.problem()), (429, "rate-limited"), "{}", refused.body);
        let seconds: u64 = field(refused, RETRY_AFTER.as_str()).unwrap().parse().unwrap();
        assert!((1..=60_u64.div_ceil(LIMIT as u64)).contains(&seconds), "{seconds}");
        assert_eq!(
            refused.body["detail"],
            format!("This tenant may make {LIMIT} requests in a minute. Come back in {seconds} s.")
        );
    }
    assert_eq!(gateway.metric("quota_rejections_total{limit=\"tenant_requests\"}").await, LIMIT as f64);

    let gina = gateway.token("gina@globex.example");
    assert_eq!(passed(&flood(&gateway, &gina, LIMIT * 2).await), LIMIT * 2, "another tenant has no limit");
    gateway.travel(Duration::from_secs(60));
    assert_eq!(passed(&flood(&gateway, &alice, LIMIT * 2).await), LIMIT, "a minute later");
}

#[tokio::test]
async fn retry_after_is_when_the_next_one_passes() {
    let gateway = Harness::start().await;
    limit_tenant(&gateway, "acme", Some(LIMIT)).await;
    let alice = gateway.token("alice@acme.example");
    let refused = flood(&gateway, &alice, LIMIT + 1).await.pop().unwrap();
    let seconds: u64 = field(&refused, RETRY_AFTER.as_str()).unwrap().parse().unwrap();
    gateway.travel(Duration::from_secs(seconds));
    assert_eq!(passed(&flood(&gateway, &alice, LIMIT).await), 1);
}

#[tokio::test]
async fn one_subject_at_its_limit_harms_nobody_else() {
    let gateway = Harness::with(&format!("[rate]\nsubject_requests_per_minute = {LIMIT}\n")).await;
    limit_tenant(&gateway, "acme", Some(LIMIT * 2)).await;
    let [alice, bob] = ["alice@acme.example", "bob@acme.example"].map(|email| gateway.token(email));
    let hers = flood(&gateway, &alice, LIMIT * 4).await;
    assert_eq!(passed(&hers), LIMIT);
    assert_eq!(gateway.metric("quota_rejections_total{limit=\"subject_requests\"}").await, (LIMIT * 3) as f64);
    assert_eq!(gateway.metric("quota_rejections_total{limit=\"tenant_requests\"}").await, 0.0);
    let his = flood(&gateway, &bob, LIMIT + 1).await;
    assert_eq!(passed(&his), LIMIT, "what was refused took nothing from the tenant");
    assert_eq!(
        his[LIMIT].body["detail"].as_str().unwrap().split(" requests").next(),
        Some(&*format!("This subject may make {LIMIT}"))
    );

    let ada = gateway.token("ada@acme.example");
    let refused = flood(&gateway, &ada, 1).await.remove(0);
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS, "the tenant has nothing left");
    assert_eq!(parameter(&refused, "ratelimit", "tenant", "r"), 0);
    assert_eq!(
        parameter(&refused, "ratelimit", "subject", "r"),
        LIMIT,
        "what the tenant refused the subject still has"
    );
}

#[tokio::test]
async fn a_changed_limit_holds_at_once() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    for limit in [LIMIT, 3, LIMIT + 2] {
        limit_tenant(&gateway, "acme", Some(limit)).await;
        assert_eq!(passed(&flood(&gateway, &alice, limit + 4).await), limit);
    }
    limit_tenant(&gateway, "acme", None).await;
    let free = flood(&gateway, &alice, LIMIT * 2).await;
    assert_eq!(passed(&free), LIMIT * 2);
    assert_eq!((field(&free[0], "ratelimit"), field(&free[0], "ratelimit-policy")), (None, None));
}

/// The value of `key` in the field's item of that name: `"tenant";r=7;t=8, …`.
fn parameter(answer: &Answer, name: &str, item: &str, key: &str) -> usize {
    let list = field(answer, name).expect("a field");
    let item = list.split(", ").find_map(|text| text.strip_prefix(&format!("\"{item}\";"))).expect("an item");
    item.split(';')
        .find_map(|text| text.strip_prefix(&format!("{key}=")))
        .expect("a parameter")
        .parse()
        .expect("a number")
}

#[tokio::test]
async fn every_answer_says_what_is_left() {
    let limits = [("tenant", 8), ("subject", 7)];
    let gateway = Harness::with("[rate]\nsubject_requests_per_minute = 7\n").await;
    limit_tenant(&gateway, "acme", Some(8)).await;
    let alice = gateway.token("alice@acme.example");
    let paths = [UPLOADS, "/v1/uploads?limit=0", "/v1/uploads/x", "/v1/nonsense", "/v1/collections"];
    for (path, used) in paths.into_iter().zip(1..) {
        let answer = gateway.get(&alice, path).await;
        let policy = "\"tenant\";q=8;w=60, \"subject\";q=7;w=60";
        assert_eq!(field(&answer, "ratelimit-policy").as_deref(), Some(policy), "{path}");
        for (item, limit) in limits {
            assert_eq!(parameter(&answer, "ratelimit", item, "r"), limit - used, "{path}");
            // The clock goes on while requests are under way.
            let full_in = (60 * used).div_ceil(limit);
            let told = parameter(&answer, "ratelimit", item, "t");
            assert!((full_in.saturating_sub(5)..=full_in).contains(&told), "{path}: {told} where {full_in} is due");
        }
    }
    let me = gateway.get(&alice, "/v1/me").await;
    assert_eq!(field(&me, "ratelimit"), None, "who one is can be asked freely");
    let page = gateway.request(Method::GET, UPLOADS).bearer_auth(&alice).header(ORIGIN, PAGE);
    let exposed = gateway.send(page).await.headers[ACCESS_CONTROL_EXPOSE_HEADERS].to_str().unwrap().to_owned();
    for name in ["ratelimit", "ratelimit-policy", "retry-after"] {
        assert!(exposed.split(", ").any(|exposed| exposed == name), "{name} in {exposed}");
    }
}

#[tokio::test]
async fn a_refused_caller_is_told_before_its_body_is_read() {
    let gateway = Harness::start().await;
    limit_tenant(&gateway, "acme", Some(1)).await;
    let alice = gateway.token("alice@acme.example");
    gateway.get(&alice, UPLOADS).await;
    let head = format!(
        "POST {UPLOADS} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {alice}\r\ncontent-type: application/json\r\ncontent-length: 9999\r\n\r\n{{"
    );
    let mut unfinished = socket::write(&gateway.public_url, &head).await;
    let answer = socket::head(&mut unfinished).await;
    assert!(answer.starts_with("HTTP/1.1 429 "), "{answer}");
    assert_eq!(gateway.database.count("uploads").await, 0);
}

#[tokio::test]
async fn the_contract_says_where_callers_are_limited_and_there_alone() {
    let gateway = Harness::start().await;
    limit_tenant(&gateway, "acme", Some(1000)).await;
    let mut ids = tenancy::things_of_acme(&gateway).await;
    let alice = gateway.token("alice@acme.example");
    ids.begin_session(&gateway, &alice).await;
    let document = gateway.send(gateway.request(Method::GET, "/openapi.json")).await.body;
    for endpoint in tenancy::endpoints(&document) {
        let (method, path) = endpoint.split_once(' ').unwrap();
        let answer = tenancy::ask(&gateway, &endpoint, &ids, Some(&alice)).await;
        let refusal = &document["paths"][path][method.to_ascii_lowercase()]["responses"]["429"];
        let documented = &openapi::resolved(&document, refusal)["headers"];
        let names = ["ratelimit", "ratelimit-policy", "retry-after"].map(|name| documented.get(name).is_some());
        assert_eq!(names, [field(&answer, "ratelimit").is_some(); 3], "{endpoint}");
    }
}
