//! Does a form upload obey its policy, its session and IAM?

use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use aws_sdk_s3::config::Credentials;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

use super::{BUCKET, REGION, Sandbox, answer, denied};

/// A form for `key`, signed with `credentials`, that carries `token`.
pub(super) fn form(
    sandbox: &Sandbox,
    credentials: &Credentials,
    token: Option<&str>,
    key: &str,
    file: &str,
) -> reqwest::RequestBuilder {
    let now = crate::model::Clock::system().now();
    let date = now.format(format_description!("[year][month][day]")).unwrap();
    let moment = now.format(format_description!("[year][month][day]T[hour][minute][second]Z")).unwrap();
    let scope = format!("{date}/{REGION}/s3/aws4_request");
    let mut fields = vec![
        ("key", key.to_owned()),
        ("Content-Type", "text/plain".to_owned()),
        ("x-amz-algorithm", "AWS4-HMAC-SHA256".to_owned()),
        ("x-amz-credential", format!("{}/{scope}", credentials.access_key_id())),
        ("x-amz-date", moment),
    ];
    fields.extend(token.map(|token| ("x-amz-security-token", token.to_owned())));
    let policy = STANDARD.encode(policy(now, &fields));
    let signature = [date.as_str(), REGION, "s3", "aws4_request", policy.as_str()]
        .into_iter()
        .fold(format!("AWS4{}", credentials.secret_access_key()).into_bytes(), |key, text| {
            sign(&Key::new(HMAC_SHA256, &key), text.as_bytes()).as_ref().to_vec()
        });
    fields.push(("policy", policy));
    fields.push(("x-amz-signature", signature.iter().map(|byte| format!("{byte:02x}")).collect()));

    let mut body = String::new();
    for (name, value) in fields {
        body += &format!("--xyz\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    body += &format!(
        "--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\
         Content-Type: text/plain\r\n\r\n{file}\r\n--xyz--\r\n"
    );
    reqwest::Client::new()
        .post(format!("{}/{BUCKET}", sandbox.aws.url()))
        .header("content-type", "multipart/form-data; boundary=xyz")
        .body(body)
}

fn policy(now: OffsetDateTime, fields: &[(&str, String)]) -> String {
    let mut conditions: Vec<_> =
        fields.iter().map(|(name, value)| serde_json::json!(["eq", format!("${name}"), value])).collect();
    conditions.push(serde_json::json!({ "bucket": BUCKET }));
    conditions.push(serde_json::json!(["content-length-range", 1, 10]));
    let expiration = (now + time::Duration::minutes(5)).format(&Rfc3339).unwrap();
    serde_json::json!({ "expiration": expiration, "conditions": conditions }).to_string()
}

#[tokio::test]
async fn a_form_uploads_within_its_policy() {
    let sandbox = Sandbox::start().await;
    let session = sandbox.session("acme", None).await;
    let token = session.session_token();
    assert_eq!(answer(form(&sandbox, &session, token, "acme/a", "hello")).await, (204, String::new()));
    let head = sandbox.admin().head_object().bucket(BUCKET).key("acme/a").send().await.unwrap();
    assert_eq!((head.content_length(), head.content_type()), (Some(5), Some("text/plain")));

    let long = answer(form(&sandbox, &session, token, "acme/b", "far too long")).await;
    assert_eq!(long, (400, "EntityTooLarge".to_owned()));
    assert_eq!(answer(form(&sandbox, &session, token, "globex/a", "hello")).await, denied());
    assert_eq!(sandbox.files(), 2);
}

#[tokio::test]
async fn the_sender_of_a_form_is_told_where_the_object_is_and_its_entity_tag() {
    let sandbox = Sandbox::start().await;
    let session = sandbox.session("acme", None).await;
    let sent = form(&sandbox, &session, session.session_token(), "acme/a b", "hello").send().await.unwrap();
    assert_eq!(sent.headers()["location"], format!("{}/{BUCKET}/acme%2Fa%20b", sandbox.aws.url()));
    assert_eq!(sent.headers()["etag"], "\"5d41402abc4b2a76b9719d911017c592\"");
}

#[tokio::test]
async fn a_form_needs_the_session_s_token() {
    let sandbox = Sandbox::start().await;
    let session = sandbox.session("acme", None).await;
    let other = sandbox.session("globex", None).await;
    for (token, expected) in [(None, (403, "InvalidAccessKeyId")), (other.session_token(), (400, "InvalidToken"))] {
        let refused = answer(form(&sandbox, &session, token, "acme/a", "hello")).await;
        assert_eq!(refused, (expected.0, expected.1.to_owned()));
    }
    sandbox.pass(std::time::Duration::from_secs(3601));
    let late = answer(form(&sandbox, &session, session.session_token(), "acme/a", "hello")).await;
    assert_eq!(late, (400, "ExpiredToken".to_owned()));
    assert_eq!(sandbox.files(), 0);
}
