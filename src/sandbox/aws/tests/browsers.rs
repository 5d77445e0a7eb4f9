//! May a page upload from a browser?

use super::{BUCKET, Sandbox, soon, unsent};
use crate::sandbox::aws::CorsRule;

#[tokio::test]
async fn a_preflight_is_answered_for_any_page() {
    let sandbox = Sandbox::start().await;
    let preflight = reqwest::Client::new()
        .request(reqwest::Method::OPTIONS, format!("{}/{BUCKET}/acme/a", sandbox.aws.url()))
        .header("origin", "http://localhost:5173")
        .header("access-control-request-method", "PUT")
        .header("access-control-request-headers", "content-type,x-amz-checksum-sha256,if-none-match");
    let response = preflight.send().await.unwrap();
    assert_eq!(response.status().as_u16(), 200);
    let header = |name: &str| response.headers().get(name).unwrap().to_str().unwrap().to_owned();
    assert_eq!(header("access-control-allow-origin"), "*");
    assert_eq!(header("access-control-allow-methods"), "GET, HEAD, PUT, POST, DELETE");
    assert_eq!(header("access-control-allow-headers"), "content-type,x-amz-checksum-sha256,if-none-match");
}

#[tokio::test]
async fn a_page_may_read_the_answer_even_of_a_refusal() {
    let sandbox = Sandbox::start().await;
    let s3 = sandbox.tenant("acme").await;
    for (key, status) in [("acme/a", 200), ("globex/a", 403)] {
        let presigned = s3.put_object().bucket(BUCKET).key(key).presigned(soon()).await.unwrap();
        let response = unsent(&presigned).header("origin", "https://app.example").body("x").send().await.unwrap();
        assert_eq!(response.status().as_u16(), status);
        assert_eq!(response.headers().get("access-control-allow-origin").unwrap(), "*");
        let exposed = response.headers().get("access-control-expose-headers").unwrap().to_str().unwrap();
        assert!(exposed.contains("ETag") && exposed.contains("x-amz-checksum-sha256"));
    }
}

#[tokio::test]
async fn the_first_rule_that_matches_decides_and_what_no_rule_matches_is_kept_from_the_page() {
    let sandbox = Sandbox::start().await;
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let rule = |origin, method, exposed| CorsRule {
        origins: texts(&[origin]),
        methods: texts(&[method]),
        headers: texts(&["Content-Type", "x-amz-*"]),
        exposed: texts(&[exposed]),
    };
    sandbox.aws.set_cors(&[
        rule("https://*.example", "PUT", "ETag"),
        rule("*", "GET", "x-first"),
        rule("*", "GET", "x-second"),
    ]);
    let ask = async |origin: &str, method: &str, headers: &str| {
        let request =
            reqwest::Client::new().request(reqwest::Method::OPTIONS, format!("{}/{BUCKET}/a", sandbox.aws.url()));
        let request = request.header("origin", origin).header("access-control-request-method", method);
        let answer = request.header("access-control-request-headers", headers).send().await.unwrap();
        let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        (answer.status().as_u16(), header("access-control-allow-origin"), header("access-control-expose-headers"))
    };
    let page = "https://app.example";
    let put = (200, Some(page.to_owned()), Some("ETag".to_owned()));
    assert_eq!(ask(page, "PUT", "content-type, X-Amz-Date").await, put);
    assert_eq!(ask(page, "GET", "content-type").await, (200, Some("*".to_owned()), Some("x-first".to_owned())));
    for (origin, method, headers) in
        [("https://example", "PUT", "content-type"), (page, "DELETE", ""), (page, "PUT", "content-type,if-none-match")]
    {
        assert_eq!(ask(origin, method, headers).await, (403, None, None), "{origin} {method} {headers}");
    }

    let s3 = sandbox.tenant("acme").await;
    let presigned = s3.put_object().bucket(BUCKET).key("acme/a").presigned(soon()).await.unwrap();
    for (origin, readable) in [(page, true), ("https://evil.test", false)] {
        let answer = unsent(&presigned).header("origin", origin).body("x").send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200, "the request itself is dealt with");
        assert_eq!(answer.headers().contains_key("access-control-allow-origin"), readable, "{origin}");
    }
}
