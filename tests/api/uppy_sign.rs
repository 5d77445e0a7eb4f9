//! Does a file that Uppy 6 sends by `signRequest` arrive whole and get on record, whatever way it takes?

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};
use upload_gateway::sandbox::neighbours::BUCKET;

use crate::harness::{Harness, PAGE};
use crate::multipart::bytes;
use crate::quotas::miscounted;
use crate::reconciling::actions;
use crate::store;
use crate::uppy_browser::{Browser, MIB, PROPOSED, element, object, path};

const ALICE: &str = "alice@acme.example";
/// Looks ten times a second at what is due.
const EAGER: &str = "[reconcile]\ninterval = \"100ms\"\ngrace = \"10m\"\nlease = \"1m\"\n";
const LEASE: Duration = Duration::from_secs(61);

fn key(signed: &Value) -> &str {
    signed["key"].as_str().expect("a key")
}

#[tokio::test]
async fn a_small_file_travels_as_a_form_and_is_on_record_by_the_word_of_s3() {
    let gateway = Harness::with_events("").await;
    let browser = Browser::of(&gateway, ALICE);
    let file = bytes(MIB + 1);
    let asked = json!({"method": "PUT", "key": format!("{PROPOSED}写真 1.jpeg"), "contentType": "image/jpeg"});
    let signed = browser.signed(&asked).await;
    assert_eq!((&signed["fields"]["key"], &signed["headers"]), (&signed["key"], &Value::Null));
    let granted = browser.upload(key(&signed)).await;
    assert_eq!(
        (&granted["status"], &granted["fileName"], &granted["contentType"], &granted["method"]),
        (&json!("pending"), &json!("写真 1.jpeg"), &json!("image/jpeg"), &json!("post")),
    );
    let sent = browser.post_form(&signed, file.clone()).await;
    assert_eq!(sent.status, StatusCode::CREATED, "{}", sent.body);
    let done = browser.becomes(key(&signed), "completed").await;
    assert_eq!(done["size"], file.len());
    assert_eq!(object(&gateway, key(&signed)).await, (file, "image/jpeg".to_owned()));
    assert_eq!(miscounted(&gateway).await, [""; 0]);
}

#[tokio::test]
async fn a_page_that_knows_the_size_puts_exactly_that() {
    let gateway = Harness::start().await;
    let browser = Browser::of(&gateway, ALICE);
    let asked = json!({"method": "PUT", "key": format!("{PROPOSED}a.txt"), "contentType": "text/plain", "size": 11});
    let signed = browser.signed(&asked).await;
    assert_eq!(signed["headers"], json!({"content-type": "text/plain", "if-none-match": "*"}));
    assert_eq!(signed["fields"], Value::Null);
    let put = async |signed: &Value, text: &str| browser.make("PUT", signed, "text/html", text.into()).await.status;
    let mut other_type = signed.clone();
    other_type["headers"]["content-type"] = json!("text/html");
    assert_eq!(put(&other_type, "hello world").await, StatusCode::FORBIDDEN);
    assert_eq!(put(&signed, "hello, world").await, StatusCode::FORBIDDEN);
    assert_eq!(put(&signed, "hello world").await, StatusCode::OK);
    assert_eq!(put(&signed, "HELLO WORLD").await, StatusCode::PRECONDITION_FAILED);
    let done = gateway.post(&browser.token, &format!("{}/complete", path(key(&signed))), json!({})).await;
    assert_eq!((done.status, &done.body["status"]), (StatusCode::OK, &json!("completed")), "{}", done.body);
    assert_eq!(object(&gateway, key(&signed)).await, (b"hello world".to_vec(), "text/plain".to_owned()));
}

#[tokio::test]
async fn a_large_file_travels_in_parts_that_the_browser_puts_together() {
    let gateway = Harness::with_events("").await;
    let browser = Browser::of(&gateway, ALICE);
    let file = bytes(12 * MIB);
    let signed = browser.signed(&json!({"method": "POST", "key": format!("{PROPOSED}film.mp4")})).await;
    assert_eq!(signed["headers"], json!({"content-type": "video/mp4"}));
    assert!(signed["url"].as_str().is_some_and(|url| url.contains("&uploads=&X-Amz-Signature=")));
    assert_eq!(gateway.neighbours().aws.unfinished_uploads().await, 0, "the browser begins it, not we");
    let begun = browser.begin_signed(&signed).await;
    let tags = browser.send_parts(&begun, &file).await;
    assert_eq!(gateway.neighbours().aws.unfinished_uploads().await, 1);

    let listed = browser.make("GET", &browser.signed(&begun.about("GET")).await, "", Vec::new()).await;
    let text = listed.body.as_str().expect("XML");
    assert_eq!(text.matches("<PartNumber>").count(), 3, "{text}");
    assert!(tags.iter().all(|tag| text.contains(tag.as_str())), "{text}");

    let complete = browser.signed(&begun.about("POST")).await;
    assert_eq!(complete["headers"], json!({"if-none-match": "*"}));
    let done = browser.complete_signed(&complete, &tags).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    assert_eq!(element(&done.body, "Key").as_deref(), Some(begun.key.as_str()));
    assert!(element(&done.body, "Location").is_some(), "without it Uppy counts it as failed");
    let upload = browser.becomes(&begun.key, "completed").await;
    assert_eq!((&upload["size"], &upload["fileName"]), (&json!(file.len()), &json!("film.mp4")));
    assert_eq!(object(&gateway, &begun.key).await, (file, "video/mp4".to_owned()));
    let told: Vec<_> = actions(&gateway, &upload).await.into_iter().collect();
    assert_eq!(told.last(), Some(&("upload.completed".to_owned(), "event".to_owned())));
    let again = browser.ask(&begun.about("POST")).await;
    assert_eq!((again.status, again.problem()), (StatusCode::CONFLICT, "already-ended"));
    assert_eq!(miscounted(&gateway).await, [""; 0]);
}

#[tokio::test]
async fn the_page_may_say_that_the_browser_put_the_parts_together() {
    let gateway = Harness::start().await;
    let browser = Browser::of(&gateway, ALICE);
    let file = bytes(6 * MIB);
    let begun = browser.begin("film.mp4").await;
    let complete = format!("{}/complete", path(&begun.key));
    let say = async |body: Value| gateway.post(&browser.token, &complete, body).await;
    assert_eq!(say(json!({})).await.pointers(), ["/parts"], "nothing is there, so there is something to put together");
    let tags = browser.send_parts(&begun, &file).await;
    let signed = browser.signed(&begun.about("POST")).await;
    assert_eq!(browser.complete_signed(&signed, &tags).await.status, StatusCode::OK);
    let done = say(json!({})).await;
    assert_eq!((done.status, &done.body["size"]), (StatusCode::OK, &json!(file.len())), "{}", done.body);
    assert_eq!(object(&gateway, &begun.key).await.0, file);
}

#[tokio::test]
async fn asking_again_to_complete_what_is_complete_puts_it_on_record() {
    let gateway = Harness::start().await;
    let browser = Browser::of(&gateway, ALICE);
    let begun = browser.upload_in_parts("film.mp4", &bytes(6 * MIB)).await;
    assert_eq!(browser.upload(&begun.key).await["status"], "pending", "nobody told");
    let again = browser.ask(&begun.about("POST")).await;
    assert_eq!((again.status, again.problem()), (StatusCode::CONFLICT, "already-ended"));
    assert_eq!(browser.upload(&begun.key).await["status"], "completed");
}

#[tokio::test]
async fn what_nobody_tells_of_the_reconciler_finds_soon() {
    let gateway = Harness::with(EAGER).await;
    let browser = Browser::of(&gateway, ALICE);
    let begun = browser.upload_in_parts("film.mp4", &bytes(6 * MIB)).await;
    assert_eq!(browser.upload(&begun.key).await["status"], "pending");
    gateway.travel(LEASE);
    browser.becomes(&begun.key, "completed").await;
}

#[tokio::test]
async fn the_type_is_the_granted_one_whatever_the_browser_says() {
    let gateway = Harness::start().await;
    let browser = Browser::of(&gateway, ALICE);
    let begin = async |further: Value| {
        let mut asked = json!({"method": "POST", "key": "a.html"});
        asked.as_object_mut().expect("an object").extend(further.as_object().expect("an object").clone());
        browser.ask(&asked).await
    };
    assert_eq!(begin(json!({})).await.body["headers"]["content-type"], "text/html");
    assert_eq!(begin(json!({"contentType": "a/b; c=d"})).await.body["headers"]["content-type"], "a/b; c=d");
    crate::quotas::limit(&gateway, ALICE, json!({"allowedContentTypes": ["image/*"]})).await;
    for refused in [json!({}), json!({"contentType": "text/html"})] {
        let answer = begin(refused).await;
        assert_eq!((answer.status.as_u16(), answer.pointers()), (422, vec!["/contentType"]), "{}", answer.body);
    }
    let mut signed = begin(json!({"contentType": "image/png"})).await.body;
    signed["headers"]["content-type"] = json!("text/html");
    let refused = browser.make("POST", &signed, "", Vec::new()).await;
    assert_eq!(
        (refused.status, element(&refused.body, "Code").as_deref()),
        (StatusCode::FORBIDDEN, Some("SignatureDoesNotMatch"))
    );
    signed["headers"] = json!({});
    assert!(browser.make("POST", &signed, "", Vec::new()).await.status.is_client_error());
    assert_eq!(gateway.neighbours().aws.unfinished_uploads().await, 0);
}

#[tokio::test]
async fn with_a_kms_key_the_browser_asks_for_its_encryption() {
    let arn = "arn:aws:kms:eu-central-1:1:key/x";
    let gateway = Harness::with(&format!("kms_key_arn = \"{arn}\"\n")).await;
    let browser = Browser::of(&gateway, ALICE);
    let signed = browser.signed(&json!({"method": "POST", "key": "film.mp4"})).await;
    let encryption = json!({"content-type": "video/mp4", "x-amz-server-side-encryption": "aws:kms", "x-amz-server-side-encryption-aws-kms-key-id": arn});
    assert_eq!(signed["headers"], encryption);
    let begun = browser.begin_signed(&signed).await;
    let tags = browser.send_parts(&begun, b"hello").await;
    browser.complete_signed(&browser.signed(&begun.about("POST")).await, &tags).await;
    let head = store::admin(&gateway).head_object().bucket(BUCKET).key(&begun.key);
    assert_eq!(Box::pin(head.send()).await.expect("an object").ssekms_key_id(), Some(arn));
}

#[tokio::test]
async fn a_url_lives_no_longer_than_it_was_asked_for_and_than_the_limit() {
    let gateway = Harness::start().await;
    let browser = Browser::of(&gateway, ALICE);
    let begun = browser.begin("film.mp4").await;
    let asked = [
        json!({"method": "PUT", "key": "a", "size": 5}),
        json!({"method": "POST", "key": "a"}),
        begun.part(1),
        begun.about("GET"),
        begun.about("DELETE"),
    ];
    for mut asked in asked {
        for (wanted, lives) in [(json!(null), "300"), (json!(7), "7"), (json!(86_400), "300"), (json!(i64::MAX), "300")]
        {
            asked["expiresIn"] = wanted;
            let signed = browser.signed(&asked).await;
            let url = url::Url::parse(signed["url"].as_str().expect("a URL")).expect("a URL");
            let seconds =
                url.query_pairs().find(|(name, _)| name == "X-Amz-Expires").map(|(_, value)| value.into_owned());
            assert_eq!(seconds.as_deref(), Some(lives), "{asked}");
        }
    }
}

#[tokio::test]
async fn a_known_page_may_ask_and_read_the_answer() {
    let gateway = Harness::start().await;
    let asked = gateway.request(reqwest::Method::OPTIONS, "/s3/sign").header("origin", PAGE);
    let asked = asked.header("access-control-request-method", "POST");
    let asked = asked.header("access-control-request-headers", "authorization, content-type");
    let allowed = gateway.send(asked).await;
    assert_eq!(
        (allowed.status, &allowed.headers["access-control-allow-origin"]),
        (StatusCode::OK, &PAGE.parse().unwrap())
    );
}
