//! Does a session open Uppy's routes, for its time, to its bearer, and nothing else?

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::header::WWW_AUTHENTICATE;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::harness::{Answer, Harness};
use crate::log;
use crate::uppy::{Uppy, begin_session, named};

const ALICE: &str = "alice@acme.example";

async fn ask(gateway: &Harness, secret: &str) -> Answer {
    gateway.send(gateway.request(Method::GET, &format!("/u/{secret}/s3/params?filename=a"))).await
}

async fn revoke(gateway: &Harness, token: &str, id: &Value) -> Answer {
    let path = format!("/v1/uppy-sessions/{}", id.as_str().expect("an id"));
    gateway.send(gateway.request(Method::DELETE, &path).bearer_auth(token)).await
}

fn secret(session: &Value) -> &str {
    session["companionEndpoint"].as_str().and_then(|url| url.rsplit('/').next()).expect("a secret")
}

/// What the audit tells of sessions: the action, the subject's place in the list, and the session.
async fn told(gateway: &Harness) -> Vec<(String, String, Value)> {
    let statement = "select action, subject, detail from audit_events where action like 'uppy_session.%' order by id";
    sqlx::query_as(statement).fetch_all(&gateway.database.pool).await.expect("events")
}

fn subject(gateway: &Harness, email: &str) -> String {
    gateway.neighbours().cognito.id_claims(email).unwrap()["sub"].as_str().unwrap().to_owned()
}

#[track_caller]
fn assert_invalid(answer: &Answer) {
    assert_eq!((answer.status.as_u16(), answer.problem()), (401, "invalid-session"), "{}", answer.body);
    assert_eq!(answer.headers.get(WWW_AUTHENTICATE), None, "no token would help");
}

#[tokio::test]
async fn a_session_is_told_once_and_only_its_digest_is_kept() {
    let gateway = Harness::with("[uppy]\nsession_expiry = \"2h\"\n").await;
    let session = begin_session(&gateway, &gateway.token(ALICE)).await;
    let endpoint = session["companionEndpoint"].as_str().unwrap();
    assert!(endpoint.starts_with(&format!("{}/u/", gateway.public_url)), "{endpoint}");
    let bits = URL_SAFE_NO_PAD.decode(secret(&session)).expect("base64url");
    assert_eq!(bits.len(), 32, "256 bits");
    assert_ne!(secret(&session), secret(&begin_session(&gateway, &gateway.token(ALICE)).await));
    let expires_at = OffsetDateTime::parse(session["expiresAt"].as_str().unwrap(), &Rfc3339).unwrap();
    let (kept, until): (Vec<u8>, OffsetDateTime) =
        sqlx::query_as("select secret_digest, expires_at from uppy_sessions where id = $1::uuid")
            .bind(session["id"].as_str())
            .fetch_one(&gateway.database.pool)
            .await
            .unwrap();
    assert_eq!((kept.as_slice(), until), (digest(&SHA256, &bits).as_ref(), expires_at));
    let (action, by, detail) = told(&gateway).await.remove(0);
    assert_eq!((action.as_str(), by), ("uppy_session.created", subject(&gateway, ALICE)));
    assert_eq!(detail, json!({"session": session["id"], "expiresInSeconds": 7200}));
    assert_eq!(ask(&gateway, secret(&session)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_is_unknown_over_or_revoked_is_answered_alike() {
    let gateway = Harness::with("[uppy]\nsession_expiry = \"1m\"\n").await;
    let alice = gateway.token(ALICE);
    let [revoked, expired] = [begin_session(&gateway, &alice).await, begin_session(&gateway, &alice).await];
    assert_eq!(revoke(&gateway, &alice, &revoked["id"]).await.status, StatusCode::NO_CONTENT);
    gateway.travel(Duration::from_secs(55));
    assert_eq!(ask(&gateway, secret(&expired)).await.status, StatusCode::OK, "not yet");
    gateway.travel(Duration::from_secs(5));
    let unknown = "A".repeat(43);
    let good = secret(&expired);
    let mut answers = Vec::new();
    for secret in [
        unknown.as_str(),
        good,
        secret(&revoked),
        "x",
        revoked["id"].as_str().unwrap(),
        &good[1..],
        &format!("{good}A"),
        &format!("{good}="),
        "%2F",
        "%00",
        "é",
        &alice,
    ] {
        let mut answer = ask(&gateway, secret).await;
        assert_invalid(&answer);
        answer.body["instance"].take();
        answers.push(answer.body);
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
    for path in ["/u", "/u/", "/u//s3/params", "/u//", "/u/s3"] {
        let answer = gateway.send(gateway.request(Method::GET, path)).await;
        assert!(matches!(answer.status.as_u16(), 401 | 404), "{path}: {}", answer.status);
    }
}

#[tokio::test]
async fn the_bearer_can_do_nothing_but_what_uppy_does() {
    let gateway = Harness::start().await;
    let session = begin_session(&gateway, &gateway.token("ada@acme.example")).await;
    let secret = secret(&session);
    for path in ["/v1/me", "/v1/uploads", "/v1/collections", "/v1/admin/tenants", "/companion/s3/params?filename=a"] {
        assert_eq!(gateway.get(secret, path).await.problem(), "invalid-token", "{path}");
    }
    assert_eq!(gateway.post(secret, "/v1/uppy-sessions", json!({})).await.problem(), "invalid-token");
    for rest in ["", "/", "/v1/me", "/v1/uploads", "/../v1/me", "/s3/../../../v1/me", "/s3", "/s3/sts", "/s3/sign"] {
        let path = format!("/u/{secret}{rest}");
        let answer = gateway.send(gateway.request(Method::GET, &path)).await;
        assert!(matches!(answer.status.as_u16(), 401 | 404), "{rest}: {}", answer.body);
    }
    // A good token does not stand in for a session.
    let token = gateway.token(ALICE);
    let request = gateway.request(Method::GET, "/u/x/s3/params?filename=a").bearer_auth(&token);
    assert_invalid(&gateway.send(request).await);
}

#[tokio::test]
async fn a_session_ends_by_the_word_of_its_owner_or_of_a_tenant_admin() {
    let gateway = Harness::start().await;
    let replica = gateway.replica("").await;
    let [alice, bob, ada, gina] = ["alice@acme.example", "bob@acme.example", "ada@acme.example", "gina@globex.example"]
        .map(|email| gateway.token(email));
    let [own, other] = [begin_session(&gateway, &alice).await, begin_session(&gateway, &alice).await];
    for stranger in [&bob, &gina, &gateway.token("greta@globex.example")] {
        let answer = revoke(&gateway, stranger, &own["id"]).await;
        assert_eq!((answer.status.as_u16(), answer.problem()), (404, "not-found"), "{}", answer.body);
    }
    for id in ["x", "00000000-0000-0000-0000-000000000000", secret(&own)] {
        assert_eq!(revoke(&gateway, &alice, &json!(id)).await.problem(), "not-found");
    }
    for (session, by) in [(&own, &alice), (&other, &ada)] {
        assert_eq!(ask(&replica, secret(session)).await.status, StatusCode::OK);
        for _ in 0..2 {
            assert_eq!(revoke(&gateway, by, &session["id"]).await.status, StatusCode::NO_CONTENT);
            assert_invalid(&ask(&replica, secret(session)).await);
        }
    }
    let expected = [("created", ALICE, &own), ("created", ALICE, &other), ("revoked", ALICE, &own)]
        .into_iter()
        .chain([("revoked", "ada@acme.example", &other)])
        .map(|(what, who, session)| (format!("uppy_session.{what}"), subject(&gateway, who), session["id"].clone()));
    let told = told(&gateway).await.into_iter().map(|(what, who, detail)| (what, who, detail["session"].clone()));
    assert_eq!(told.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
}

#[tokio::test]
async fn a_suspended_tenants_sessions_rest_until_it_is_active_again() {
    let gateway = Harness::start().await;
    let (alice, admin) = (gateway.token(ALICE), gateway.token("admin@platform.example"));
    let session = begin_session(&gateway, &alice).await;
    let id = gateway.get(&alice, "/v1/me").await.body["tenant"]["id"].as_str().unwrap().to_owned();
    for (action, status, problem) in [("suspend", 403, "tenant-suspended"), ("activate", 200, "")] {
        assert_eq!(ask(&gateway, secret(&session)).await.status.as_u16(), if status == 403 { 200 } else { 403 });
        gateway.post(&admin, &format!("/v1/admin/tenants/{id}/{action}"), json!({})).await;
        let answer = ask(&gateway, secret(&session)).await;
        assert_eq!((answer.status.as_u16(), answer.problem()), (status, problem), "{action}");
    }
}

#[tokio::test]
async fn a_session_is_its_subjects_own_where_people_are_kept_apart() {
    let gateway = Harness::start().await;
    let (admin, ada) = (gateway.token("admin@platform.example"), "ada@acme.example");
    let id = gateway.get(&gateway.token(ALICE), "/v1/me").await.body["tenant"]["id"].as_str().unwrap().to_owned();
    gateway.patch(&admin, &format!("/v1/admin/tenants/{id}"), json!({"isolation": "user"})).await;
    for email in [ALICE, ada] {
        let uppy = Uppy::six(&gateway, email).await;
        let begun = uppy.begin().await;
        let etag = uppy.send_part(&begun, 1, b"hello").await;
        assert_eq!(uppy.complete(&begun, &[&etag]).await.status, StatusCode::OK);
        let subject = subject(&gateway, email);
        assert!(begun["key"].as_str().unwrap().starts_with(&format!("acme/{subject}/default/")));
        let call = gateway.neighbours().aws.assume_role_history().pop().unwrap();
        assert_eq!(call.session_name, subject, "{email}: whoever began it, it is an ordinary user's");
    }
    assert_eq!(gateway.neighbours().aws.assume_role_history().len(), 2);
}

#[tokio::test]
async fn sessions_count_as_their_subjects_requests() {
    let gateway = Harness::with("[rate]\nsubject_requests_per_minute = 3\n").await;
    let alice = gateway.token(ALICE);
    let session = begin_session(&gateway, &alice).await;
    assert_eq!(
        ask(&gateway, secret(&session)).await.headers["ratelimit"].to_str().unwrap().split(';').nth(1),
        Some("r=1")
    );
    assert_eq!(gateway.get(&alice, "/v1/uploads").await.status, StatusCode::OK);
    let refused = ask(&gateway, secret(&session)).await;
    assert_eq!((refused.status.as_u16(), refused.problem()), (429, "rate-limited"));
    assert_eq!(refused.body["message"], refused.body["detail"]);
}

#[tokio::test]
async fn a_session_is_forgotten_a_day_after_its_end() {
    let gateway = Harness::with("[uppy]\nsession_expiry = \"1m\"\n[reconcile]\ninterval = \"100ms\"\n").await;
    let alice = gateway.token(ALICE);
    begin_session(&gateway, &alice).await;
    gateway.travel(Duration::from_secs(600));
    let later = begin_session(&gateway, &alice).await;
    gateway.travel(Duration::from_secs(24 * 3600 + 61 - 600));
    gateway.until("the first is forgotten", async || gateway.database.count("uppy_sessions").await < 2).await;
    let left: Vec<String> =
        sqlx::query_scalar("select id::text from uppy_sessions").fetch_all(&gateway.database.pool).await.unwrap();
    assert_eq!(left, [later["id"].as_str().unwrap()]);
}

#[tokio::test]
async fn no_piece_of_a_secret_is_in_the_log_the_metrics_or_the_database() {
    log::capture();
    let gateway = Harness::start().await;
    let uppy = Uppy::six(&gateway, ALICE).await;
    let begun = uppy.begin().await;
    let path = format!("{}{}", uppy.base, named(&begun, "/0"));
    let last = "uppy-secret-hunt";
    let mut statuses = Vec::new();
    for path in ["/s3/params?filename=a", "/s3/params", "/s3/nothing", "//s3/params?filename=a", "//s3", ""] {
        statuses.push(uppy.get(path).await.status.as_u16());
    }
    statuses.push(uppy.post("/s3/multipart", json!([])).await.status.as_u16());
    statuses.push(gateway.send(gateway.request(Method::PUT, &path)).await.status.as_u16());
    sqlx::query("update uppy_sessions set revoked_at = now()").execute(&gateway.database.pool).await.unwrap();
    statuses.push(uppy.get("/s3/params?filename=a").await.status.as_u16());
    let request = gateway.request(Method::GET, &path).header("x-request-id", last);
    statuses.push(gateway.send(request).await.status.as_u16());
    assert_eq!(statuses, [200, 422, 404, 200, 404, 404, 422, 405, 401, 401]);
    gateway.until("all is logged", async || log::captured().contains(last)).await;
    let (_, metrics) = gateway.internal("/metrics").await.unwrap();
    let logged = log::captured();
    assert!(logged.contains("/u/{session}/s3/params") && metrics.contains("/u/{session}/s3/params"));
    let everything =
        "select coalesce(string_agg(query_to_xml('table ' || quote_ident(tablename), true, false, '')::text, ''), '')
                      from pg_tables where schemaname = 'public'";
    let stored: String = sqlx::query_scalar(everything).fetch_one(&gateway.database.pool).await.unwrap();
    assert!(stored.contains("uppy_session.created"), "all of it is looked at");
    for piece in uppy.secret().as_bytes().chunks(14) {
        let piece = std::str::from_utf8(piece).unwrap();
        for (place, text) in [("log", &logged), ("metrics", &metrics), ("database", &stored)] {
            assert!(piece.len() < 14 || !text.contains(piece), "{piece} is in the {place}");
        }
    }
}
