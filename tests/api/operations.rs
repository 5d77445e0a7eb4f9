//! Can operators, their probes and people's browsers work with it?

use std::time::Duration;

use reqwest::header::{ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, HeaderMap, VARY};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::json;
use tokio::io::AsyncReadExt as _;
use upload_gateway::sandbox::cognito::Fault;

use crate::harness::{Harness, PAGE};
use crate::socket;

/// The metrics of API.md that this version has.
const NAMES: [&str; 15] = [
    "requests_total{",
    "request_duration_seconds_bucket{",
    "uploads_total{status=\"pending\"}",
    "uploads_total{status=\"completed\"}",
    "uploads_total{status=\"failed\"}",
    "upload_bytes_total ",
    "tokens_total{result=\"ok\"}",
    "tokens_total{result=\"missing\"}",
    "jwks_fetches_total{result=\"ok\"}",
    "sts_calls_total{result=\"ok\"}",
    "sts_credential_remaining_seconds ",
    "ledger_batch_rows_bucket{",
    "ledger_commit_seconds_bucket{",
    "tenants{status=\"active\"} 2",
    "tenants{status=\"suspended\"} 1",
];

#[tokio::test]
async fn the_metrics_have_their_names_and_no_label_says_who_or_what() {
    let gateway = Harness::start().await;
    let (alice, admin) = (gateway.token("alice@acme.example"), gateway.token("admin@platform.example"));
    let tenant = gateway.post(&admin, "/v1/admin/tenants", json!({"slug": "initech", "name": "Initech"})).await.body;
    let tenant = tenant["id"].as_str().unwrap();
    gateway.post(&admin, &format!("/v1/admin/tenants/{tenant}/suspend"), json!({})).await;
    let mut secrets = vec![tenant.to_owned()];
    for bytes in ["hello world", "hello"] {
        let grant = gateway.grant(&alice, 11).await;
        let put = crate::store::admin(&gateway).put_object().bucket("uploads").key(grant["key"].as_str().unwrap());
        Box::pin(put.body(bytes.as_bytes().to_vec().into()).send()).await.unwrap();
        let path = format!("/v1/uploads/{}", grant["id"].as_str().unwrap());
        gateway.post(&alice, &format!("{path}/complete"), json!({})).await;
        for path in [path.clone(), format!("{path}/nonsense"), format!("/unknown{path}"), format!("{path}?a={path}")] {
            gateway.get(&alice, &path).await;
        }
        secrets.extend(["id", "subject", "fileName"].map(|member| grant[member].as_str().unwrap().to_owned()));
    }
    gateway.send(gateway.request(Method::from_bytes(b"INITECH").unwrap(), "/v1/me")).await;
    secrets.extend(["acme", "globex", "initech", "INITECH", "nonsense", "example", "uploads/0"].map(str::to_owned));

    let (status, text) = gateway.internal("/metrics").await.unwrap();
    assert_eq!(status, StatusCode::OK);
    for name in NAMES {
        assert!(text.contains(&format!("\nupload_gateway_{name}")), "{name} is missing:\n{text}");
    }
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        assert!(line.starts_with("upload_gateway_") || line.starts_with("process_"), "{line}");
        // A tenant's own series name it, and nothing else of it.
        let names_tenant = line.starts_with("upload_gateway_tenant_");
        for secret in secrets.iter().filter(|secret| !(names_tenant && *secret == "acme")) {
            assert!(!line.contains(secret.as_str()), "{secret} in {line}");
        }
    }
    let pattern = "requests_total{method=\"POST\",route=\"/v1/uploads/{id}/complete\",status=\"200\"}";
    assert_eq!(gateway.metric(pattern).await, 1.0);
    assert_eq!(gateway.metric("uploads_total{status=\"pending\"}").await, 2.0);
}

#[tokio::test]
async fn it_is_ready_only_while_it_knows_the_keys_and_alive_all_the_time() {
    let gateway = Harness::with("[auth]\njwks_refresh = \"1s\"\njwks_stale = \"1s\"\n").await;
    gateway.neighbours().cognito.set_fault(Fault::Unavailable);
    gateway
        .until("it is not ready", async || {
            gateway.internal("/readyz").await.unwrap().0 == StatusCode::SERVICE_UNAVAILABLE
        })
        .await;
    let (_, checks) = gateway.internal("/readyz").await.unwrap();
    assert_eq!(checks, r#"{"database":true,"draining":false,"signingKeys":false}"#);
    assert_eq!(gateway.internal("/livez").await.unwrap(), (StatusCode::OK, r#"{"status":"ok"}"#.to_owned()));
    gateway.neighbours().cognito.set_fault(Fault::None);
    gateway.until("it is ready", async || gateway.internal("/readyz").await.unwrap().0 == StatusCode::OK).await;
    assert!(gateway.metric("jwks_fetches_total{result=\"error\"}").await >= 1.0);
}

#[tokio::test]
async fn each_listener_serves_its_own_routes_and_not_the_others() {
    let gateway = Harness::start().await;
    let admin = gateway.token("admin@platform.example");
    for path in ["/metrics", "/livez", "/readyz"] {
        assert_eq!(gateway.internal(path).await.unwrap().0, StatusCode::OK, "{path}");
        let outside = gateway.get(&admin, path).await;
        assert_eq!((outside.status, outside.problem()), (StatusCode::NOT_FOUND, "not-found"), "{path}");
    }
    for path in ["/v1/me", "/v1/uploads", "/v1/admin/tenants", "/openapi.json", "/"] {
        assert_eq!(gateway.internal(path).await.unwrap().0, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn the_served_contract_is_openapi_31_and_the_librarys_own() {
    let gateway = Harness::start().await;
    let served = gateway.send(gateway.request(Method::GET, "/openapi.json")).await;
    assert_eq!(served.status, StatusCode::OK);
    assert_eq!(served.headers["content-type"], "application/json");
    assert!(served.body["openapi"].as_str().unwrap().starts_with("3.1."));
    assert_eq!(served.body, serde_json::to_value(upload_gateway::http::openapi::document()).unwrap());
}

async fn from_page(gateway: &Harness, origin: &str, path: &str, token: Option<&str>) -> (StatusCode, HeaderMap) {
    let request = gateway.request(Method::GET, path).header("origin", origin);
    let answer = gateway.send(token.into_iter().fold(request, RequestBuilder::bearer_auth)).await;
    (answer.status, answer.headers)
}

#[tokio::test]
async fn a_page_of_an_allowed_origin_may_read_every_answer_and_no_other_page_any() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    let table = [
        ("/v1/me", Some(&alice), 200),
        ("/v1/me", None, 401),
        ("/v1/uploads/x", Some(&alice), 404),
        ("/v1/uploads", Some(&alice), 200),
        ("/v1/uploads/x/complete", Some(&alice), 405),
        ("/v1/admin/tenants", Some(&alice), 403),
        ("/nonsense", None, 404),
    ];
    for (path, token, status) in table {
        let token = token.map(String::as_str);
        let (answered, headers) = from_page(&gateway, PAGE, path, token).await;
        assert_eq!(answered.as_u16(), status, "{path}");
        assert_eq!(headers[ACCESS_CONTROL_ALLOW_ORIGIN], PAGE, "{path}");
        let exposed = headers[ACCESS_CONTROL_EXPOSE_HEADERS].to_str().unwrap();
        assert!(["location", "retry-after", "x-request-id"].iter().all(|name| exposed.contains(name)), "{exposed}");
        assert!(headers[VARY].to_str().unwrap().to_ascii_lowercase().contains("origin"), "{path}");
        for other in ["https://evil.example", "https://partner.example.evil.example", "http://partner.example", "null"]
        {
            let (answered, headers) = from_page(&gateway, other, path, token).await;
            assert_eq!(answered.as_u16(), status, "{other}");
            assert!(!headers.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN), "{other} at {path}");
            assert!(!headers.contains_key("access-control-allow-credentials"), "{other} at {path}");
        }
    }
}

#[tokio::test]
async fn a_preflight_needs_no_token_and_is_for_the_allowed_origin_alone() {
    let gateway = Harness::start().await;
    let preflight = async |origin: &str, method: &str| {
        let request = gateway.request(Method::OPTIONS, "/v1/uploads").header("origin", origin);
        let request = request.header("access-control-request-method", method);
        gateway
            .send(request.header(
                "access-control-request-headers",
                "authorization,content-type,idempotency-key,traceparent,tracestate",
            ))
            .await
    };
    let allowed = preflight(PAGE, "POST").await;
    assert_eq!(allowed.status, StatusCode::OK);
    assert_eq!(allowed.headers[ACCESS_CONTROL_ALLOW_ORIGIN], PAGE);
    let developers = "http://localhost:5173";
    assert_eq!(preflight(developers, "POST").await.headers[ACCESS_CONTROL_ALLOW_ORIGIN], developers);
    for (origin, method) in [
        ("https://evil.example", "POST"),
        (PAGE, "TRACE"),
        ("https://localhost:5173", "POST"),
        ("http://localhost:5173.evil.example", "POST"),
        ("http://localhost:65536", "POST"),
        ("http://localhost:", "POST"),
        ("http://localhost.evil.example:5173", "POST"),
    ] {
        let refused = preflight(origin, method).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{origin} {method}");
        assert_eq!(refused.headers["content-type"], "application/problem+json", "{}", refused.body);
        let allowed = refused.headers.get(ACCESS_CONTROL_ALLOW_ORIGIN).map(|value| value.as_bytes());
        assert!(origin == PAGE || allowed != Some(origin.as_bytes()), "{origin}");
    }
}

#[tokio::test]
async fn answers_are_not_kept_and_not_sniffed() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    let body = json!({"fileName": "a", "contentType": "a/b", "size": 5});
    let granted = gateway.post(&alice, "/v1/uploads", body).await;
    let refused = gateway.post(&alice, "/v1/uploads", json!({})).await;
    for answer in [granted, refused, gateway.get(&alice, "/v1/me").await, gateway.get("x", "/v1/me").await] {
        assert_eq!(answer.headers["cache-control"], "no-store");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
        assert!(answer.headers.contains_key("x-request-id"));
        assert!(!answer.headers.contains_key("server") && !answer.headers.contains_key("x-powered-by"));
    }
}

#[tokio::test]
async fn an_idle_connection_is_kept_as_long_as_configured() {
    // Left to itself the server would wait for five seconds.
    let gateway = Harness::with("[server]\nkeep_alive = \"1s\"\n").await;
    let mut connection = socket::write(&gateway.public_url, "GET /nowhere HTTP/1.1\r\nhost: gateway\r\n\r\n").await;
    let mut answer = Vec::new();
    let closed = tokio::time::timeout(Duration::from_secs(4), connection.read_to_end(&mut answer)).await;
    assert!(answer.starts_with(b"HTTP/1.1 404"), "{}", String::from_utf8_lossy(&answer));
    assert!(matches!(closed, Ok(Ok(_))), "{closed:?}");
}
