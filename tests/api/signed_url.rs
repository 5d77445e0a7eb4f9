//! What can be done with a granted URL besides what was granted? Nothing: each change of it is refused by S3, and nothing is stored.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Method, Request, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use upload_gateway::model::Clock;

use crate::harness::Harness;
use crate::{socket, store};

fn altered(put: RequestBuilder, alter: impl FnOnce(&mut Request)) -> RequestBuilder {
    let (client, request) = put.build_split();
    let mut request = request.expect("a request");
    alter(&mut request);
    RequestBuilder::from_parts(client, request)
}

/// Rewrites the URL; the text must change by it.
fn rewritten(request: &mut Request, rewrite: impl FnOnce(&str) -> String) {
    let after = rewrite(request.url().as_str());
    assert_ne!(after, request.url().as_str(), "the rewriting has an effect");
    *request.url_mut() = after.parse().expect("a URL");
}

fn with_header(request: &mut Request, name: &'static str, value: &'static str) {
    request.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
}

fn without_parameter(url: &str, name: &str) -> String {
    let (path, query) = url.split_once('?').expect("a query");
    let kept: Vec<&str> = query.split('&').filter(|pair| !pair.starts_with(&format!("{name}="))).collect();
    format!("{path}?{}", kept.join("&"))
}

#[tokio::test]
async fn a_url_with_anything_changed_is_refused() {
    type Alter = fn(&mut Request);
    let changes: [(&str, Alter); 17] = [
        ("another key", |r| rewritten(r, |url| url.replace("hello.txt", "other.txt"))),
        ("a key below", |r| rewritten(r, |url| url.replace("hello.txt", "hello.txt/more"))),
        ("another's prefix", |r| rewritten(r, |url| url.replace("/uploads/acme/", "/uploads/globex/"))),
        ("a sibling prefix", |r| rewritten(r, |url| url.replace("/uploads/acme/", "/uploads/acmeco/"))),
        ("no prefix", |r| rewritten(r, |url| url.replace("/uploads/acme/", "/uploads/"))),
        ("another bucket", |r| rewritten(r, |url| url.replace("/uploads/", "/elsewhere/"))),
        ("a GET", |r| *r.method_mut() = Method::GET),
        ("a DELETE", |r| *r.method_mut() = Method::DELETE),
        ("another type", |r| with_header(r, "content-type", "text/html")),
        ("no type", |r| drop(r.headers_mut().remove("content-type"))),
        ("no if-none-match", |r| drop(r.headers_mut().remove("if-none-match"))),
        ("an access list", |r| with_header(r, "x-amz-acl", "public-read")),
        ("tags", |r| with_header(r, "x-amz-tagging", "a=b")),
        ("metadata", |r| with_header(r, "x-amz-meta-a", "b")),
        ("no session token", |r| rewritten(r, |url| without_parameter(url, "X-Amz-Security-Token"))),
        ("a longer life", |r| rewritten(r, |url| url.replace("X-Amz-Expires=300", "X-Amz-Expires=604800"))),
        ("fewer signed headers", |r| {
            rewritten(r, |url| url.replace("if-none-match%3B", "").replace("%3Bif-none-match", ""))
        }),
    ];
    let gateway = Harness::start().await;
    let grant = gateway.grant(&gateway.token("alice@acme.example"), 11).await;
    for (what, alter) in changes {
        let answer = gateway.put(&grant, "hello world", |put| altered(put, alter)).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{what}: {}", answer.body);
    }
    for (what, bytes) in [("longer", "hello world!"), ("shorter", "hello"), ("empty", "")] {
        let true_length = |put| altered(put, |r| drop(r.headers_mut().remove("content-length")));
        let answer = gateway.put(&grant, bytes, true_length).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{what}: {}", answer.body);
    }
    assert_eq!(store::keys(&gateway).await, [""; 0]);

    assert_eq!(gateway.put(&grant, "hello world", |put| put).await.status, StatusCode::OK);
    assert_eq!(store::keys(&gateway).await, [grant["key"].as_str().unwrap()]);
}

#[tokio::test]
async fn a_body_that_ends_before_its_announced_length_is_not_stored() {
    let gateway = Harness::start().await;
    let grant = gateway.grant(&gateway.token("alice@acme.example"), 11).await;
    let url = grant["request"]["url"].as_str().unwrap();
    let path = url.splitn(4, '/').nth(3).unwrap();
    let host = url.split('/').nth(2).unwrap();
    let head = format!(
        "PUT /{path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: text/plain\r\nif-none-match: *\r\ncontent-length: 11\r\n\r\n"
    );
    drop(socket::write(url, &format!("{head}hello")).await);
    // The same connection's worth of bytes, whole this time, is the first to be stored.
    let mut whole = socket::write(url, &format!("{head}hello world, and more than was granted")).await;
    assert!(socket::head(&mut whole).await.starts_with("HTTP/1.1 200"));
    let stored = store::admin(&gateway).get_object().bucket("uploads").key(grant["key"].as_str().unwrap()).send().await;
    let bytes = stored.unwrap().body.collect().await.unwrap().into_bytes();
    assert_eq!(bytes, "hello world", "what is beyond the granted length is not part of the object");
}

#[tokio::test]
async fn bytes_with_another_checksum_are_not_stored() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    let sum = STANDARD.encode(digest(&SHA256, b"hello world"));
    let body = json!({"fileName": "a.txt", "contentType": "text/plain", "size": 11,
                      "checksum": {"algorithm": "SHA256", "value": sum}});
    let grant = gateway.post(&alice, "/v1/uploads", body).await.body;
    assert_eq!(grant["request"]["headers"]["x-amz-checksum-sha256"], json!(sum));

    assert_eq!(gateway.put(&grant, "hello w0rld", |put| put).await.status, StatusCode::BAD_REQUEST);
    let lie = |put| {
        altered(put, |r| {
            let other = STANDARD.encode(digest(&SHA256, b"hello w0rld"));
            r.headers_mut().insert("x-amz-checksum-sha256", other.parse().unwrap());
        })
    };
    assert_eq!(gateway.put(&grant, "hello w0rld", lie).await.status, StatusCode::FORBIDDEN);
    let none = |put| altered(put, |r| drop(r.headers_mut().remove("x-amz-checksum-sha256")));
    assert_eq!(gateway.put(&grant, "hello w0rld", none).await.status, StatusCode::FORBIDDEN);
    assert_eq!(store::keys(&gateway).await, [""; 0]);

    assert_eq!(gateway.put(&grant, "hello world", |put| put).await.status, StatusCode::OK);
    let done = gateway.post(&alice, &format!("/v1/uploads/{}/complete", id(&grant)), json!({})).await;
    assert_eq!(done.body["checksum"], json!({"algorithm": "SHA256", "value": sum}));
}

#[tokio::test]
async fn a_url_dies_when_it_says_so() {
    let gateway = Harness::with("url_expiry = \"1s\"\n").await;
    let grant = gateway.grant(&gateway.token("alice@acme.example"), 11).await;
    let expires_at = OffsetDateTime::parse(grant["request"]["expiresAt"].as_str().unwrap(), &Rfc3339).unwrap();
    let machine = Clock::system();
    gateway.until("the URL's last moment is over", async || machine.now() > expires_at).await;
    gateway
        .until("the URL is dead", async || {
            // A PUT without its body's type is refused in any case, but for another reason while the URL lives.
            let answer = gateway
                .put(&grant, "hello world", |put| altered(put, |r| drop(r.headers_mut().remove("content-type"))))
                .await;
            answer.body.to_string().contains("expired")
        })
        .await;
    let late = gateway.put(&grant, "hello world", |put| put).await;
    assert_eq!(late.status, StatusCode::FORBIDDEN, "{}", late.body);
    assert_eq!(store::keys(&gateway).await, [""; 0]);
}

#[tokio::test]
async fn a_url_writes_once() {
    let gateway = Harness::start().await;
    let grant = gateway.grant(&gateway.token("alice@acme.example"), 11).await;
    assert_eq!(gateway.put(&grant, "hello world", |put| put).await.status, StatusCode::OK);
    assert_eq!(gateway.put(&grant, "HELLO WORLD", |put| put).await.status, StatusCode::PRECONDITION_FAILED);
    let stored = store::admin(&gateway).get_object().bucket("uploads").key(grant["key"].as_str().unwrap()).send().await;
    assert_eq!(stored.unwrap().body.collect().await.unwrap().into_bytes(), "hello world");
}

fn id(grant: &Value) -> &str {
    grant["id"].as_str().expect("an id")
}
