//! Does Uppy, as it is, upload through the gateway as through its own Companion?

use reqwest::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, CACHE_CONTROL, ORIGIN,
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use upload_gateway::sandbox::aws::Fault;
use upload_gateway::sandbox::neighbours::BUCKET;

use crate::harness::{Harness, PAGE};
use crate::multipart::bytes;
use crate::quotas::{limit, miscounted};
use crate::store;
use crate::uppy::{Uppy, named, object, post_form};

const MIB: usize = 1 << 20;

/// Status, type, size, metadata and subject of the upload with that key, and what the audit tells of it.
async fn on_record(gateway: &Harness, key: &str) -> (Value, Vec<String>) {
    let statement = "select to_jsonb(u) from uploads u where object_key = $1";
    let upload = sqlx::query_scalar(statement).bind(key).fetch_one(&gateway.database.pool).await.expect("an upload");
    let statement = "select action || ' by ' || e.subject from audit_events e join uploads u on u.id = upload_id
                     where object_key = $1 order by e.id";
    let told = sqlx::query_scalar(statement).bind(key).fetch_all(&gateway.database.pool).await.expect("events");
    (upload, told)
}

#[tokio::test]
async fn a_small_file_goes_by_form_and_completes_by_the_event_of_s3() {
    let gateway = Harness::with_events("").await;
    let alice = gateway.neighbours().cognito.id_claims("alice@acme.example").unwrap()["sub"].clone();
    for uppy in Uppy::both(&gateway, "alice@acme.example").await {
        let query = [
            ("filename", "Grüße + mehr [1].png"),
            ("type", "image/png"),
            ("metadata[name]", "Grüße + mehr [1].png"),
            ("metadata[type]", "image/png"),
            ("metadata[caption]", "a & b = c"),
            ("metadata[collection]", "mine"),
        ];
        let form = uppy.params(&query).await;
        assert_eq!(form.status, StatusCode::OK, "{}", form.body);
        assert_eq!(
            (&form.body["method"], &form.headers[CACHE_CONTROL]),
            (&json!("POST"), &"no-store".parse().unwrap())
        );
        assert_eq!(form.body.get("expires"), None, "Uppy 5 would give up a slow upload after so many seconds");
        let key = form.body["fields"]["key"].as_str().expect("a key");
        let file = bytes(3 * MIB + 7);
        let sent = post_form(&gateway, &form.body, &file).await;
        assert_eq!(sent.status, StatusCode::CREATED, "{}", sent.body);
        gateway.until("it is completed", async || on_record(&gateway, key).await.0["status"] == "completed").await;
        let (upload, told) = on_record(&gateway, key).await;
        assert_eq!(upload["file_name"], "Grüße + mehr [1].png");
        assert_eq!((&upload["size_is_exact"], &upload["stored_size_bytes"]), (&json!(false), &json!(file.len())));
        assert_eq!((&upload["subject"], &upload["collection"]), (&alice, &json!("default")));
        assert_eq!(upload["metadata"], json!({"caption": "a & b = c", "collection": "mine"}));
        let alice = alice.as_str().unwrap();
        assert_eq!(told, [format!("upload.granted by {alice}"), "upload.completed by s3-event".to_owned()]);
        assert_eq!(object(&gateway, key).await, (Some("image/png".to_owned()), file), "whatever the browser says");
    }
    assert_eq!(miscounted(&gateway).await, [""; 0]);
}

#[tokio::test]
async fn a_large_file_goes_in_parts_with_etags_in_quotes_or_without() {
    let gateway = Harness::start().await;
    let file = bytes(5 * MIB + 11);
    let [first, last] = [&file[..5 * MIB], &file[5 * MIB..]];
    for (uppy, quoted) in Uppy::both(&gateway, "alice@acme.example").await.iter().zip([true, false]) {
        let begun = uppy.begin().await;
        assert_eq!(begun["bucket"], BUCKET);
        let etags = [uppy.send_part(&begun, 1, first).await, uppy.send_part(&begun, 2, last).await];
        let listed = uppy.get(&named(&begun, "")).await;
        let expected = json!([
            {"PartNumber": 1, "ETag": etags[0], "Size": first.len()},
            {"PartNumber": 2, "ETag": etags[1], "Size": last.len()},
        ]);
        assert_eq!((listed.status, &listed.body), (StatusCode::OK, &expected));
        assert!(etags[0].starts_with('"'), "{etags:?}");
        let given = etags.each_ref().map(|etag| if quoted { etag.as_str() } else { etag.trim_matches('"') });
        let done = uppy.complete(&begun, &given).await;
        let key = begun["key"].as_str().unwrap();
        let location = format!("{}/{BUCKET}/{key}", gateway.neighbours().aws.url());
        let expected = json!({"location": location, "key": key, "bucket": BUCKET});
        assert_eq!((done.status, &done.body), (StatusCode::OK, &expected));
        assert_eq!(uppy.complete(&begun, &given).await.body, expected, "again is no different");
        let (upload, told) = on_record(&gateway, key).await;
        assert_eq!((&upload["status"], &upload["stored_size_bytes"]), (&json!("completed"), &json!(file.len())));
        assert_eq!((&upload["multipart_id"], &upload["metadata"]), (&begun["uploadId"], &json!({})));
        let actions: Vec<_> = told.iter().map(|told| told.split(' ').next().unwrap()).collect();
        assert_eq!(actions, ["upload.granted", "url.issued", "url.issued", "upload.completed"]);
        assert_eq!(object(&gateway, key).await, (Some("video/mp4".to_owned()), file.clone()));
        let ended = uppy.get(&named(&begun, "/3")).await;
        assert_eq!((ended.status.as_u16(), ended.problem()), (409, "already-ended"));
    }
    assert_eq!(miscounted(&gateway).await, [""; 0]);
}

#[tokio::test]
async fn several_urls_come_at_once_to_who_asks_for_a_batch() {
    let gateway = Harness::start().await;
    let uppy = Uppy::five(&gateway, "alice@acme.example");
    let begun = uppy.begin().await;
    let signed = uppy.get(&(named(&begun, "/batch") + "&partNumbers=1,%202,10000")).await;
    assert_eq!(signed.status, StatusCode::OK, "{}", signed.body);
    let urls = signed.body["presignedUrls"].as_object().unwrap();
    assert_eq!(urls.len(), 3);
    for (number, url) in urls {
        let url = url.as_str().unwrap();
        assert!(url.contains(&format!("partNumber={number}&")) && url.contains("X-Amz-SignedHeaders=host&"), "{url}");
    }
    let put = reqwest::Client::new().put(urls["2"].as_str().unwrap()).header("content-type", "video/mp4").body("x");
    assert_eq!(gateway.send(put).await.status, StatusCode::OK, "a type is sent and not signed");
}

#[tokio::test]
async fn what_is_given_up_leaves_no_parts_behind_and_what_is_completed_stays() {
    let gateway = Harness::start().await;
    for uppy in Uppy::both(&gateway, "alice@acme.example").await {
        let begun = uppy.begin().await;
        let etag = uppy.send_part(&begun, 1, b"given up").await;
        assert_eq!(gateway.neighbours().aws.unfinished_uploads().await, 1);
        for _ in 0..2 {
            let gone = uppy.delete(&named(&begun, "")).await;
            assert_eq!((gone.status, &gone.body), (StatusCode::OK, &json!({})));
        }
        assert_eq!(gateway.neighbours().aws.unfinished_uploads().await, 0);
        assert_eq!(on_record(&gateway, begun["key"].as_str().unwrap()).await.0["status"], "aborted");
        assert_eq!(uppy.complete(&begun, &[&etag]).await.problem(), "already-ended");

        let kept = uppy.begin().await;
        let etag = uppy.send_part(&kept, 1, b"kept").await;
        assert_eq!(uppy.complete(&kept, &[&etag]).await.status, StatusCode::OK);
        let late = uppy.delete(&named(&kept, "")).await;
        assert_eq!((late.status.as_u16(), late.problem()), (409, "already-ended"));
        let key = kept["key"].as_str().unwrap();
        assert_eq!(on_record(&gateway, key).await.0["status"], "completed");
        assert_eq!(object(&gateway, key).await.1, b"kept");
    }
}

#[tokio::test]
async fn parts_that_add_up_to_more_than_the_tenants_limit_are_not_put_together() {
    let gateway = Harness::start().await;
    let most = 5 * MIB;
    limit(&gateway, "alice@acme.example", json!({"maxUploadBytes": most})).await;
    for uppy in Uppy::both(&gateway, "alice@acme.example").await {
        let begun = uppy.begin().await;
        let etags = [uppy.send_part(&begun, 1, &bytes(most)).await, uppy.send_part(&begun, 2, b"x").await];
        let refused = uppy.complete(&begun, &etags.each_ref().map(String::as_str)).await;
        assert_eq!((refused.status.as_u16(), refused.pointers()), (422, vec!["/parts"]), "{}", refused.body);
        let message = refused.body["message"].as_str().unwrap();
        assert!(message.contains(&format!("add up to {} bytes where 1 to {most} were granted", most + 1)), "{message}");
        assert_eq!(store::keys(&gateway).await, [""; 0]);
        assert_eq!(on_record(&gateway, begun["key"].as_str().unwrap()).await.0["status"], "pending");
        // Without the part too many it is what was granted.
        assert_eq!(uppy.complete(&begun, &[&etags[0]]).await.status, StatusCode::OK);
        let key = begun["key"].as_str().unwrap();
        assert_eq!(object(&gateway, key).await.1.len(), most);
        Box::pin(store::admin(&gateway).delete_object().bucket(BUCKET).key(key).send()).await.expect("deleted");
    }
}

#[tokio::test]
async fn a_slash_at_the_end_of_the_companion_endpoint_does_no_harm() {
    let gateway = Harness::start().await;
    for mut uppy in Uppy::both(&gateway, "alice@acme.example").await {
        uppy.base += "/";
        assert_eq!(uppy.params(&[("filename", "a")]).await.status, StatusCode::OK);
        let begun = uppy.begin().await;
        let etag = uppy.send_part(&begun, 1, b"hello").await;
        assert_eq!(uppy.get(&named(&begun, "")).await.body[0]["ETag"], etag);
        assert_eq!(uppy.complete(&begun, &[&etag]).await.status, StatusCode::OK);
        assert_eq!(uppy.delete(&named(&uppy.begin().await, "")).await.status, StatusCode::OK);
        for path in ["//s3/params?filename=a", "/s3//params?filename=a", "/s3/params/?filename=a", "/s3"] {
            let lost = uppy.get(path).await;
            assert_eq!((lost.status.as_u16(), lost.problem()), (404, "not-found"), "{path}");
            assert_eq!(lost.body["message"], lost.body["detail"]);
        }
        let refused = uppy.post("/s3/params", json!({})).await;
        assert_eq!((refused.status.as_u16(), &refused.headers["allow"]), (405, &"GET".parse().unwrap()));
    }
}

#[tokio::test]
async fn the_pages_of_the_allowed_origin_may_ask() {
    let gateway = Harness::start().await;
    for uppy in Uppy::both(&gateway, "alice@acme.example").await {
        for method in ["GET", "POST", "DELETE"] {
            let preflight = gateway
                .request(Method::OPTIONS, &format!("{}/s3/multipart", uppy.base))
                .header(ORIGIN, PAGE)
                .header(ACCESS_CONTROL_REQUEST_METHOD, method)
                .header(ACCESS_CONTROL_REQUEST_HEADERS, "accept,authorization,content-type");
            let answer = gateway.send(preflight).await;
            assert_eq!(answer.status, StatusCode::OK, "{method}: {}", answer.body);
            let list = |name| answer.headers[name].to_str().unwrap().to_ascii_lowercase();
            assert!(list(ACCESS_CONTROL_ALLOW_METHODS).contains(&method.to_ascii_lowercase()));
            for header in ["accept", "authorization", "content-type"] {
                assert!(list(ACCESS_CONTROL_ALLOW_HEADERS).contains(header), "{header}");
            }
        }
    }
}

#[tokio::test]
async fn without_s3_nothing_begins_and_nothing_stays_reserved() {
    let gateway = Harness::start().await;
    for uppy in Uppy::both(&gateway, "alice@acme.example").await {
        gateway.neighbours().aws.set_s3_fault(Fault::Unavailable);
        let refused = uppy.post("/s3/multipart", json!({"filename": "a"})).await;
        assert_eq!((refused.status.as_u16(), refused.problem()), (503, "unavailable"));
        gateway.neighbours().aws.set_s3_fault(Fault::None);
    }
    let pending = gateway.database.count("uploads where status = 'pending'").await;
    assert_eq!(pending, 0);
    assert_eq!(miscounted(&gateway).await, [""; 0]);
}
