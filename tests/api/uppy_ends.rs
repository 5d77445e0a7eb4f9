//! What does the browser of `signRequest` mode take back, what is never put together, and what can nobody else touch?

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::harness::{Answer, Harness};
use crate::multipart::bytes;
use crate::quotas::{limit, miscounted};
use crate::store;
use crate::uppy_browser::{Begun, Browser, MIB, PROPOSED};

const ALICE: &str = "alice@acme.example";
const EAGER: &str = "[reconcile]\ninterval = \"100ms\"\ngrace = \"10m\"\nlease = \"1m\"\n";
const LEASE: Duration = Duration::from_secs(61);

async fn unfinished(gateway: &Harness) -> usize {
    gateway.neighbours().aws.unfinished_uploads().await
}

fn refused(answer: &Answer) -> (u16, &str) {
    (answer.status.as_u16(), answer.problem())
}

#[tokio::test]
async fn parts_beyond_the_limit_or_none_at_all_are_not_put_together() {
    let gateway = Harness::start().await;
    limit(&gateway, ALICE, json!({"maxUploadBytes": 6 * MIB})).await;
    let browser = Browser::of(&gateway, ALICE);
    let begun = browser.begin("film.mp4").await;
    let complete = async || browser.ask(&begun.about("POST")).await;
    let none = complete().await;
    assert_eq!((none.status.as_u16(), none.pointers()), (422, vec!["/uploadId"]), "{}", none.body);
    let mut tags = browser.send_parts(&begun, &bytes(7 * MIB)).await;
    let beyond = complete().await;
    assert_eq!((beyond.status.as_u16(), beyond.pointers()), (422, vec!["/uploadId"]), "{}", beyond.body);
    let detail = beyond.body["errors"][0]["detail"].as_str().expect("a detail");
    assert_eq!(detail, "has parts of 7340032 bytes together where 1 to 6291456 were granted");
    tags[1] = browser.send_part(&begun, 2, &bytes(MIB)).await;
    let signed = browser.signed(&begun.about("POST")).await;
    assert_eq!(browser.complete_signed(&signed, &tags).await.status, StatusCode::OK);
    assert_eq!(store::keys(&gateway).await, [begun.key]);
}

#[tokio::test]
async fn parts_of_a_thousand_pages_are_all_counted() {
    let gateway = Harness::start().await;
    limit(&gateway, ALICE, json!({"maxUploadBytes": 1000})).await;
    let browser = Browser::of(&gateway, ALICE);
    let begun = browser.begin("film.mp4").await;
    let signed = browser.signed(&begun.part(1)).await;
    // S3 lists 1,000 parts at once. The gateway signed one; who has the tenant's credentials can send the rest.
    assert_eq!(browser.make("PUT", &signed, "", b"x".to_vec()).await.status, StatusCode::OK);
    let s3 = store::admin(&gateway);
    let sent = (2..=1001).map(|number| {
        let part = s3.upload_part().bucket(upload_gateway::sandbox::neighbours::BUCKET).key(&begun.key);
        Box::pin(part.upload_id(&begun.upload_id).part_number(number).body(b"x".to_vec().into()).send())
    });
    for part in sent {
        part.await.expect("sent");
    }
    let beyond = browser.ask(&begun.about("POST")).await;
    let detail = beyond.body["errors"][0]["detail"].as_str().unwrap_or_default();
    assert!(detail.starts_with("has parts of 1001 bytes"), "{}", beyond.body);
}

#[tokio::test]
async fn what_grows_after_it_was_permitted_is_found_out_and_deleted() {
    let gateway = Harness::with_events("").await;
    limit(&gateway, ALICE, json!({"maxUploadBytes": 6 * MIB})).await;
    let browser = Browser::of(&gateway, ALICE);
    let begun = browser.begin("film.mp4").await;
    let mut tags = browser.send_parts(&begun, &bytes(6 * MIB)).await;
    let (complete, part) = (browser.signed(&begun.about("POST")).await, browser.signed(&begun.part(2)).await);
    let sent = browser.make("PUT", &part, "", bytes(2 * MIB)).await;
    tags[1] = sent.headers["etag"].to_str().expect("a text").to_owned();
    assert_eq!(browser.complete_signed(&complete, &tags).await.status, StatusCode::OK);
    browser.becomes(&begun.key, "failed").await;
    gateway.until("it is deleted", async || store::keys(&gateway).await.is_empty()).await;
    let delete = browser.ask(&json!({"method": "DELETE", "key": begun.key})).await;
    assert_eq!(refused(&delete), (409, "already-ended"), "what failed is not its owner's to delete");
    assert_eq!(miscounted(&gateway).await, [""; 0]);
}

#[tokio::test]
async fn giving_up_frees_the_parts_by_the_browser_s_own_call() {
    let gateway = Harness::start().await;
    let browser = Browser::of(&gateway, ALICE);
    let begun = browser.begin("film.mp4").await;
    browser.send_parts(&begun, b"hello").await;
    let signed = browser.signed(&begun.about("DELETE")).await;
    assert_eq!(browser.upload(&begun.key).await["status"], "aborted", "on record before the URL leaves");
    assert_eq!(unfinished(&gateway).await, 1);
    assert_eq!(browser.make("DELETE", &signed, "", Vec::new()).await.status, StatusCode::NO_CONTENT);
    assert_eq!(unfinished(&gateway).await, 0);
    browser.signed(&begun.about("DELETE")).await;
    for asked in [begun.part(2), begun.about("GET"), begun.about("POST")] {
        assert_eq!(refused(&browser.ask(&asked).await), (409, "already-ended"), "{asked}");
    }
    assert_eq!(miscounted(&gateway).await, [""; 0]);
}

#[tokio::test]
async fn what_the_browser_gives_up_and_forgets_the_reconciler_clears_away() {
    let gateway = Harness::with(EAGER).await;
    let browser = Browser::of(&gateway, ALICE);
    let (given_up, deleted) = (browser.begin("a.mp4").await, browser.upload_in_parts("b.mp4", b"hello").await);
    let abandoned = browser.begin("c.mp4").await;
    browser.signed(&given_up.about("DELETE")).await;
    browser.send_part(&abandoned, 1, b"hello").await;
    gateway.travel(LEASE);
    browser.becomes(&deleted.key, "completed").await;
    browser.signed(&json!({"method": "DELETE", "key": deleted.key})).await;
    browser.signed(&json!({"method": "DELETE", "key": abandoned.key})).await;
    assert_eq!(browser.upload(&deleted.key).await["status"], "deleted");
    assert_eq!(browser.upload(&abandoned.key).await["status"], "aborted");
    gateway.travel(LEASE);
    gateway
        .until("S3 has nothing of them", async || {
            unfinished(&gateway).await == 0 && store::keys(&gateway).await.is_empty()
        })
        .await;
    assert_eq!(miscounted(&gateway).await, [""; 0]);
}

#[tokio::test]
async fn the_owner_deletes_what_is_complete_and_giving_that_up_leaves_it() {
    let gateway = Harness::with_events("").await;
    let browser = Browser::of(&gateway, ALICE);
    let begun = browser.upload_in_parts("film.mp4", b"hello").await;
    browser.becomes(&begun.key, "completed").await;
    let too_late = browser.signed(&begun.about("DELETE")).await;
    assert_eq!(browser.make("DELETE", &too_late, "", Vec::new()).await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.upload(&begun.key).await["status"], "completed");
    assert_eq!(store::keys(&gateway).await, std::slice::from_ref(&begun.key));
    for _ in 0..2 {
        let signed = browser.signed(&json!({"method": "DELETE", "key": begun.key})).await;
        assert_eq!(browser.upload(&begun.key).await["status"], "deleted");
        assert_eq!(browser.make("DELETE", &signed, "", Vec::new()).await.status, StatusCode::NO_CONTENT);
        assert!(store::keys(&gateway).await.is_empty());
    }
}

#[tokio::test]
async fn a_beginning_that_is_repeated_takes_nothing_from_the_first() {
    let gateway = Harness::start().await;
    let browser = Browser::of(&gateway, ALICE);
    let signed = browser.signed(&json!({"method": "POST", "key": format!("{PROPOSED}film.mp4")})).await;
    let (first, second) = (browser.begin_signed(&signed).await, browser.begin_signed(&signed).await);
    assert_ne!(first.upload_id, second.upload_id);
    let invented = Begun { upload_id: "0".repeat(64), ..first.clone() };
    for method in ["GET", "POST", "DELETE"] {
        assert_eq!(refused(&browser.ask(&invented.about(method)).await), (404, "not-found"), "S3 does not know it");
    }
    let tags = browser.send_parts(&first, &bytes(6 * MIB)).await;
    for asked in [second.part(1), second.about("GET"), second.about("POST"), second.about("DELETE"), invented.part(1)] {
        assert_eq!(refused(&browser.ask(&asked).await), (404, "not-found"), "{asked}");
    }
    let third = browser.begin_signed(&signed).await;
    assert_eq!(refused(&browser.ask(&third.part(1)).await), (404, "not-found"));
    let complete = browser.signed(&first.about("POST")).await;
    assert_eq!(browser.complete_signed(&complete, &tags).await.status, StatusCode::OK);
    assert_eq!(crate::uppy_browser::object(&gateway, &first.key).await.0, bytes(6 * MIB));
    browser.begin_signed(&signed).await;
    assert_eq!(crate::uppy_browser::object(&gateway, &first.key).await.0, bytes(6 * MIB));
    assert!(browser.complete_signed(&complete, &tags).await.status.is_client_error());
    assert_eq!(store::keys(&gateway).await, [first.key]);
}

#[tokio::test]
async fn nobody_else_can_do_anything_with_it() {
    let gateway = Harness::start().await;
    let browser = Browser::of(&gateway, ALICE);
    let begun = browser.begin("film.mp4").await;
    browser.send_parts(&begun, b"hello").await;
    let small = browser.signed(&json!({"method": "PUT", "key": "a.txt"})).await;
    let small = small["key"].as_str().expect("a key").to_owned();
    let delete = |key: &str| json!({"method": "DELETE", "key": key});
    let about = [begun.part(1), begun.about("GET"), begun.about("POST"), begun.about("DELETE"), delete(&small)];
    for stranger in ["bob@acme.example", "gina@globex.example"] {
        let stranger = Browser::of(&gateway, stranger);
        for asked in &about {
            assert_eq!(refused(&stranger.ask(asked).await), (404, "not-found"), "{asked}");
        }
    }
    let renamed = begun.key.replace("film.mp4", "film.mp3");
    let moved = begun.key.replacen("/default/", "/other/", 1);
    let theirs = begun.key.replacen("acme/", "globex/", 1);
    let unknown = "acme/alice/default/0193a3c5-0000-7000-8000-000000000000/film.mp4".to_owned();
    for key in [renamed, moved, theirs, unknown, "film.mp4".to_owned(), "../../x".to_owned()] {
        let asked = [Begun { key: key.clone(), ..begun.clone() }.about("GET"), delete(&key)];
        for asked in asked {
            assert_eq!(refused(&browser.ask(&asked).await), (404, "not-found"), "{asked}");
        }
    }
    for asked in
        [Begun { key: small.clone(), ..begun.clone() }.about("POST"), Begun { key: small, ..begun.clone() }.part(1)]
    {
        assert_eq!(refused(&browser.ask(&asked).await), (409, "not-multipart"));
    }
    assert_eq!(browser.upload(&begun.key).await["status"], "pending", "nothing came of it");
    let admin = Browser::of(&gateway, "ada@acme.example");
    admin.signed(&begun.about("GET")).await;
}

#[tokio::test]
async fn each_member_that_breaks_a_rule_is_named() {
    let gateway = Harness::start().await;
    let browser = Browser::of(&gateway, ALICE);
    let table: &[(Value, &[&str])] = &[
        (json!({}), &["/key", "/method"]),
        (json!({"key": "a"}), &["/method"]),
        (json!({"method": "PUT"}), &["/key"]),
        (json!({"method": "PATCH", "key": "a"}), &["/method"]),
        (json!({"method": "put", "key": "a"}), &["/method"]),
        (json!({"method": 1, "key": "a"}), &["/method"]),
        (json!({"method": "PUT", "key": ""}), &["/key"]),
        (json!({"method": "PUT", "key": "k".repeat(1025)}), &["/key"]),
        (json!({"method": "PUT", "key": "a", "contentType": ""}), &["/contentType"]),
        (json!({"method": "POST", "key": "a", "contentType": "text"}), &["/contentType"]),
        (json!({"method": "PUT", "key": "a", "size": 0}), &["/size"]),
        (json!({"method": "PUT", "key": "a", "size": 1.5}), &["/size"]),
        (json!({"method": "PUT", "key": "a", "size": 5_368_709_121_i64}), &["/size"]),
        (json!({"method": "PUT", "key": "a", "expiresIn": 0}), &["/expiresIn"]),
        (json!({"method": "PUT", "key": "a", "expiresIn": -5, "contentType": "x"}), &["/expiresIn", "/contentType"]),
        (json!({"method": "PUT", "key": "a", "expiresIn": "5"}), &["/expiresIn"]),
        (json!({"method": "PUT", "key": "a", "uploadId": "u"}), &["/partNumber"]),
        (json!({"method": "PUT", "key": "a", "partNumber": 1}), &["/uploadId"]),
        (json!({"method": "PUT", "key": "a", "uploadId": "u", "partNumber": 0}), &["/partNumber"]),
        (json!({"method": "PUT", "key": "a", "uploadId": "u", "partNumber": 10_001}), &["/partNumber"]),
        (json!({"method": "PUT", "key": "a", "uploadId": "", "partNumber": 1}), &["/uploadId"]),
        (json!({"method": "GET", "key": "a", "uploadId": "u".repeat(1025)}), &["/uploadId"]),
        (json!({"method": "GET", "key": "a", "uploadId": "u v"}), &["/uploadId"]),
        (json!({"method": "GET", "key": "a"}), &["/uploadId"]),
        (json!({"method": "GET", "key": "a", "uploadId": "u", "partNumber": 1}), &["/partNumber"]),
        (json!({"method": "POST", "key": "a", "uploadId": "u", "partNumber": 1}), &["/partNumber"]),
        (json!({"method": "DELETE", "key": "a", "partNumber": 1}), &["/partNumber"]),
        (json!([]), &[""]),
    ];
    for (asked, pointers) in table {
        let answer = browser.ask(asked).await;
        assert_eq!((answer.status.as_u16(), answer.pointers()), (422, pointers.to_vec()), "{asked}: {}", answer.body);
    }
    let longest = json!({"method": "PUT", "key": "写".repeat(1024), "expiresIn": null, "uploadId": null, "unknown": 1});
    let name = browser.upload(browser.signed(&longest).await["key"].as_str().expect("a key")).await["fileName"].clone();
    assert_eq!(name, "写".repeat(255));
    let large = json!({"method": "PUT", "key": "a", "x": "x".repeat(64 << 10)});
    assert_eq!(browser.ask(&large).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(gateway.database.count("uploads").await, 1, "what is refused is not recorded");
}

#[tokio::test]
async fn what_is_over_the_quota_gets_no_url() {
    let gateway = Harness::start().await;
    limit(&gateway, ALICE, json!({"maxUploadBytes": 100, "monthlyBytes": 150})).await;
    let browser = Browser::of(&gateway, ALICE);
    browser.signed(&json!({"method": "PUT", "key": "a"})).await;
    for asked in [json!({"method": "PUT", "key": "a"}), json!({"method": "POST", "key": "a"})] {
        assert_eq!(refused(&browser.ask(&asked).await), (403, "quota-exceeded"));
    }
    browser.signed(&json!({"method": "PUT", "key": "a", "size": 50})).await;
    assert_eq!(gateway.database.count("uploads").await, 2);
}
