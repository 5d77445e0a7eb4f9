//! Is every refusal a problem document, whatever was sent?

use reqwest::header::{ALLOW, CONTENT_TYPE, HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{Answer, Harness};
use crate::socket;

const JSON: &str = "application/json";

/// Everything that RFC 9457 and API.md say about a refusal.
fn assert_is_problem(answer: &Answer, status: u16, name: &str) {
    let seen = (answer.status.as_u16(), answer.problem());
    assert_eq!(seen, (status, name), "{}", answer.body);
    assert_eq!(answer.headers[CONTENT_TYPE], "application/problem+json");
    assert_eq!(answer.body["status"], status);
    for member in ["type", "title", "detail", "instance"] {
        assert!(answer.body[member].as_str().is_some_and(|text| !text.is_empty()), "{member}: {}", answer.body);
    }
    assert_eq!(answer.body["instance"], answer.headers["x-request-id"].to_str().expect("a text"));
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    assert_eq!(answer.body["errors"].is_array(), matches!(name, "invalid-request" | "taken"), "{}", answer.body);
}

async fn post_text(gateway: &Harness, token: &str, content_type: &str, body: impl Into<reqwest::Body>) -> Answer {
    let request = gateway.request(Method::POST, "/v1/uploads").bearer_auth(token);
    gateway.send(request.header(CONTENT_TYPE, content_type).body(body)).await
}

#[tokio::test]
async fn what_is_no_json_is_400() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    let deep = "[".repeat(10_000);
    let deep_object = format!("{}1{}", "{\"metadata\":".repeat(5_000), "}".repeat(5_000));
    let texts = [
        "",
        " ",
        "{",
        "nonsense",
        "{\"fileName\": \"\\ud800\"}",
        "{\"size\": 5,}",
        "{\"size\": 5} {}",
        "{'size': 5}",
        "\u{feff}{}",
    ];
    for text in texts {
        assert_is_problem(&post_text(&gateway, &alice, JSON, text).await, 400, "malformed-json");
    }
    assert_is_problem(
        &post_text(&gateway, &alice, JSON, b"{\"fileName\": \"\xff\"}".to_vec()).await,
        400,
        "malformed-json",
    );
    for text in [deep, deep_object] {
        let refused = post_text(&gateway, &alice, JSON, text).await;
        assert!(matches!(refused.status.as_u16(), 400 | 422), "{}", refused.body);
    }
    let unknown = format!("{{\"x\": {}1{}, \"size\": 0}}", "[".repeat(20_000), "]".repeat(20_000));
    let refused = post_text(&gateway, &alice, JSON, unknown).await;
    assert!(matches!(refused.status.as_u16(), 400 | 422), "{}", refused.body);
}

#[tokio::test]
async fn json_of_another_shape_is_422() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    let list = json!(["hello.txt", "text/plain", 5, null, null, null, null]).to_string();
    for text in ["null", "7", "\"text\"", "[]", "true", &list] {
        assert_is_problem(&post_text(&gateway, &alice, JSON, text.to_owned()).await, 422, "invalid-request");
    }
    let twice = r#"{"fileName": "a", "contentType": "a/b", "size": 5, "size": 6}"#;
    assert_is_problem(&post_text(&gateway, &alice, JSON, twice).await, 422, "invalid-request");
    assert_eq!(gateway.database.count("uploads").await, 0);
}

#[tokio::test]
async fn another_content_type_is_415() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    let body = json!({"fileName": "a", "contentType": "a/b", "size": 5}).to_string();
    for content_type in
        ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "", "application/merge-patch+json"]
    {
        assert_is_problem(&post_text(&gateway, &alice, content_type, body.clone()).await, 415, "not-json");
    }
    let none = gateway.request(Method::POST, "/v1/uploads").bearer_auth(&alice).body(body.clone());
    assert_is_problem(&gateway.send(none).await, 415, "not-json");
    for content_type in ["application/json; charset=utf-8", "Application/JSON"] {
        assert_eq!(post_text(&gateway, &alice, content_type, body.clone()).await.status, StatusCode::CREATED);
    }
}

#[tokio::test]
async fn a_body_above_64_kib_is_413_however_it_comes() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    let just = format!("{{\"size\": 0, \"x\": \"{}\"}}", "x".repeat((64 << 10) - 20));
    assert_eq!(just.len(), 64 << 10);
    assert_is_problem(&post_text(&gateway, &alice, JSON, just.clone()).await, 422, "invalid-request");
    assert_is_problem(&post_text(&gateway, &alice, JSON, just.clone() + " ").await, 413, "body-too-large");

    let head =
        format!("POST /v1/uploads HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {alice}\r\ncontent-type: {JSON}\r\n");
    let chunked = format!("{head}transfer-encoding: chunked\r\n\r\n10001\r\n{just} \r\n");
    let announced = format!("{head}content-length: 9999999999\r\n\r\n");
    for (what, request) in [("chunked", chunked), ("announced", announced)] {
        let mut socket = socket::write(&gateway.public_url, &request).await;
        let answer = socket::head(&mut socket).await;
        assert!(answer.starts_with("HTTP/1.1 413 "), "{what}: {answer}");
        assert!(answer.to_ascii_lowercase().contains("content-type: application/problem+json"), "{what}: {answer}");
    }
}

#[tokio::test]
async fn a_caller_without_a_token_is_refused_before_its_body_is_read() {
    let gateway = Harness::start().await;
    for framing in ["transfer-encoding: chunked\r\n\r\n5\r\n{\"siz\r\n", "content-length: 9999999999\r\n\r\n{"] {
        for path in ["/v1/uploads", "/v1/admin/tenants", "/v1/uploads/x/complete"] {
            let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: {JSON}\r\n{framing}");
            let mut unfinished = socket::write(&gateway.public_url, &head).await;
            let answer = socket::head(&mut unfinished).await;
            assert!(answer.starts_with("HTTP/1.1 401 "), "{path} {framing}: {answer}");
        }
    }
}

#[tokio::test]
async fn a_wrong_method_is_405_and_says_the_right_ones() {
    let gateway = Harness::start().await;
    let (alice, admin) = (gateway.token("alice@acme.example"), gateway.token("admin@platform.example"));
    let id = Uuid::nil();
    let table = [
        (&alice, Method::PATCH, "/v1/uploads".to_owned(), "GET, POST"),
        (&alice, Method::DELETE, "/v1/uploads".to_owned(), "GET, POST"),
        (&alice, Method::PUT, format!("/v1/uploads/{id}"), "GET, DELETE"),
        (&alice, Method::GET, "/v1/uploads/batch".to_owned(), "POST"),
        (&alice, Method::PUT, format!("/v1/uploads/{id}/parts"), "GET, POST"),
        (&alice, Method::POST, format!("/v1/uploads/{id}/download"), "GET"),
        (&alice, Method::POST, "/v1/collections".to_owned(), "GET"),
        (&alice, Method::GET, format!("/v1/uploads/{id}/complete"), "POST"),
        (&alice, Method::POST, "/v1/me".to_owned(), "GET"),
        (&alice, Method::POST, "/openapi.json".to_owned(), "GET"),
        (&admin, Method::DELETE, "/v1/admin/tenants".to_owned(), "GET, POST"),
        (&admin, Method::PUT, format!("/v1/admin/tenants/{id}"), "GET, PATCH"),
        (&admin, Method::GET, format!("/v1/admin/tenants/{id}/suspend"), "POST"),
        (&admin, Method::PATCH, format!("/v1/admin/tenants/{id}/activate"), "POST"),
        (&admin, Method::POST, format!("/v1/admin/tenants/{id}/usage"), "GET"),
    ];
    for (token, method, path, allowed) in table {
        let refused = gateway.send(gateway.request(method, &path).bearer_auth(token)).await;
        assert_is_problem(&refused, 405, "method-not-allowed");
        assert_eq!(refused.headers[ALLOW], allowed, "{path}");
    }
    let odd = Method::from_bytes(b"BREW").unwrap();
    let refused = gateway.send(gateway.request(odd, "/v1/uploads").bearer_auth(&alice)).await;
    assert_is_problem(&refused, 405, "method-not-allowed");
}

#[tokio::test]
async fn an_unknown_path_or_id_is_404() {
    let gateway = Harness::start().await;
    let (alice, admin) = (gateway.token("alice@acme.example"), gateway.token("admin@platform.example"));
    for path in [
        "/",
        "/nonsense",
        "/V1/uploads",
        "/v1/nonsense",
        "/v1/uploads/",
        "/v1/uploads//complete",
        "/v1/me/",
        "/v1//uploads",
        "/v1/uploads/x/y",
    ] {
        assert_is_problem(&gateway.get(&alice, path).await, 404, "not-found");
    }
    for id in ["x", "1", "%00", "%2e%2e", "é", "00000000-0000-0000-0000-00000000000", "' or 1=1--"] {
        assert_is_problem(&gateway.get(&alice, &format!("/v1/uploads/{id}")).await, 404, "not-found");
        let complete = gateway.post(&alice, &format!("/v1/uploads/{id}/complete"), json!({})).await;
        assert_is_problem(&complete, 404, "not-found");
        for path in [format!("/v1/admin/tenants/{id}"), format!("/v1/admin/tenants/{id}/nonsense")] {
            assert_is_problem(&gateway.get(&admin, &path).await, 404, "not-found");
        }
        assert_is_problem(
            &gateway.patch(&admin, &format!("/v1/admin/tenants/{id}"), json!({})).await,
            404,
            "not-found",
        );
    }
}

#[tokio::test]
async fn a_refused_token_is_401_with_a_challenge() {
    let gateway = Harness::start().await;
    for request in [gateway.request(Method::GET, "/v1/me"), gateway.request(Method::GET, "/v1/me").bearer_auth("x.y.z")]
    {
        let refused = gateway.send(request).await;
        assert_is_problem(&refused, 401, "invalid-token");
        assert_eq!(refused.headers[WWW_AUTHENTICATE], "Bearer error=\"invalid_token\"");
    }
}

#[tokio::test]
async fn a_plain_request_id_comes_back_and_is_on_record_and_a_hostile_one_is_replaced() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    let ask = async |id: HeaderValue, body: Value| {
        let mut headers = HeaderMap::new();
        headers.insert("x-request-id", id);
        let request = gateway.request(Method::POST, "/v1/uploads").bearer_auth(&alice).headers(headers);
        gateway.send(request.json(&body)).await
    };
    let longest = "r".repeat(128);
    for id in ["Root-1.67_a", &longest] {
        let refused = ask(id.parse().unwrap(), json!({})).await;
        assert_is_problem(&refused, 422, "invalid-request");
        assert_eq!(refused.body["instance"], id);
    }
    let body = json!({"fileName": "a", "contentType": "a/b", "size": 5});
    let granted = ask(HeaderValue::from_static("my-request"), body).await;
    assert_eq!(granted.headers["x-request-id"], "my-request");
    let recorded =
        sqlx::query_scalar::<_, String>("select request_id from audit_events").fetch_one(&gateway.database.pool);
    assert_eq!(recorded.await.unwrap(), "my-request");

    let hostile = ["", "a b", "a;b", "<script>", "{\"a\":1}", &format!("{longest}r")]
        .map(|id| HeaderValue::from_str(id).unwrap());
    for id in hostile
        .into_iter()
        .chain([HeaderValue::from_bytes("é".as_bytes()).unwrap(), HeaderValue::from_bytes(b"a\tb").unwrap()])
    {
        let refused = ask(id, json!({})).await;
        assert_is_problem(&refused, 422, "invalid-request");
        let given = refused.headers["x-request-id"].to_str().unwrap();
        assert_eq!(Uuid::parse_str(given).unwrap().get_version_num(), 7, "{given}");
    }
}
