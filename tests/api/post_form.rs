//! What does S3 take by a signed form, and what not?

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use upload_gateway::adapters::s3::{SignedForm, sign_form};
use upload_gateway::model::{Checksum, ChecksumAlgorithm, FileSize, Grant, GrantedSize, ObjectKey};
use upload_gateway::sandbox::neighbours::BUCKET;

use crate::stage::{MINUTE, Stage, answer, grant, now, tenant};

/// Posts the fields and then the file.
async fn post(url: &str, fields: &[(&str, String)], file: &str) -> (u16, String) {
    let mut body = String::new();
    for (name, value) in fields {
        body += &format!("--xyz\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    body += &format!(
        "--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n{file}\r\n--xyz--\r\n"
    );
    let request = reqwest::Client::new().post(url).header("content-type", "multipart/form-data; boundary=xyz");
    let (status, _, text) = answer(request.body(body)).await;
    let code = text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    (status, code.map(|(code, _)| code.to_owned()).unwrap_or_default())
}

async fn send(form: &SignedForm, file: &str) -> (u16, String) {
    post(&form.url, &form.fields, file).await
}

/// The form with one field of another value; without it when there is none.
async fn bent(form: &SignedForm, field: &str, value: Option<&str>, file: &str) -> (u16, String) {
    let mut fields = form.fields.clone();
    let at = fields.iter().position(|(name, _)| *name == field).expect("a field of the form");
    match value {
        Some(value) => fields[at].1 = value.to_owned(),
        None => drop(fields.remove(at)),
    }
    post(&form.url, &fields, file).await
}

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[tokio::test]
async fn a_form_takes_any_size_up_to_the_limit_and_stores_what_was_granted() {
    let stage = Stage::set().await;
    let session = stage.session("acme", None).await;
    for (size, expected) in [
        (0, refused(400, "EntityTooSmall")),
        (1, (201, String::new())),
        (10, (201, String::new())),
        (11, refused(400, "EntityTooLarge")),
    ] {
        let grant = grant(10);
        let form = sign_form(&stage.bucket, &session, &grant, MINUTE, now());
        assert_eq!(send(&form, &"x".repeat(size)).await, expected, "{size} bytes");
        let head = stage.objects.head(&session, &grant.key).await.ok();
        let stored = head.map(|head| (head.size, head.content_type));
        let size = i64::try_from(size).unwrap();
        let expected = (expected.0 == 201).then(|| (size, Some("text/plain".to_owned())));
        assert_eq!(stored, expected, "the granted type, whatever the file calls itself");
    }
}

#[tokio::test]
async fn a_known_size_is_taken_to_the_byte() {
    let stage = Stage::set().await;
    let session = stage.session("acme", Some("alice")).await;
    let grant = Grant { size: GrantedSize::Exactly(FileSize::parse(5).unwrap()), ..grant(5) };
    let form = sign_form(&stage.bucket, &session, &grant, MINUTE, now());
    assert_eq!(send(&form, "four").await, refused(400, "EntityTooSmall"));
    assert_eq!(send(&form, "sixsix").await, refused(400, "EntityTooLarge"));
    assert_eq!(send(&form, "fives").await, (201, String::new()));
}

#[tokio::test]
async fn no_field_may_be_changed_left_out_or_added() {
    let stage = Stage::set().await;
    let session = stage.session("acme", None).await;
    let grant = grant(10);
    let form = sign_form(&stage.bucket, &session, &grant, MINUTE, now());
    let other = format!("{}.html", grant.key);
    for (field, value) in [
        ("key", Some(other.as_str())),
        ("key", Some("globex/x")),
        ("key", Some("acme/${filename}")),
        ("Content-Type", Some("text/html")),
        ("Content-Type", None),
        ("success_action_status", Some("200")),
        ("success_action_status", None),
        ("x-amz-date", Some("20260101T000000Z")),
        ("x-amz-security-token", None),
        ("x-amz-signature", Some("00")),
        ("policy", None),
    ] {
        let (status, code) = bent(&form, field, value, "hello").await;
        assert!((400..500).contains(&status), "{field} {value:?}: {status} {code}");
    }
    for (name, value) in [
        ("success_action_redirect", "https://evil.example/"),
        ("Content-Disposition", "inline"),
        ("Cache-Control", "public"),
        ("acl", "public-read"),
        ("x-amz-meta-a", "b"),
        ("x-amz-tagging", "a=b"),
    ] {
        let mut fields = form.fields.clone();
        fields.insert(0, (name, value.to_owned()));
        let (status, code) = post(&form.url, &fields, "hello").await;
        assert_eq!((status, code.as_str()), (403, "AccessDenied"), "{name}");
    }
    let elsewhere = form.url.replace(BUCKET, "elsewhere");
    assert!((400..500).contains(&post(&elsewhere, &form.fields, "hello").await.0));
    assert_eq!(stage.keys().await, [""; 0]);
    assert_eq!(send(&form, "hello").await, (201, String::new()), "unbent, it is taken");
}

#[tokio::test]
async fn a_checksum_that_was_granted_is_demanded() {
    let stage = Stage::set().await;
    let session = stage.session("acme", None).await;
    let value = STANDARD.encode(digest(&SHA256, b"hello"));
    let checksum = Some(Checksum { algorithm: ChecksumAlgorithm::Sha256, value });
    let grant = Grant { checksum: checksum.clone(), ..grant(10) };
    let form = sign_form(&stage.bucket, &session, &grant, MINUTE, now());
    assert_eq!(send(&form, "hullo").await, refused(400, "BadDigest"));
    let other = STANDARD.encode(digest(&SHA256, b"hullo"));
    assert_eq!(bent(&form, "x-amz-checksum-sha256", Some(&other), "hullo").await.0, 400);
    assert_eq!(bent(&form, "x-amz-checksum-sha256", None, "hullo").await.0, 400);
    assert_eq!(stage.keys().await, [""; 0]);
    assert_eq!(send(&form, "hello").await, (201, String::new()));
    assert_eq!(stage.objects.head(&session, &grant.key).await.unwrap().checksum, checksum);
}

#[tokio::test]
async fn a_form_ends_when_it_says() {
    let stage = Stage::set().await;
    let session = stage.session("acme", None).await;
    let signed_at = now() - MINUTE - Duration::from_secs(2);
    let form = sign_form(&stage.bucket, &session, &grant(10), MINUTE, signed_at);
    assert!(form.expires_at < now() && form.expires_at > signed_at);
    assert_eq!(send(&form, "hello").await, refused(403, "AccessDenied"));
    assert_eq!(stage.keys().await, [""; 0]);
}

#[tokio::test]
async fn the_session_that_signs_a_form_reaches_no_other_prefix() {
    let stage = Stage::set().await;
    // What no `Grant` of ours can say, in case one did: the form is well signed, and the session policy alone is in the way.
    for (subject, tenant_of_key, key) in [
        (None, "globex", "globex/x"),
        (None, "acmeco", "acmeco/x"),
        (Some("alice"), "acme", "acme/bob/x"),
        (Some("alice"), "acme", "acme/alicea/x"),
        (Some("alice"), "acme", "acme/x"),
    ] {
        let session = stage.session("acme", subject).await;
        let key = ObjectKey::recorded(&tenant(tenant_of_key), key.to_owned()).unwrap();
        let form = sign_form(&stage.bucket, &session, &Grant { key, ..grant(10) }, MINUTE, now());
        assert_eq!(send(&form, "hello").await, refused(403, "AccessDenied"), "{:?}", form.fields[0]);
    }
    assert_eq!(stage.keys().await, [""; 0]);
}
