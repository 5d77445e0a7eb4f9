//! Do the user pool's keys stay known, become known and become unknown as they should, whoever disturbs?

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::json;
use upload_gateway::model::Clock;
use upload_gateway::sandbox::cognito::{Cognito, Fault, Options, SigningKeys};
use upload_gateway::sandbox::people;

use crate::forge::{Forger, encode};
use crate::harness::{Answer, Harness, SERVERS};
use crate::socket;

/// How often an unknown key id may make the keys be read again.
const COOL_DOWN: Duration = Duration::from_secs(1);

/// The stand-in's new keys, made where nobody has to wait for it.
async fn rotate(gateway: &Harness) {
    let neighbours = Arc::clone(gateway.neighbours.as_ref().unwrap());
    tokio::task::spawn_blocking(move || neighbours.cognito.rotate_keys()).await.unwrap().unwrap();
}

async fn status(gateway: &Harness, token: &str) -> StatusCode {
    gateway.get(token, "/v1/me").await.status
}

fn assert_unavailable(answer: &Answer) {
    assert_eq!((answer.status, answer.problem()), (StatusCode::SERVICE_UNAVAILABLE, "unavailable"), "{}", answer.body);
    assert!(answer.headers.contains_key("retry-after"));
    assert!(!answer.headers.contains_key("www-authenticate"), "nothing is wrong with the token");
}

/// A token of a key that nobody has, each time another.
fn noise(issuer: &str, number: usize) -> String {
    let header = encode(json!({"alg": "RS256", "kid": format!("noise-{number}")}).to_string());
    let payload = encode(json!({"iss": issuer}).to_string());
    format!("{header}.{payload}.AAAA")
}

/// For how many readings there is room in so much time: the one that is under way, and the first of each cool-down.
fn most_readings(elapsed: Duration) -> u64 {
    2 + elapsed.as_secs() / COOL_DOWN.as_secs()
}

#[tokio::test]
async fn keys_are_read_once_and_before_the_first_request() {
    let gateway = Harness::start().await;
    assert_eq!(gateway.neighbours().cognito.jwks_fetches(), 1);
    for email in ["alice@acme.example", "gina@globex.example", "admin@platform.example"] {
        for _ in 0..10 {
            assert_eq!(status(&gateway, &gateway.token(email)).await, StatusCode::OK);
        }
    }
    assert_eq!(gateway.neighbours().cognito.jwks_fetches(), 1);
    assert_eq!(gateway.metric("jwks_fetches_total{result=\"ok\"}").await, 1.0);
}

#[tokio::test]
async fn a_new_key_is_known_with_its_first_token_and_the_old_one_stays() {
    let gateway = Harness::start().await;
    let old = gateway.token("alice@acme.example");
    rotate(&gateway).await;
    let new = gateway.token("alice@acme.example");
    assert_eq!(status(&gateway, &new).await, StatusCode::OK);
    assert_eq!(status(&gateway, &old).await, StatusCode::OK);
    assert_eq!(gateway.neighbours().cognito.jwks_fetches(), 2);
}

#[tokio::test]
async fn a_token_that_was_remembered_ends_with_its_key() {
    let gateway = Harness::with("[auth]\njwks_refresh = \"1s\"\n").await;
    let old = gateway.token("alice@acme.example");
    for _ in 0..2 {
        assert_eq!(status(&gateway, &old).await, StatusCode::OK);
    }
    rotate(&gateway).await;
    gateway.neighbours().cognito.drop_old_keys();
    gateway.until("the old key is forgotten", async || status(&gateway, &old).await == StatusCode::UNAUTHORIZED).await;
    assert_eq!(status(&gateway, &gateway.token("alice@acme.example")).await, StatusCode::OK);
}

#[tokio::test]
async fn a_key_endpoint_that_fails_in_any_way_leaves_known_keys_serving_and_denies_none() {
    let gateway = Harness::start().await;
    let cognito = &gateway.neighbours().cognito;
    for fault in [Fault::Unavailable, Fault::Garbage, Fault::Huge, Fault::Moved, Fault::Hanging] {
        let known = gateway.token("alice@acme.example");
        assert_eq!(status(&gateway, &known).await, StatusCode::OK);
        rotate(&gateway).await;
        cognito.set_fault(fault);
        let new = gateway.token("alice@acme.example");
        let fetches = cognito.jwks_fetches();
        // Together, because those who wait for another's reading must hear the same as who reads.
        let asked = Instant::now();
        let answers = join_all((0..20).map(|_| gateway.get(&new, "/v1/me")));
        let meanwhile = async {
            assert_eq!(status(&gateway, &known).await, StatusCode::OK);
            asked.elapsed()
        };
        let (answers, served) = tokio::join!(answers, meanwhile);
        answers.iter().for_each(assert_unavailable);
        // A reading that hangs is given up after three.
        assert!(served < Duration::from_millis(2900), "{fault:?}: {served:?}");
        // A reading may be under way when somebody comes, and takes three seconds at most; so does the next one.
        assert!(asked.elapsed() < COOL_DOWN + Duration::from_secs(15), "{fault:?}: {:?}", asked.elapsed());
        assert!((1..=2).contains(&(cognito.jwks_fetches() - fetches)), "{fault:?}");
        cognito.set_fault(Fault::None);
        gateway.until("the new key is known", async || status(&gateway, &new).await == StatusCode::OK).await;
        assert_eq!(status(&gateway, &known).await, StatusCode::OK, "{fault:?}");
    }
    assert!(gateway.metric("jwks_fetches_total{result=\"error\"}").await >= 5.0);
}

#[tokio::test]
async fn keys_that_could_not_be_read_for_too_long_judge_nobody() {
    let gateway = Harness::with("[auth]\njwks_refresh = \"1s\"\njwks_stale = \"1s\"\n").await;
    let alice = gateway.token("alice@acme.example");
    gateway.until("the token is taken", async || status(&gateway, &alice).await == StatusCode::OK).await;
    gateway.neighbours().cognito.set_fault(Fault::Unavailable);
    let unavailable = async || status(&gateway, &alice).await == StatusCode::SERVICE_UNAVAILABLE;
    gateway.until("the keys are too old", unavailable).await;
    assert_unavailable(&gateway.get(&alice, "/v1/me").await);
    let (ready, _) = gateway.internal("/readyz").await.unwrap();
    assert_eq!(ready, StatusCode::SERVICE_UNAVAILABLE);
    gateway.neighbours().cognito.set_fault(Fault::None);
    gateway.until("the keys are known again", async || status(&gateway, &alice).await == StatusCode::OK).await;
}

#[tokio::test]
async fn a_thousand_unknown_keys_at_once_are_read_for_together() {
    let gateway = Harness::patient().await;
    let (cognito, asked) = (&gateway.neighbours().cognito, Instant::now());
    let request = |number| {
        let token = noise(cognito.issuer(), number);
        format!("GET /v1/me HTTP/1.1\r\nhost: gateway\r\nconnection: close\r\nauthorization: Bearer {token}\r\n\r\n")
    };
    let answers = socket::all_at_once(&gateway.public_url, (0..1_000).map(request)).await;
    let elapsed = asked.elapsed();
    // On a machine that is too busy for the user pool to answer in time, nobody can say that there is no such key.
    let failed = gateway.metric("jwks_fetches_total{result=\"error\"}").await > 0.0;
    for answer in answers {
        let refused = answer.starts_with("HTTP/1.1 401 ") || failed && answer.starts_with("HTTP/1.1 503 ");
        assert!(refused, "{answer}");
    }
    // One after the other they would take a quarter of an hour.
    assert!(elapsed < 90 * COOL_DOWN, "{elapsed:?}");
    let (fetches, most) = (cognito.jwks_fetches() - 1, most_readings(elapsed));
    assert!((1..=most).contains(&fetches), "{fetches} in {elapsed:?}");
}

#[tokio::test]
async fn a_flood_of_unknown_keys_does_not_put_off_a_real_rotation() {
    let gateway = Harness::start().await;
    let cognito = &gateway.neighbours().cognito;
    let (on, next, began) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicUsize::new(0)), Instant::now());
    let flood: Vec<_> = (0..200)
        .map(|number| {
            let (request, issuer) = (gateway.request(Method::GET, "/v1/me"), cognito.issuer().to_owned());
            let (on, next) = (Arc::clone(&on), Arc::clone(&next));
            // Half of them hang up soon after they asked.
            let patience = Duration::from_millis(if number % 2 == 0 { 30_000 } else { 200 });
            tokio::spawn(async move {
                while on.load(Ordering::Relaxed) {
                    let token = noise(&issuer, next.fetch_add(1, Ordering::Relaxed));
                    let _answer = request.try_clone().unwrap().bearer_auth(token).timeout(patience).send().await;
                }
            })
        })
        .collect();
    gateway.until("the flood makes keys be read", async || cognito.jwks_fetches() >= 3).await;
    for _ in 0..2 {
        rotate(&gateway).await;
        let new = gateway.token("alice@acme.example");
        let fetches = cognito.jwks_fetches();
        assert_eq!(status(&gateway, &new).await, StatusCode::OK);
        // The reading that was under way, and the next one. Counted and not timed, because the flood takes the machine's time
        // too; for that reason the answer may also come some readings later than the key.
        let waited_for = cognito.jwks_fetches() - fetches;
        assert!(waited_for <= 5, "{waited_for}");
    }
    gateway.until("a thousand were asked for", async || next.load(Ordering::Relaxed) >= 1_000).await;
    on.store(false, Ordering::Relaxed);
    join_all(flood).await;
    let most = most_readings(began.elapsed());
    assert!(cognito.jwks_fetches() <= most, "{} fetches, {most} at most", cognito.jwks_fetches());
}

/// RFC 8725 §3.8: a key speaks for its own issuer alone.
#[tokio::test]
async fn the_key_of_one_pool_signs_for_no_other() {
    let options = Options {
        port: 0,
        region: "eu-central-1".to_owned(),
        pool_id: "eu-central-1_Other0001".to_owned(),
        client_id: "other-client".to_owned(),
        users: people::people(),
        identity_providers: Vec::new(),
        self_sign_up: false,
        keys: SigningKeys::generate().unwrap(),
        clock: Clock::system(),
        token_lifetime: Duration::from_secs(3600),
        iam: None,
    };
    let other = SERVERS.spawn(Cognito::start(options)).await.unwrap().unwrap();
    let further = "client_ids = [\"other-client\"]\ntoken_uses = [\"id\"]\n";
    let gateway = Harness::with(&format!("[[auth.pools]]\nissuer = \"{}\"\n{further}", other.issuer())).await;
    let forger = Forger::new(&gateway);
    let theirs = other.id_claims("alice@acme.example").unwrap();
    let by_other = |kid: String, claims| other.sign(json!({"alg": "RS256", "kid": kid}), claims);
    assert_eq!(status(&gateway, &by_other(other.kid(), theirs.clone())).await, StatusCode::OK);
    assert_eq!(status(&gateway, &gateway.token("alice@acme.example")).await, StatusCode::OK);
    let (iss, aud) = (other.issuer(), other.client_id());
    let refused = [
        ("our key, their issuer", forger.with_claims(json!({"iss": iss, "aud": aud}))),
        ("their key, our issuer", by_other(other.kid(), forger.claims.clone())),
        ("their key by our key's name", by_other(forger.cognito.kid(), forger.claims.clone())),
        (
            "our client in their token",
            by_other(other.kid(), {
                let mut claims = theirs.clone();
                claims["aud"] = forger.claims["aud"].clone();
                claims
            }),
        ),
        ("a kind that they may not", other.sign_in("alice@acme.example").unwrap().access_token),
    ];
    for (what, token) in refused {
        assert_eq!(status(&gateway, &token).await, StatusCode::UNAUTHORIZED, "{what}");
    }
    other.stop().await;
}
