//! Does a large file arrive in parts, whatever happens to its sender on the way?

use aws_lc_rs::digest::{SHA256, digest};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use upload_gateway::sandbox::aws::Fault;
use upload_gateway::sandbox::neighbours::BUCKET;

use crate::harness::{Answer, Harness};
use crate::store;

const MIB: usize = 1 << 20;

/// Bytes that are nowhere alike, so that a part in the wrong place is found out.
pub(crate) fn bytes(count: usize) -> Vec<u8> {
    let block = |index: u64| index.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_le_bytes();
    let mut bytes: Vec<u8> = (1..).flat_map(block).take(count).collect();
    bytes.truncate(count);
    bytes
}

async fn grant(gateway: &Harness, token: &str, size: usize) -> Value {
    let body = json!({"fileName": "film.mp4", "contentType": "video/mp4", "size": size, "method": "multipart"});
    let answer = gateway.post(token, "/v1/uploads", body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    answer.body
}

fn path(grant: &Value, rest: &str) -> String {
    format!("/v1/uploads/{}{rest}", grant["id"].as_str().expect("an id"))
}

async fn sign(gateway: &Harness, token: &str, grant: &Value, numbers: &[usize]) -> Answer {
    gateway.post(token, &path(grant, "/parts"), json!({"partNumbers": numbers})).await
}

/// Sends those parts as a browser would, each to its own URL, and gives back what `complete` wants to know.
async fn send(gateway: &Harness, token: &str, grant: &Value, file: &[u8], numbers: &[usize]) -> Vec<Value> {
    let size = usize::try_from(grant["multipart"]["partSize"].as_u64().expect("a size")).expect("fits");
    let signed = sign(gateway, token, grant, numbers).await;
    assert_eq!(signed.status, StatusCode::OK, "{}", signed.body);
    let mut sent = Vec::new();
    for part in signed.body["parts"].as_array().expect("parts") {
        let number = usize::try_from(part["partNumber"].as_u64().expect("a number")).expect("fits");
        let piece = file[(number - 1) * size..file.len().min(number * size)].to_vec();
        assert_eq!(part["headers"]["content-length"], piece.len().to_string());
        let put = reqwest::Client::new().put(part["url"].as_str().expect("a URL")).body(piece);
        let answer = gateway.send(put).await;
        assert_eq!(answer.status, StatusCode::OK, "part {number}: {}", answer.body);
        let etag = answer.headers["etag"].to_str().expect("a text");
        sent.push(json!({"partNumber": number, "etag": etag}));
    }
    sent
}

async fn complete(gateway: &Harness, token: &str, grant: &Value, parts: &[Value]) -> Answer {
    gateway.post(token, &path(grant, "/complete"), json!({"parts": parts})).await
}

#[tokio::test]
async fn three_hundred_mib_arrive_although_their_sender_dies_half_way() {
    // S3 takes its time to put so much together, and the stand-in, unoptimised, more.
    let gateway = Harness::with("[server]\nrequest_timeout = \"2m\"\n").await;
    let alice = gateway.token("alice@acme.example");
    let file = bytes(300 * MIB);
    // Above the threshold, so nobody has to ask for parts.
    let body = json!({"fileName": "film.mp4", "contentType": "video/mp4", "size": file.len()});
    let grant = gateway.post(&alice, "/v1/uploads", body).await.body;
    assert_eq!((&grant["request"], &grant["method"]), (&Value::Null, &json!("multipart")));
    assert_eq!(grant["multipart"], json!({"partSize": 16 * MIB, "partCount": 19}));
    let first: Vec<usize> = (1..=9).collect();
    send(&gateway, &alice, &grant, &file, &first).await;

    // All that the sender knew is gone with it. Another one, with the id alone, asks what is there and sends the rest.
    let resumed = gateway.get(&alice, &path(&grant, "/parts")).await;
    let mut parts = resumed.body["parts"].as_array().expect("parts").clone();
    assert_eq!(parts.len(), 9);
    assert_eq!((&parts[8]["partNumber"], &parts[8]["size"]), (&json!(9), &json!(16 * MIB)));
    let early = complete(&gateway, &alice, &grant, &parts).await;
    assert_eq!((early.status, early.pointers()), (StatusCode::UNPROCESSABLE_ENTITY, vec!["/parts"]));
    let rest: Vec<usize> = (10..=19).collect();
    parts.extend(send(&gateway, &alice, &grant, &file, &rest).await);
    let done = complete(&gateway, &alice, &grant, &parts).await;
    assert_eq!((done.status, &done.body["status"]), (StatusCode::OK, &json!("completed")), "{}", done.body);
    assert_eq!(done.body["size"], file.len());
    assert_eq!(complete(&gateway, &alice, &grant, &parts).await.body, done.body, "again is no different");

    // The AWS SDK puts the same bytes together by itself, and S3 calls the result by the same name.
    let etag = store::multipart(&gateway, "by-the-sdk", &file, 16 * MIB).await;
    assert_eq!(done.body["etag"], etag.trim_matches('"'));
    let object = store::admin(&gateway).get_object().bucket(BUCKET).key(grant["key"].as_str().expect("a key"));
    let object = Box::pin(object.send()).await.expect("the object");
    assert_eq!(object.content_type(), Some("video/mp4"));
    let read = object.body.collect().await.expect("its bytes").into_bytes();
    assert_eq!(digest(&SHA256, &read).as_ref(), digest(&SHA256, &file).as_ref());
}

#[tokio::test]
async fn a_part_can_only_have_the_size_that_was_planned() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    let grant = grant(&gateway, &alice, 17 * MIB).await;
    let signed = sign(&gateway, &alice, &grant, &[2]).await;
    let url = signed.body["parts"][0]["url"].as_str().expect("a URL");
    let put = |bytes: Vec<u8>| gateway.send(reqwest::Client::new().put(url).body(bytes));
    assert_eq!(put(bytes(MIB + 1)).await.status, StatusCode::FORBIDDEN);
    assert_eq!(put(bytes(MIB - 1)).await.status, StatusCode::FORBIDDEN);
    assert_eq!(put(bytes(MIB)).await.status, StatusCode::OK);
    let moved = url.replace("partNumber=2", "partNumber=1");
    let answer = gateway.send(reqwest::Client::new().put(moved).body(bytes(MIB))).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "the number is signed");
}

#[tokio::test]
async fn parts_that_nobody_can_have_are_refused_by_name() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    let grant = grant(&gateway, &alice, 17 * MIB).await;
    let many: Vec<i64> = (1..=1001).collect();
    for wrong in
        [json!([]), json!([0]), json!([10_001]), json!([-1]), json!([1, 1]), json!([3]), json!(many), json!(null)]
    {
        let answer = gateway.post(&alice, &path(&grant, "/parts"), json!({"partNumbers": wrong})).await;
        assert_eq!((answer.status.as_u16(), answer.pointers()), (422, vec!["/partNumbers"]), "{wrong}");
    }
    let parts = send(&gateway, &alice, &grant, &bytes(17 * MIB), &[1, 2]).await;
    let (first, second) = (parts[0].clone(), parts[1].clone());
    let strange = json!({"partNumber": 2, "etag": "0123456789abcdef0123456789abcdef"});
    for (what, wrong) in [
        ("out of order", json!([second, first])),
        ("missing", json!([first])),
        ("twice", json!([first, first])),
        ("none", json!([])),
        ("another etag", json!([first, strange])),
        ("number 0", json!([{"partNumber": 0, "etag": "x"}])),
        ("number 10,001", json!([{"partNumber": 10_001, "etag": "x"}])),
        ("no etag", json!([{"partNumber": 1, "etag": ""}])),
        ("no list", Value::Null),
    ] {
        let answer = gateway.post(&alice, &path(&grant, "/complete"), json!({"parts": wrong})).await;
        assert_eq!((answer.status.as_u16(), answer.pointers()), (422, vec!["/parts"]), "{what}: {}", answer.body);
    }
    assert_eq!(gateway.get(&alice, &path(&grant, "")).await.body["status"], "pending", "nothing came of it");
    assert_eq!(complete(&gateway, &alice, &grant, &[first, second]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_part_that_s3_does_not_have_is_named() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    let grant = grant(&gateway, &alice, 17 * MIB).await;
    let parts = send(&gateway, &alice, &grant, &bytes(17 * MIB), &[1]).await;
    let claimed = [parts[0].clone(), json!({"partNumber": 2, "etag": "0123456789abcdef0123456789abcdef"})];
    let answer = complete(&gateway, &alice, &grant, &claimed).await;
    assert_eq!((answer.status, answer.problem()), (StatusCode::CONFLICT, "part-missing"));
    assert!(answer.body["detail"].as_str().is_some_and(|detail| detail.contains("part 2")));
}

#[tokio::test]
async fn what_is_given_up_leaves_no_parts_behind() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    let grant = grant(&gateway, &alice, 17 * MIB).await;
    send(&gateway, &alice, &grant, &bytes(17 * MIB), &[1]).await;
    assert_eq!(gateway.neighbours().aws.unfinished_uploads().await, 1);
    for _ in 0..2 {
        let gone = gateway.send(gateway.request(Method::DELETE, &path(&grant, "")).bearer_auth(&alice)).await;
        assert_eq!(gone.status, StatusCode::NO_CONTENT);
    }
    assert_eq!(gateway.neighbours().aws.unfinished_uploads().await, 0);
    assert_eq!(gateway.get(&alice, &path(&grant, "")).await.body["status"], "aborted");
    assert_eq!(sign(&gateway, &alice, &grant, &[2]).await.problem(), "already-ended");
    assert_eq!(gateway.get(&alice, &path(&grant, "/parts")).await.problem(), "already-ended");
}

#[tokio::test]
async fn an_upload_in_one_request_has_no_parts() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    let grant = gateway.grant(&alice, 5).await;
    for answer in [sign(&gateway, &alice, &grant, &[1]).await, gateway.get(&alice, &path(&grant, "/parts")).await] {
        assert_eq!((answer.status, answer.problem()), (StatusCode::CONFLICT, "not-multipart"));
    }
}

#[tokio::test]
async fn an_upload_whose_beginning_at_s3_failed_begins_when_parts_are_asked_for() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    gateway.neighbours().aws.set_s3_fault(Fault::Unavailable);
    let body = json!({"fileName": "a", "contentType": "a/b", "size": 6 * MIB, "method": "multipart"});
    let ask =
        gateway.request(Method::POST, "/v1/uploads").bearer_auth(&alice).header("idempotency-key", "k").json(&body);
    let refused = gateway.send(ask).await;
    assert_eq!((refused.status, refused.problem()), (StatusCode::SERVICE_UNAVAILABLE, "unavailable"));
    assert_eq!(gateway.post(&alice, "/v1/uploads", body).await.status, StatusCode::SERVICE_UNAVAILABLE);
    gateway.neighbours().aws.set_s3_fault(Fault::None);
    let on_record: Vec<(String, String)> = sqlx::query_as("select id::text, status from uploads order by id")
        .fetch_all(&gateway.database.pool)
        .await
        .expect("rows");
    let [(id, first), (_, second)] = &on_record[..] else { panic!("{on_record:?}") };
    assert_eq!((first.as_str(), second.as_str()), ("pending", "aborted"), "who has no key will not come back");
    let signed = sign(&gateway, &alice, &json!({"id": id}), &[1]).await;
    assert_eq!(signed.status, StatusCode::OK, "{}", signed.body);
    assert_eq!(gateway.neighbours().aws.unfinished_uploads().await, 1);
}

#[tokio::test]
async fn sizes_beyond_the_limits_of_s3_are_refused_with_the_limit() {
    let gateway = Harness::start().await;
    let admin = gateway.token("admin@platform.example");
    let alice = gateway.token("alice@acme.example");
    let tenant = gateway.get(&alice, "/v1/me").await.body["tenant"]["id"].as_str().expect("an id").to_owned();
    let most = 10_000_i64 * (5 << 30);
    let widen = json!({"limits": {"maxUploadBytes": most}});
    assert_eq!(gateway.patch(&admin, &format!("/v1/admin/tenants/{tenant}"), widen).await.status, StatusCode::OK);
    let ask = async |size: i64, method: &str| {
        let body = json!({"fileName": "a", "contentType": "a/b", "size": size, "method": method});
        gateway.post(&alice, "/v1/uploads", body).await
    };
    let largest = ask(most, "multipart").await;
    assert_eq!(largest.body["multipart"], json!({"partSize": 5_i64 << 30, "partCount": 10_000}), "{}", largest.body);
    for (size, method, limit) in
        [(most + 1, "multipart", "48.8 TiB"), ((5 << 30) + 1, "put", "5 GiB"), ((5 << 30) + 1, "post", "5 GiB")]
    {
        let answer = ask(size, method).await;
        assert_eq!((answer.status.as_u16(), answer.pointers()), (422, vec!["/size"]));
        assert!(
            answer.body["errors"][0]["detail"].as_str().is_some_and(|text| text.contains(limit)),
            "{}",
            answer.body
        );
    }
}
