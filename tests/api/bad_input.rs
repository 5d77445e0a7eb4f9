//! Is whatever breaks a rule refused with the place and the rule, and never recorded?

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::harness::Harness;

/// A good request with one member replaced; a null takes the member away.
fn with(member: &str, value: Value) -> Value {
    let mut body = json!({"fileName": "a.txt", "contentType": "text/plain", "size": 5});
    body[member] = value;
    body
}

#[tokio::test]
async fn each_member_beyond_its_bound_is_named() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    let big = json!({"k": "v".repeat(2048)});
    let table: Vec<(&str, Value, &str)> = vec![
        ("fileName", json!(null), "/fileName"),
        ("fileName", json!(""), "/fileName"),
        ("fileName", json!("n".repeat(256)), "/fileName"),
        ("fileName", json!("写".repeat(256)), "/fileName"),
        ("fileName", json!("a/b"), "/fileName"),
        ("fileName", json!("a\\b"), "/fileName"),
        ("fileName", json!("a\u{0}b"), "/fileName"),
        ("fileName", json!("a\nb"), "/fileName"),
        ("fileName", json!("a\u{85}b"), "/fileName"),
        ("fileName", json!(7), "/fileName"),
        ("contentType", json!(null), "/contentType"),
        ("contentType", json!(""), "/contentType"),
        ("contentType", json!("text"), "/contentType"),
        ("contentType", json!("text/"), "/contentType"),
        ("contentType", json!("text/plain\r\nx-amz-acl: public-read"), "/contentType"),
        ("contentType", json!("text/plain; charset"), "/contentType"),
        ("contentType", json!("téxt/plain"), "/contentType"),
        ("contentType", json!(format!("a/{}", "b".repeat(254))), "/contentType"),
        ("size", json!(null), "/size"),
        ("size", json!(0), "/size"),
        ("size", json!(-1), "/size"),
        ("size", json!(1.5), "/size"),
        ("size", json!("5"), "/size"),
        ("size", json!(1e30), "/size"),
        ("size", json!(u64::MAX), "/size"),
        ("size", json!(i64::MAX), "/size"),
        ("size", json!(5_368_709_121_i64), "/size"),
        ("checksum", json!("x"), "/checksum"),
        ("checksum", json!({"value": ""}), "/checksum"),
        ("checksum", json!({"algorithm": "MD5", "value": ""}), "/checksum/algorithm"),
        ("checksum", json!({"algorithm": "sha256", "value": ""}), "/checksum/algorithm"),
        ("checksum", json!({"algorithm": "SHA256", "value": "AAAA"}), "/checksum/value"),
        ("checksum", json!({"algorithm": "CRC32C", "value": "!!!!!!=="}), "/checksum/value"),
        ("checksum", json!({"algorithm": "CRC64NVME", "value": "AAAAAA=="}), "/checksum/value"),
        ("collection", json!(""), "/collection"),
        ("collection", json!("c".repeat(65)), "/collection"),
        ("collection", json!(".hidden"), "/collection"),
        ("collection", json!("a/b"), "/collection"),
        ("collection", json!("é"), "/collection"),
        ("metadata", json!([]), "/metadata"),
        ("metadata", json!({"a": 1}), "/metadata/a"),
        ("metadata", json!({"a": {"b": "c"}}), "/metadata/a"),
        ("metadata", json!({"a/b~": null}), "/metadata/a~1b~0"),
        ("metadata", json!({"": "x"}), "/metadata"),
        ("metadata", json!({"a": "\u{0}"}), "/metadata"),
        ("metadata", big, "/metadata"),
        ("method", json!("PUT"), "/method"),
    ];
    for (member, value, pointer) in table {
        let body = with(member, value);
        let refused = gateway.post(&alice, "/v1/uploads", body.clone()).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}: {}", refused.body);
        assert_eq!((refused.problem(), refused.pointers()), ("invalid-request", vec![pointer]), "{body}");
    }
    assert_eq!(gateway.database.count("uploads").await, 0);
    assert_eq!(gateway.database.count("audit_events").await, 0);
    assert_eq!(gateway.neighbours().aws.assume_role_calls(), 0, "a refusal costs no credentials");
}

#[tokio::test]
async fn everything_that_is_wrong_is_named_at_once() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    let body = json!({"fileName": "", "contentType": "", "size": 0, "checksum": {"algorithm": "SHA256", "value": "?"},
                      "collection": "?", "metadata": {"": ""}, "method": "?"});
    let refused = gateway.post(&alice, "/v1/uploads", body).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    insta::assert_json_snapshot!("everything_wrong", refused.body, { ".instance" => "[request]" });

    let nothing = gateway.post(&alice, "/v1/uploads", json!({})).await;
    assert_eq!(nothing.pointers(), ["/fileName", "/contentType", "/size"]);
}

#[tokio::test]
async fn the_tenants_limits_are_named_at_once_too() {
    let gateway = Harness::start().await;
    let (admin, ada) = (gateway.token("admin@platform.example"), gateway.token("ada@acme.example"));
    let tenant = gateway.get(&ada, "/v1/me").await.body["tenant"]["id"].as_str().unwrap().to_owned();
    let limits = json!({"limits": {"maxUploadBytes": 10, "allowedContentTypes": ["image/*", "application/pdf"]}});
    let changed = gateway.patch(&admin, &format!("/v1/admin/tenants/{tenant}"), limits).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);

    let body = json!({"fileName": "a", "contentType": "text/plain", "size": 11, "method": "multipart"});
    let refused = gateway.post(&ada, "/v1/uploads", body).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused.pointers(), ["/size", "/contentType"]);
    let fits = json!({"fileName": "a", "contentType": "Image/PNG; q=1", "size": 10});
    assert_eq!(gateway.post(&ada, "/v1/uploads", fits.clone()).await.status, StatusCode::CREATED);
    // Another tenant's limits are its own.
    let gina = gateway.token("gina@globex.example");
    assert_eq!(gateway.grant(&gina, 11).await["status"], "pending");
}

/// serde takes a list for a struct, its members by position.
#[tokio::test]
async fn a_list_is_no_object_wherever_it_stands() {
    let gateway = Harness::start().await;
    let (alice, admin) = (gateway.token("alice@acme.example"), gateway.token("admin@platform.example"));
    let upload = gateway.grant(&alice, 5).await["id"].as_str().unwrap().to_owned();
    let tenant = gateway.get(&alice, "/v1/me").await.body["tenant"]["id"].as_str().unwrap().to_owned();
    let checksum = json!(["SHA256", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="]);
    let file = json!(["a.txt", "text/plain", 5, null, null, null, null]);
    for (token, path, body, pointer) in [
        (&alice, "/v1/uploads".to_owned(), with("checksum", checksum), "/checksum"),
        (&alice, "/v1/uploads/batch".to_owned(), json!({"uploads": [with("size", json!(5)), file]}), "/uploads/1"),
        (&alice, format!("/v1/uploads/{upload}/complete"), json!({"parts": [[1, "etag"]]}), "/parts/0"),
        (
            &admin,
            "/v1/admin/tenants".to_owned(),
            json!({"slug": "new", "name": "New", "limits": [5, [], null, null]}),
            "/limits",
        ),
    ] {
        let refused = gateway.post(token, &path, body.clone()).await;
        assert_eq!((refused.status.as_u16(), refused.pointers()), (422, vec![pointer]), "{body}: {}", refused.body);
    }
    let limits = json!({"limits": [10, ["*/*"], null, null]});
    let refused = gateway.patch(&admin, &format!("/v1/admin/tenants/{tenant}"), limits).await;
    assert_eq!((refused.status.as_u16(), refused.pointers()), (422, vec!["/limits"]));
    assert_eq!(gateway.database.count("uploads").await, 1);
}

#[tokio::test]
async fn a_whole_number_may_be_written_with_a_point() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    let body = json!({"fileName": "a.txt", "contentType": "text/plain", "size": 5.0});
    let granted = gateway.post(&alice, "/v1/uploads", body).await;
    assert_eq!((granted.status.as_u16(), &granted.body["size"]), (201, &json!(5)));
}

#[tokio::test]
async fn a_parameter_that_comes_twice_is_named() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    let refused = gateway.get(&alice, "/v1/uploads?limit=5&limit=6").await;
    assert_eq!((refused.status.as_u16(), refused.pointers()), (422, vec!["?limit"]), "{}", refused.body);
    let ignored = gateway.get(&alice, "/v1/uploads?nobody=1&nobody=2").await;
    assert_eq!(ignored.status, StatusCode::OK);
}
