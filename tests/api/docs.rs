//! Is `/docs` a page that anybody may read and nobody can misuse?

use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::harness::Harness;

/// The values of that attribute in the page.
fn attributes<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let start = format!(" {name}=\"");
    page.split(start.as_str()).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[tokio::test]
async fn the_page_shows_the_whole_contract_and_every_link_within_it_leads_somewhere() {
    let gateway = Harness::start().await;
    let document = gateway.send(gateway.request(Method::GET, "/openapi.json")).await.body;
    for path in ["/docs", "/docs/"] {
        let answer = gateway.send(gateway.request(Method::GET, path)).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert_eq!(answer.headers["content-type"], "text/html; charset=utf-8");
        let page = answer.body.as_str().unwrap();
        let ids = attributes(page, "id");
        let mut unique = ids.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), ids.len(), "no id stands twice");
        for link in attributes(page, "href").iter().filter_map(|link| link.strip_prefix('#')) {
            assert!(ids.contains(&link), "#{link} leads nowhere");
        }
        for item in document["paths"].as_object().unwrap().values() {
            for operation in item.as_object().unwrap().values().filter_map(|one| one["operationId"].as_str()) {
                assert!(ids.contains(&operation), "{operation} is not shown");
            }
        }
        for (kind, prefix) in [("schemas", "schema-"), ("securitySchemes", "security-")] {
            for name in document["components"][kind].as_object().unwrap().keys() {
                assert!(ids.contains(&format!("{prefix}{name}").as_str()), "{name} is not shown");
            }
        }
        for problem in
            document.pointer("/components/schemas/Problem/properties/type/enum").and_then(Value::as_array).unwrap()
        {
            let name = problem.as_str().unwrap().trim_start_matches("/problems/");
            assert!(name == "bad-request" || ids.contains(&format!("problem-{name}").as_str()), "{name} is not shown");
        }
    }
    assert_eq!(gateway.send(gateway.request(Method::GET, "/")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_page_loads_its_style_from_here_and_nothing_else_from_anywhere() {
    let gateway = Harness::start().await;
    let answer = gateway.send(gateway.request(Method::GET, "/docs")).await;
    let page = answer.body.as_str().unwrap();
    for refused in
        ["<script", "<style", " style=", " onclick=", " src=", "<iframe", "<form", "<base", "javascript:", "@import"]
    {
        assert!(!page.contains(refused), "{refused}");
    }
    let sheets: Vec<_> = attributes(page, "href").into_iter().filter(|link| !link.starts_with('#')).collect();
    assert_eq!(sheets, ["/docs/style.css", "/openapi.json"], "no other host, and no other file");
    let policy = answer.headers["content-security-policy"].to_str().unwrap();
    assert_eq!(
        policy,
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let style = gateway.send(gateway.request(Method::GET, "/docs/style.css")).await;
    assert_eq!(style.headers["content-type"], "text/css; charset=utf-8");
    let text = style.body.as_str().unwrap();
    assert!(text.contains("prefers-color-scheme: dark") && !text.contains("url(") && !text.contains("@import"));
}

#[tokio::test]
async fn whoever_has_a_page_already_is_told_so() {
    let gateway = Harness::start().await;
    for path in ["/docs", "/docs/style.css", "/openapi.json"] {
        let first = gateway.send(gateway.request(Method::GET, path)).await;
        assert_eq!(first.headers["cache-control"], "no-cache", "{path} is asked for anew, and may be kept");
        let etag = first.headers["etag"].to_str().unwrap();
        for (known, status) in
            [(etag, 304), ("*", 304), ("\"other\"", 200), ("nonsense", 200), (&format!("\"a\", W/{etag}"), 304)]
        {
            let again = gateway.send(gateway.request(Method::GET, path).header("if-none-match", known)).await;
            assert_eq!(again.status.as_u16(), status, "{path} {known}");
            assert_eq!(again.headers["etag"], etag);
            assert_eq!(again.body.as_str() == Some(""), status == 304, "{path} {known}");
        }
        let wrong = gateway.send(gateway.request(Method::POST, path)).await;
        assert_eq!((wrong.status.as_u16(), wrong.problem()), (405, "method-not-allowed"), "{path}");
    }
}

#[tokio::test]
async fn no_answer_can_do_anything_in_a_browser() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    let answers = [
        gateway.get(&alice, "/v1/me").await,
        gateway.get("x", "/v1/me").await,
        gateway.get(&alice, "/nonsense").await,
        gateway.get(&alice, "/openapi.json").await,
        gateway.get(&alice, "/docs").await,
    ];
    for answer in answers {
        let policy = answer.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; ") && policy.ends_with("frame-ancestors 'none'"), "{policy}");
        assert_eq!(answer.headers["x-frame-options"], "DENY");
        assert_eq!(answer.headers["referrer-policy"], "no-referrer");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
        assert_eq!(answer.headers.get_all("content-security-policy").iter().count(), 1);
    }
}
