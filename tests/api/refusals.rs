//! Does the gateway refuse what it must, with one and the same answer for every reason?

use std::collections::BTreeMap;

use reqwest::header::AUTHORIZATION;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::forge::Case;
use crate::harness::{Answer, Harness};

/// Sends every token, and tells which ones were not refused as they must be.
pub(crate) async fn assert_refused(gateway: &Harness, cases: &[Case]) {
    let mut faults = Vec::new();
    for (what, token, label) in cases {
        let request = gateway.request(Method::GET, "/v1/me").header(AUTHORIZATION, format!("Bearer {token}"));
        if let Err(fault) = refused(gateway, request, label).await {
            faults.push(format!("{what}: {fault}"));
        }
    }
    assert!(faults.is_empty(), "{} of {} cases:\n{}", faults.len(), cases.len(), faults.join("\n"));
}

/// Is the request refused with the answer that all get, and counted once, under that label and no other?
pub(crate) async fn refused(gateway: &Harness, request: RequestBuilder, label: &str) -> Result<(), String> {
    let before = counts(gateway).await;
    let answer = gateway.send(request).await;
    let mut counted = counts(gateway).await;
    counted.retain(|result, count| {
        *count -= before.get(result).copied().unwrap_or_default();
        *count != 0.0
    });
    if answer.status != StatusCode::UNAUTHORIZED || answer.body_alone() != the_answer() {
        return Err(format!("{} {}, counted as {counted:?}", answer.status, answer.body));
    }
    if answer.headers["www-authenticate"] != "Bearer error=\"invalid_token\"" {
        return Err(format!("{:?}", answer.headers));
    }
    if counted != BTreeMap::from([(label.to_owned(), 1.0)]) {
        return Err(format!("counted as {counted:?} and not as {label}"));
    }
    Ok(())
}

/// What everybody is told who is not known.
fn the_answer() -> Value {
    json!({
        "type": "/problems/invalid-token",
        "title": "Invalid token",
        "status": 401,
        "detail": "Send a valid Cognito token of a configured user pool: Authorization: Bearer <token>.",
    })
}

impl Answer {
    /// The body without the request's id.
    fn body_alone(&self) -> Value {
        let mut body = self.body.clone();
        let instance = body.as_object_mut().and_then(|members| members.remove("instance"));
        assert_eq!(instance.as_ref().and_then(Value::as_str), self.headers["x-request-id"].to_str().ok());
        body
    }
}

/// `tokens_total` by its label.
async fn counts(gateway: &Harness) -> BTreeMap<String, f64> {
    let (_, text) = gateway.internal("/metrics").await.expect("metrics");
    let counters = text.lines().filter_map(|line| line.strip_prefix("upload_gateway_tokens_total{result=\""));
    let parsed = counters.filter_map(|counter| counter.split_once("\"} "));
    parsed.map(|(label, count)| (label.to_owned(), count.parse().expect("a number"))).collect()
}
