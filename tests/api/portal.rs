//! Is the portal served whole, from here alone, and can nobody misuse its pages?

use reqwest::{Method, StatusCode};

use crate::harness::{Answer, Harness};

async fn get(gateway: &Harness, path: &str) -> Answer {
    gateway.send(gateway.request(Method::GET, path)).await
}

/// Every file that a module, the style sheet or the page names, beginning from the page.
async fn files(gateway: &Harness) -> Vec<(String, Answer)> {
    let mut wanted = vec![String::new()];
    let mut found: Vec<(String, Answer)> = Vec::new();
    while let Some(name) = wanted.pop() {
        if found.iter().any(|(known, _)| *known == name) {
            continue;
        }
        let answer = get(gateway, &format!("/portal/{name}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{name}");
        let text = answer.body.as_str().unwrap_or_default();
        for quote in ['\'', '"'] {
            let named = text.split(quote).filter_map(|word| {
                let word = word.strip_prefix("./").unwrap_or(word);
                let is_file = [".js", ".css", ".svg"].iter().any(|ending| word.ends_with(ending));
                (is_file && word.bytes().all(|b| b.is_ascii_lowercase() || b"-.".contains(&b))).then(|| word.to_owned())
            });
            wanted.extend(named.filter(|name| !name.starts_with('.')));
        }
        found.push((name, answer));
    }
    found
}

#[tokio::test]
async fn every_file_that_another_names_is_there_and_is_what_it_says() {
    let gateway = Harness::start().await;
    let files = files(&gateway).await;
    assert!(files.len() > 10, "the page names its modules: {}", files.len());
    for (name, answer) in &files {
        let expected = match name.rsplit('.').next() {
            Some("js") => "text/javascript; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("svg") => "image/svg+xml",
            _ => "text/html; charset=utf-8",
        };
        assert_eq!(answer.headers["content-type"], expected, "{name}");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff", "{name}");
        assert_eq!(answer.headers["cache-control"], "no-cache", "{name}: a new release is seen at once");
        assert!(answer.headers.contains_key("etag"), "{name}");
    }
}

#[tokio::test]
async fn no_file_makes_markup_out_of_text_or_names_another_host() {
    let gateway = Harness::start().await;
    for (name, answer) in files(&gateway).await {
        let text = answer.body.as_str().unwrap_or_default();
        for refused in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "new Function",
            "<style",
            " style=",
            " onclick=",
            "@import",
            "localStorage.setItem('token",
        ] {
            assert!(!text.contains(refused), "{name} has {refused}");
        }
        let hosts = text.split("https://").skip(1).chain(text.split("http://").skip(1));
        for host in hosts {
            // The name of SVG's vocabulary is no address that is asked.
            assert!(host.starts_with("www.w3.org/2000/svg"), "{name} names {host:.40}");
        }
    }
}

#[tokio::test]
async fn a_browser_lets_the_page_run_its_own_scripts_and_talk_to_three_hosts() {
    let gateway = Harness::start().await;
    let (cognito, bucket) = (gateway.neighbours().cognito.url(), gateway.neighbours().aws.url());
    let page = get(&gateway, "/portal/").await;
    let expected = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; worker-src 'self'; img-src 'self' blob: {bucket}; \
         connect-src 'self' {cognito} {bucket}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types worker"
    );
    assert_eq!(page.headers["content-security-policy"], expected);
    assert_eq!(page.headers["x-frame-options"], "DENY", "nobody frames the page, whatever the browser's age");
    assert_eq!(page.headers["referrer-policy"], "no-referrer", "the code in the address goes nowhere");
}

#[tokio::test]
async fn the_page_learns_where_people_sign_in_and_whose_tokens_count() {
    let gateway = Harness::start().await;
    let settings = get(&gateway, "/portal/settings.json").await.body;
    assert_eq!(settings["hostedUis"], serde_json::json!([gateway.neighbours().cognito.url()]));
    assert_eq!(settings["issuers"], serde_json::json!([gateway.neighbours().cognito.issuer()]));
}

#[tokio::test]
async fn the_portal_without_its_slash_leads_to_the_one_with_it_whatever_path_a_proxy_takes_away() {
    let gateway = Harness::start().await;
    let stays = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let answer = gateway.send(stays.get(format!("{}/portal", gateway.public_url))).await;
    assert_eq!(
        (answer.status, answer.headers["location"].as_bytes()),
        (StatusCode::PERMANENT_REDIRECT, b"portal/".as_slice())
    );
}

#[tokio::test]
async fn what_is_no_file_of_the_portal_is_not_found() {
    let gateway = Harness::start().await;
    for path in ["/portal/nothing.js", "/portal/../Cargo.toml", "/portal/%2e%2e/mod.rs", "/portal//", "/portal/page.rs"]
    {
        let answer = get(&gateway, path).await;
        assert_eq!((answer.status, answer.problem()), (StatusCode::NOT_FOUND, "not-found"), "{path}");
    }
}

#[tokio::test]
async fn the_page_finds_the_gateway_below_whatever_path_it_is_itself() {
    let gateway = Harness::start().await;
    let mut asking = Vec::new();
    for (name, answer) in files(&gateway).await.into_iter().filter(|(name, _)| name.ends_with(".js")) {
        let text = answer.body.as_str().expect("a text");
        if text.contains("fetch(") {
            // What goes through `ask` in api.js is put below the page's own path there.
            for from_the_root in ["'/", "`/"] {
                assert!(!text.contains(from_the_root), "{name} names a path from the root");
            }
            asking.push(name);
        }
    }
    asking.sort_unstable();
    assert_eq!(asking, ["api.js", "session.js"], "nobody else asks");
}
