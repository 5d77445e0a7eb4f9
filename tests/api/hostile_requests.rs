//! What do requests reach that are made to confuse, to fill memory, or to hold connections?

use std::io::Write as _;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::future::join_all;
use reqwest::StatusCode;
use reqwest::header::CONTENT_ENCODING;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::harness::Harness;
use crate::socket;

const ALICE: &str = "alice@acme.example";
/// Far longer than the server waits for a request; a test that comes so far has found a connection that nobody ends.
const FOR_EVER: Duration = Duration::from_secs(60);

/// All that comes back until the connection is closed, which it must be.
async fn all(socket: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        match tokio::time::timeout(FOR_EVER, socket.read(&mut chunk)).await.expect("the connection is closed") {
            Ok(read) if read > 0 => text.extend_from_slice(&chunk[..read]),
            // Whoever does not read a request to its end resets the connection.
            Ok(_) | Err(_) => return String::from_utf8_lossy(&text).into_owned(),
        }
    }
}

async fn uploads(gateway: &Harness) -> i64 {
    sqlx::query_scalar("select count(*) from uploads").fetch_one(&gateway.database.pool).await.expect("a count")
}

/// A second request hides in the body of the first, for servers that do not agree where the first one ends: RFC 9112, section 11.2.
#[tokio::test]
async fn a_request_whose_end_can_be_read_in_two_ways_is_refused_and_nothing_after_it_is_read() {
    let gateway = Harness::start().await;
    let token = gateway.token(ALICE);
    let file = json!({"fileName": "a.txt", "contentType": "text/plain", "size": 1}).to_string();
    let length = file.len();
    let head = format!("host: x\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n");
    let hidden = format!("POST /v1/uploads HTTP/1.1\r\n{head}content-length: {length}\r\n\r\n{file}");
    for framing in [
        "content-length: 4\r\ntransfer-encoding: chunked",
        "transfer-encoding: chunked\r\ncontent-length: 4",
        "content-length: 0\r\ncontent-length: 5",
        "content-length: 0, 5",
        "content-length: +5",
        "content-length: -1",
        "content-length: 0x5",
        "content-length: 5 5",
        "content-length : 5",
        "transfer-encoding: xchunked",
        "transfer-encoding: chunked, identity",
        "transfer-encoding: gzip, chunked, chunked",
        "transfer-encoding: identity\r\ntransfer-encoding: chunked",
        "transfer-encoding : chunked",
        "x: y\r\n transfer-encoding: chunked",
        "x: y\0\r\ntransfer-encoding: chunked",
        "x: y\rtransfer-encoding: chunked",
        "host: y",
    ] {
        let request = format!("POST /v1/uploads HTTP/1.1\r\n{head}{framing}\r\n\r\n0\r\n\r\n{hidden}");
        let answer = all(&mut socket::write(&gateway.public_url, &request).await).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{framing:?}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{framing:?}: {answer}");
    }
    // What the older protocol does not know, and sizes that no number holds.
    for request in [
        format!("POST /v1/uploads HTTP/1.0\r\n{head}transfer-encoding: chunked\r\n\r\n0\r\n\r\n{hidden}"),
        format!("POST /v1/uploads HTTP/1.1\r\n{head}transfer-encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n{hidden}"),
        format!("POST /v1/uploads HTTP/1.1\r\n{head}transfer-encoding: chunked\r\n\r\n-1\r\n{hidden}"),
        format!("POST /v1/uploads HTTP/1.1\r\n{head}transfer-encoding: chunked\r\n\r\n0x0\r\n\r\n{hidden}"),
        format!("POST /v1/uploads HTTP/1.1\r\n{head}content-length: 99999999999999999999\r\n\r\n{hidden}"),
    ] {
        let answer = all(&mut socket::write(&gateway.public_url, &request).await).await;
        // Where the body itself cannot be read, the connection may be cut without a word.
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400 "), "{request:?}: {answer}");
        assert!(answer.matches("HTTP/1.1 ").count() <= 1, "{request:?}: {answer}");
    }
    assert_eq!(uploads(&gateway).await, 0);
    // The same two requests, one after the other and plain, are two.
    let plain = format!("{hidden}{hidden}");
    let mut socket = socket::write(&gateway.public_url, &plain).await;
    for _ in 0..2 {
        gateway.until("it is recorded", async || uploads(&gateway).await > 0).await;
        assert!(socket::head(&mut socket).await.contains("HTTP/1.1 201 "));
    }
}

#[tokio::test]
async fn a_head_without_an_end_is_refused() {
    let gateway = Harness::start().await;
    let many: String = (0..300).map(|number| format!("x-{number}: a\r\n")).collect();
    for head in [
        format!("GET /v1/me HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "a".repeat(300_000)),
        format!("GET /v1/me HTTP/1.1\r\nhost: x\r\n{many}\r\n"),
        format!("GET /v1/me?{} HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(300_000)),
    ] {
        let authority = gateway.public_url.trim_start_matches("http://");
        let mut socket = TcpStream::connect(authority).await.expect("a connection");
        // It may be hung up on before it has sent all.
        let _hung_up = socket.write_all(head.as_bytes()).await;
        let answer = all(&mut socket).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431 "), "{answer}");
    }
    let alice = gateway.get(&gateway.token(ALICE), "/v1/me").await;
    assert_eq!(alice.status, StatusCode::OK);
}

#[tokio::test]
async fn who_sends_slowly_is_hung_up_on_and_keeps_nobody_waiting() {
    let gateway = Harness::with("[server]\nrequest_timeout = \"2s\"\n").await;
    let token = gateway.token(ALICE);
    let head = format!("POST /v1/uploads HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n");
    let body = format!("{head}content-type: application/json\r\ncontent-length: 60000\r\n\r\n{{");
    let mut slow = Vec::new();
    for number in 0..300 {
        slow.push(socket::write(&gateway.public_url, if number % 2 == 0 { &head } else { &body }).await);
    }
    for _ in 0..20 {
        gateway.grant(&token, 5).await;
    }
    let answers = join_all(slow.iter_mut().map(all)).await;
    for (number, answer) in answers.iter().enumerate() {
        let expected = if number % 2 == 0 { "HTTP/1.1 408 " } else { "HTTP/1.1 503 " };
        assert!(answer.starts_with(expected), "{number}: {answer}");
    }
}

#[tokio::test]
async fn what_is_small_only_because_it_is_packed_is_not_unpacked() {
    let gateway = Harness::start().await;
    let token = gateway.token(ALICE);
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(&vec![b' '; 32 << 20]).unwrap();
    let packed = packed.finish().unwrap();
    assert!(packed.len() < 64 << 10, "it fits in what a body may have");
    let file = json!({"fileName": "a.txt", "contentType": "text/plain", "size": 1}).to_string();
    for (encoding, body, expected) in [
        ("gzip", packed.clone(), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("br", packed.clone(), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("gzip, identity", file.clone().into_bytes(), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("gzip", file.clone().into_bytes(), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("identity", packed, StatusCode::BAD_REQUEST),
        ("identity", file.into_bytes(), StatusCode::CREATED),
    ] {
        let request = gateway.request(reqwest::Method::POST, "/v1/uploads").bearer_auth(&token);
        let request = request.header("content-type", "application/json").header(CONTENT_ENCODING, encoding);
        let answer = gateway.send(request.body(body)).await;
        assert_eq!(answer.status, expected, "{encoding}: {}", answer.body);
    }
}

/// Whatever a path is made to look like, a caller gets no further than with its plain form. Over a bare socket: clients tidy paths up.
#[tokio::test]
async fn no_path_leads_around_who_may_ask() {
    let gateway = Harness::start().await;
    let token = gateway.token(ALICE);
    for path in [
        "/v1/admin/tenants",
        "/v1//admin/tenants",
        "//v1/admin/tenants",
        "/v1/./admin/tenants",
        "/v1/uploads/../admin/tenants",
        "/v1/uploads/..%2fadmin/tenants",
        "/v1/uploads/%2e%2e/admin/tenants",
        "/v1/uploads/..;/admin/tenants",
        "/v1/uploads/..\\admin\\tenants",
        "/v1/%61dmin/tenants",
        "/v1/ADMIN/tenants",
        "/v1/admin%2ftenants",
        "/v1/admin/tenants/",
        "/v1/admin/tenants%00",
        "/v1/admin/tenants%20",
        "/v1/admin/tenants;x=y",
        "/v1/admin/tenants?/../../me",
        "http://127.0.0.1/v1/admin/tenants",
        "http://evil.example/v1/admin/tenants",
        "/metrics",
        "/%6detrics",
        "/../metrics",
        "/readyz",
        "/s3-events",
        "/v1/me/..%2f..%2fmetrics",
        "*",
    ] {
        for (who, refusals) in
            [(format!("authorization: Bearer {token}\r\n"), [403, 404, 400]), (String::new(), [401, 404, 400])]
        {
            let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\n{who}connection: close\r\n\r\n");
            let answer = all(&mut socket::write(&gateway.public_url, &request).await).await;
            let status: u16 = answer.get(9..12).and_then(|status| status.parse().ok()).unwrap_or_default();
            assert!(refusals.contains(&status), "{path}: {answer}");
        }
    }
}
