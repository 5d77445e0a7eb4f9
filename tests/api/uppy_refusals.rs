//! Which of Uppy's requests are refused, in which words, and does nobody reach another's upload?

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::harness::{Answer, Harness};
use crate::quotas::limit;
use crate::uppy::{Uppy, named};

/// A 422 that names these places, and says the first one's rule to people too.
#[track_caller]
fn expect_faults(answer: &Answer, places: &[&str]) {
    assert_eq!((answer.status.as_u16(), answer.pointers()), (422, places.to_vec()), "{}", answer.body);
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let (detail, rule) = (text(&answer.body["detail"]), text(&answer.body["errors"][0]["detail"]));
    assert_eq!(answer.body["message"], format!("{detail} {}: {rule}.", places[0]));
}

#[tokio::test]
async fn what_is_wrong_with_a_file_is_named_where_uppy_says_it() {
    let gateway = Harness::start().await;
    let long = "é".repeat(256);
    let (fits, huge) = ("x".repeat(2048 - 1), "x".repeat(2048));
    for uppy in Uppy::both(&gateway, "alice@acme.example").await {
        for (query, places) in [
            (vec![("filename", "")], vec!["?filename"]),
            (vec![], vec!["?filename"]),
            (vec![("filename", long.as_str())], vec!["?filename"]),
            (vec![("filename", "a/b")], vec!["?filename"]),
            (vec![("filename", "a\u{0}b")], vec!["?filename"]),
            (vec![("filename", "a"), ("type", "undefined")], vec!["?type"]),
            (vec![("filename", "a"), ("metadata[a]", huge.as_str())], vec!["?metadata"]),
            (vec![("filename", "a"), ("metadata[]", "x")], vec!["?metadata"]),
            (vec![("filename", "a"), ("metadata[a]", "x"), ("metadata[a]", "y")], vec!["?metadata"]),
            (vec![("filename", "a"), ("filename", "b"), ("type", ""), ("type", "")], vec!["?filename", "?type"]),
            (vec![("type", "x"), ("metadata[a]", "\u{0}")], vec!["?filename", "?type", "?metadata"]),
        ] {
            expect_faults(&uppy.params(&query).await, &places);
        }
        for (file, places) in [
            (json!({"filename": "", "type": "a/b"}), vec!["/filename"]),
            (json!({}), vec!["/filename"]),
            (json!({"filename": long}), vec!["/filename"]),
            (json!({"filename": "a\\b"}), vec!["/filename"]),
            (json!({"filename": 7}), vec!["/filename"]),
            (json!({"filename": "a", "type": "x"}), vec!["/type"]),
            (json!({"filename": "a", "metadata": {"a": huge}}), vec!["/metadata"]),
            (json!({"filename": "a", "metadata": {"a": {"b": 1}}}), vec!["/metadata"]),
            (json!({"filename": "a", "metadata": {"a": [1]}}), vec!["/metadata"]),
            (json!({"filename": "a", "metadata": "a"}), vec!["/metadata"]),
            (json!({"type": "x", "metadata": {"": "x"}}), vec!["/filename", "/type", "/metadata"]),
        ] {
            expect_faults(&uppy.post("/s3/multipart", file).await, &places);
        }
    }
    assert_eq!(gateway.database.count("uploads").await, 0);

    let uppy = Uppy::five(&gateway, "alice@acme.example");
    let name = "é".repeat(255);
    let query = [("filename", name.as_str()), ("type", ""), ("metadata[a]", &fits), ("metadata[name]", &huge)];
    assert_eq!(uppy.params(&query).await.body["fields"]["Content-Type"], "application/octet-stream");
    let metadata = json!({"name": huge, "type": null, "relativePath": null, "n": 1.5, "yes": true, "text": "é"});
    let begun = uppy.post("/s3/multipart", json!({"filename": name, "metadata": metadata})).await;
    assert_eq!(begun.status, StatusCode::OK, "{}", begun.body);
    let statement = "select jsonb_build_array(content_type, metadata) from uploads where method = 'multipart'";
    let kept: Value = sqlx::query_scalar(statement).fetch_one(&gateway.database.pool).await.expect("a row");
    assert_eq!(kept, json!(["application/octet-stream", {"n": "1.5", "yes": "true", "text": "é"}]));
}

#[tokio::test]
async fn what_the_tenant_does_not_allow_is_named_where_uppy_says_it() {
    let gateway = Harness::start().await;
    limit(&gateway, "alice@acme.example", json!({"allowedContentTypes": ["image/*"], "monthlyBytes": 1000})).await;
    let image = [("filename", "a"), ("type", "image/png")];
    let first = Uppy::five(&gateway, "alice@acme.example").params(&image).await;
    assert_eq!(first.status, StatusCode::OK, "it reserves all of the month: {}", first.body);
    for uppy in Uppy::both(&gateway, "alice@acme.example").await {
        expect_faults(&uppy.params(&[("filename", "a"), ("type", "video/mp4")]).await, &["?type"]);
        expect_faults(&uppy.post("/s3/multipart", json!({"filename": "a", "type": "video/mp4"})).await, &["/type"]);
        let full = uppy.params(&image).await;
        assert_eq!((full.status.as_u16(), full.problem()), (403, "quota-exceeded"));
    }
    assert_eq!(gateway.database.count("uploads").await, 1);
}

#[tokio::test]
async fn a_size_is_still_wanted_of_who_can_say_it() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    for method in [Some("put"), Some("multipart"), None] {
        let body = json!({"fileName": "a", "contentType": "a/b", "method": method});
        let refused = gateway.post(&alice, "/v1/uploads", body).await;
        assert_eq!((refused.status.as_u16(), refused.pointers()), (422, vec!["/size"]));
        assert_eq!(refused.body["errors"][0]["detail"], "is required, unless method is post");
        assert_eq!(refused.body.get("message"), None, "only Uppy looks for that");
    }
}

#[tokio::test]
async fn parts_that_nobody_can_have_are_refused_by_name() {
    let gateway = Harness::start().await;
    for uppy in Uppy::both(&gateway, "alice@acme.example").await {
        let begun = uppy.begin().await;
        for number in ["0", "10001", "-1", "1.5", "x", "65537", "99999999999999999999", "%20"] {
            expect_faults(&uppy.get(&named(&begun, &format!("/{number}"))).await, &["{partNumber}"]);
        }
        for numbers in
            ["", "&partNumbers=", "&partNumbers=0", "&partNumbers=1,", "&partNumbers=2,2", "&partNumbers=1;2"]
        {
            expect_faults(&uppy.get(&(named(&begun, "/batch") + numbers)).await, &["?partNumbers"]);
        }
        let many: Vec<String> = (1..=1001).map(|number: u16| number.to_string()).collect();
        let answer = uppy.get(&(named(&begun, "/batch") + "&partNumbers=" + &many.join(","))).await;
        expect_faults(&answer, &["?partNumbers"]);
        assert_eq!(uppy.get(&named(&begun, "/10000")).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn lists_of_parts_are_bounded_and_in_order() {
    let gateway = Harness::start().await;
    let etag = "\"0123456789abcdef0123456789abcdef\"";
    for uppy in Uppy::both(&gateway, "alice@acme.example").await {
        let begun = uppy.begin().await;
        expect_faults(&uppy.complete(&begun, &[]).await, &["/parts"]);
        expect_faults(&uppy.complete(&begun, &vec![etag; 10_001]).await, &["/parts"]);
        let most = uppy.complete(&begun, &vec![etag; 10_000]).await;
        assert_eq!((most.status.as_u16(), most.problem()), (409, "part-missing"), "so many are read: {}", most.body);
        assert_eq!(most.body["message"], most.body["detail"]);
        let path = named(&begun, "/complete");
        for (body, place) in [
            (json!({"parts": [{"PartNumber": 2, "ETag": etag}]}), "/parts"),
            (json!({"parts": [{"PartNumber": 0, "ETag": etag}]}), "/parts"),
            (json!({"parts": [{"PartNumber": 1, "ETag": "\"\""}]}), "/parts"),
            (json!({"parts": [{"PartNumber": 1}]}), "/parts/0"),
            (json!({"parts": [{"partNumber": 1, "etag": etag}]}), "/parts/0"),
            (json!({"parts": [{"PartNumber": "1", "ETag": etag}]}), "/parts/0/PartNumber"),
            (json!({"parts": "all"}), "/parts"),
            (json!({}), ""),
            (json!([]), ""),
        ] {
            let answer = uppy.post(&path, body).await;
            assert_eq!((answer.status.as_u16(), answer.pointers()), (422, vec![place]), "{}", answer.body);
        }
        let huge = json!({"parts": [], "x": "x".repeat(1 << 20)});
        assert_eq!(uppy.post(&path, huge).await.status, StatusCode::PAYLOAD_TOO_LARGE);
        let further = json!({"parts": [{"PartNumber": 1, "ETag": etag, "Size": 7}], "x": null});
        assert_eq!(uppy.post(&path, further).await.problem(), "part-missing", "further members do not matter");
    }
}

/// What every question about that upload is answered.
async fn every_question(uppy: &Uppy<'_>, begun: &Value) -> [Answer; 5] {
    [
        uppy.get(&named(begun, "/1")).await,
        uppy.get(&(named(begun, "/batch") + "&partNumbers=1")).await,
        uppy.get(&named(begun, "")).await,
        uppy.complete(begun, &["\"x\""]).await,
        uppy.delete(&named(begun, "")).await,
    ]
}

#[tokio::test]
async fn what_is_anothers_or_nobodys_is_not_found() {
    let gateway = Harness::start().await;
    let [alice, other] = ["alice@acme.example"; 2].map(|email| Uppy::five(&gateway, email));
    let (hers, second) = (alice.begin().await, other.begin().await);
    for stranger in ["gina@globex.example", "greta@globex.example", "bob@acme.example"] {
        for uppy in Uppy::both(&gateway, stranger).await {
            for answer in every_question(&uppy, &hers).await {
                assert_eq!((answer.status.as_u16(), answer.problem()), (404, "not-found"), "{stranger}");
                assert_eq!(answer.body["message"], "There is no such upload.");
            }
        }
    }
    let mut mixed = hers.clone();
    mixed["key"] = second["key"].clone();
    let wrong_ids = ["x", "%2F", "00000000-0000-0000-0000-000000000000", "é", "..%2F..%2Fx"];
    let nobodys = wrong_ids.map(|id| json!({"uploadId": id, "key": hers["key"]}));
    for uppy in Uppy::both(&gateway, "alice@acme.example").await {
        for begun in nobodys.iter().chain([&mixed]) {
            for answer in every_question(&uppy, begun).await {
                assert_eq!((answer.status.as_u16(), answer.problem()), (404, "not-found"), "{begun}");
            }
        }
        let nameless = format!("/s3/multipart/{}/1", hers["uploadId"].as_str().unwrap());
        expect_faults(&uppy.get(&nameless).await, &["?key"]);
    }
    // A tenant admin with a token reaches what is the tenant's; a session of the same person does not.
    let [with_token, with_session] = Uppy::both(&gateway, "ada@acme.example").await;
    assert_eq!(with_session.get(&named(&hers, "")).await.problem(), "not-found");
    assert_eq!(with_token.get(&named(&hers, "")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_upload_in_one_request_has_no_parts() {
    let gateway = Harness::start().await;
    let grant = gateway.grant(&gateway.token("alice@acme.example"), 5).await;
    gateway.put(&grant, "hello", |put| put).await;
    let begun = json!({"uploadId": grant["id"], "key": grant["key"]});
    for uppy in Uppy::both(&gateway, "alice@acme.example").await {
        for answer in every_question(&uppy, &begun).await {
            assert_eq!((answer.status.as_u16(), answer.problem()), (409, "not-multipart"));
        }
    }
}
