//! What does a caller get that asks for an upload, and what comes back of it?

use insta::assert_json_snapshot;
use reqwest::StatusCode;
use reqwest::header::LOCATION;
use serde_json::json;

use crate::harness::Harness;

#[tokio::test]
async fn a_grant_says_everything_that_the_client_must_send() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    let body = json!({"fileName": "photo.jpg", "contentType": "image/jpeg", "size": 12345, "collection": "Photos.2026",
                      "metadata": {"album": "first"}, "method": "put",
                      "checksum": {"algorithm": "CRC32C", "value": "yZRlqg=="}});
    let granted = gateway.post(&alice, "/v1/uploads", body).await;
    assert_eq!(granted.status, StatusCode::CREATED);
    let path = granted.headers[LOCATION].to_str().unwrap();
    assert_eq!(path, format!("/v1/uploads/{}", granted.body["id"].as_str().unwrap()));
    assert_json_snapshot!("grant", granted.body, {
        ".id" => "[id]", ".key" => key(), ".createdAt" => "[time]", ".request.url" => "[url]", ".request.expiresAt" => "[time]",
    });
    let read = gateway.get(&alice, path).await;
    assert_eq!(read.body["createdAt"], granted.body["createdAt"], "what was answered is what is on record");
    assert_json_snapshot!("pending", read.body, { ".id" => "[id]", ".key" => key(), ".createdAt" => "[time]" });
}

/// The key with the upload's id left out.
fn key() -> insta::internals::Redaction {
    insta::dynamic_redaction(|value, _path| {
        let segments: Vec<&str> = value.as_str().expect("a key").split('/').collect();
        assert_eq!(segments.len(), 5);
        let named = |(index, segment)| if index == 3 { "[id]" } else { segment };
        segments.into_iter().enumerate().map(named).collect::<Vec<_>>().join("/")
    })
}

#[tokio::test]
async fn names_of_any_script_come_back_letter_for_letter() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    let longest = "é".repeat(255);
    let names = [
        "تقرير نهائي.pdf",
        "写真（最終版）.jpg",
        "👩‍👩‍👧‍👦 🏳️‍🌈.png",
        "e\u{301} ≠ é.txt",
        "a\u{202e}fdp.exe",
        "&lt;b&gt; \"'%00;.txt",
        &longest,
    ];
    for name in names {
        let body = json!({"fileName": name, "contentType": "text/plain; charset=\"utf-8\"", "size": 5,
                          "metadata": {"title": name, name: "the name of a name"}});
        let granted = gateway.post(&alice, "/v1/uploads", body).await;
        assert_eq!(granted.status, StatusCode::CREATED, "{name}: {}", granted.body);
        assert!(granted.body["key"].as_str().unwrap().is_ascii());
        assert_eq!(gateway.put(&granted.body, "hello", |put| put).await.status, StatusCode::OK, "{name}");
        let path = format!("/v1/uploads/{}", granted.body["id"].as_str().unwrap());
        let done = gateway.post(&alice, &format!("{path}/complete"), json!({})).await;
        for answer in [&granted, &done, &gateway.get(&alice, &path).await] {
            assert_eq!(answer.body["fileName"], name);
            assert_eq!(answer.body["metadata"]["title"], name);
            assert_eq!(answer.body["metadata"][name], "the name of a name");
        }
    }
}

#[tokio::test]
async fn a_member_that_nobody_asked_for_is_ignored_and_one_given_null_is_absent() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    let body = json!({"fileName": "a", "contentType": "text/plain", "size": 5, "checksum": null, "collection": null,
                      "metadata": null, "method": null, "acl": "public-read", "tenant": {"slug": ["globex"]}, "": 1});
    let granted = gateway.post(&alice, "/v1/uploads?tenant=globex&x=%zz", body).await;
    assert_eq!(granted.status, StatusCode::CREATED, "{}", granted.body);
    assert_eq!(granted.body["collection"], "default");
    assert!(granted.body["key"].as_str().unwrap().starts_with("acme/"));
}

#[tokio::test]
async fn what_is_on_the_edge_of_every_rule_is_taken() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    let collection = "c".repeat(64);
    let value = "v".repeat(2047);
    let body = json!({"fileName": "n", "contentType": format!("a/{}", "b".repeat(253)), "size": 5_368_709_120_i64,
                      "method": "put", "collection": collection, "metadata": {"k": value}});
    let granted = gateway.post(&alice, "/v1/uploads", body).await;
    assert_eq!(granted.status, StatusCode::CREATED, "{}", granted.body);
    assert_eq!(granted.body["size"], 5_368_709_120_i64);
    let threshold = json!({"fileName": "n", "contentType": "a/b", "size": 100 << 20});
    assert_eq!(gateway.post(&alice, "/v1/uploads", threshold).await.status, StatusCode::CREATED);
    let smallest = json!({"fileName": "n", "contentType": "a/b", "size": 1});
    assert_eq!(gateway.post(&alice, "/v1/uploads", smallest).await.status, StatusCode::CREATED);
}
