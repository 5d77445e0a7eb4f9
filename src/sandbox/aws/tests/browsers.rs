//! May a page upload from a browser?

use super::{BUCKET, Sandbox, soon, unsent};

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
