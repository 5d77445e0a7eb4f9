//! Is a form signed as AWS documents it, and does its policy bind every field?

use serde_json::Value;
use time::macros::datetime;

use super::*;
use crate::adapters::sigv4::{Scope, SigningKeys};
use crate::config;
use crate::model::{
    Checksum, ChecksumAlgorithm, Collection, ContentType, FileName, FileSize, GrantedSize, Metadata, Method, ObjectKey,
    Subject, UploadId,
};

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

fn bucket(aws: &str, upload: &str) -> Bucket {
    let text = format!(
        "[database]\nurl = \"postgres://x\"\n[[auth.pools]]\nissuer = \"https://i.example\"\nclient_ids = [\"c\"]\n\
         [aws]\nregion = \"eu-central-1\"\n{aws}\n[upload]\nbucket = \"uploads\"\nrole_arn = \"arn:aws:iam::1:role/x\"\n{upload}"
    );
    let config = config::Config::from_toml(&text).unwrap();
    Bucket::new(&config.aws, &config.upload)
}

fn grant(size: GrantedSize, checksum: Option<Checksum>) -> Grant {
    let (subject, collection) = (Subject::parse("alice").unwrap(), Collection::default());
    let (id, file_name) = (UploadId::new(datetime!(2026-01-01 0:00 UTC)), FileName::parse("a.txt").unwrap());
    Grant {
        id,
        key: ObjectKey::new(&crate::model::tests_tenant("acme"), &subject, &collection, id, &file_name),
        subject,
        collection,
        file_name,
        content_type: ContentType::parse("text/plain").unwrap(),
        size,
        checksum,
        metadata: Metadata::default(),
        method: Method::Post,
        parts: None,
    }
}

fn sign(bucket: &Bucket, grant: &Grant) -> SignedForm {
    let (at, ends) = (datetime!(2026-01-01 12:00:00.9 UTC), datetime!(2030-01-01 0:00 UTC));
    let credentials = TemporaryCredentials::new(
        "ASIAEXAMPLE".into(),
        SECRET.into(),
        "to/k+en=".into(),
        Scope::new("eu-central-1", "s3"),
        Duration::from_secs(3600),
        ends,
    );
    sign_form(bucket, &credentials, grant, Duration::from_secs(300), at)
}

fn field<'a>(form: &'a SignedForm, name: &str) -> &'a str {
    &form.fields.iter().find(|(known, _)| *known == name).unwrap().1
}

fn policy_of(form: &SignedForm) -> Value {
    serde_json::from_slice(&STANDARD.decode(field(form, "policy")).unwrap()).unwrap()
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-post-example.html>
#[test]
fn the_documented_example_comes_out() {
    let policy = [
        "eyAiZXhwaXJhdGlvbiI6ICIyMDE1LTEyLTMwVDEyOjAwOjAwLjAwMFoiLA0KICAiY29uZGl0aW9ucyI6IFsNCiAgICB7ImJ1Y2tldCI6ICJzaWd2",
        "NGV4YW1wbGVidWNrZXQifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRrZXkiLCAidXNlci91c2VyMS8iXSwNCiAgICB7ImFjbCI6ICJwdWJsaWMt",
        "cmVhZCJ9LA0KICAgIHsic3VjY2Vzc19hY3Rpb25fcmVkaXJlY3QiOiAiaHR0cDovL3NpZ3Y0ZXhhbXBsZWJ1Y2tldC5zMy5hbWF6b25hd3MuY29t",
        "L3N1Y2Nlc3NmdWxfdXBsb2FkLmh0bWwifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRDb250ZW50LVR5cGUiLCAiaW1hZ2UvIl0sDQogICAgeyJ4",
        "LWFtei1tZXRhLXV1aWQiOiAiMTQzNjUxMjM2NTEyNzQifSwNCiAgICB7IngtYW16LXNlcnZlci1zaWRlLWVuY3J5cHRpb24iOiAiQUVTMjU2In0s",
        "DQogICAgWyJzdGFydHMtd2l0aCIsICIkeC1hbXotbWV0YS10YWciLCAiIl0sDQoNCiAgICB7IngtYW16LWNyZWRlbnRpYWwiOiAiQUtJQUlPU0ZP",
        "RE5ON0VYQU1QTEUvMjAxNTEyMjkvdXMtZWFzdC0xL3MzL2F3czRfcmVxdWVzdCJ9LA0KICAgIHsieC1hbXotYWxnb3JpdGhtIjogIkFXUzQtSE1B",
        "Qy1TSEEyNTYifSwNCiAgICB7IngtYW16LWRhdGUiOiAiMjAxNTEyMjlUMDAwMDAwWiIgfQ0KICBdDQp9",
    ]
    .concat();
    let key = SigningKeys::new(SECRET.into(), Scope::new("us-east-1", "s3")).day_key(datetime!(2015-12-29 0:00 UTC));
    assert_eq!(key.sign_text(&policy), "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e");
}

#[test]
fn every_field_is_bound_to_its_value_and_no_condition_is_looser() {
    let kms = "kms_key_arn = \"arn:aws:kms:eu-central-1:1:key/x\"";
    let checksum = Checksum { algorithm: ChecksumAlgorithm::Sha256, value: "c3Vt".to_owned() };
    let size = GrantedSize::AtMost(FileSize::parse(10).unwrap());
    let form = sign(&bucket("", kms), &grant(size, Some(checksum)));
    let names: Vec<&str> = form.fields.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        names,
        [
            "key",
            "Content-Type",
            "success_action_status",
            "x-amz-checksum-sha256",
            "x-amz-server-side-encryption",
            "x-amz-server-side-encryption-aws-kms-key-id",
            "x-amz-algorithm",
            "x-amz-credential",
            "x-amz-date",
            "x-amz-security-token",
            "policy",
            "x-amz-signature",
        ]
    );
    let mut expected = vec![json!(["eq", "$bucket", "uploads"]), json!(["content-length-range", 1, 10])];
    for (name, value) in form.fields.iter().filter(|(name, _)| !matches!(*name, "policy" | "x-amz-signature")) {
        expected.push(json!(["eq", format!("${name}"), value]));
    }
    assert_eq!(policy_of(&form), json!({"expiration": "2026-01-01T12:05:00Z", "conditions": expected}));
    assert_eq!(form.expires_at, datetime!(2026-01-01 12:05 UTC));
    assert_eq!(field(&form, "x-amz-date"), "20260101T120000Z");
    assert_eq!(field(&form, "x-amz-credential"), "ASIAEXAMPLE/20260101/eu-central-1/s3/aws4_request");
    assert_eq!(field(&form, "x-amz-security-token"), "to/k+en=");
    let key = SigningKeys::new(SECRET.into(), Scope::new("eu-central-1", "s3")).day_key(datetime!(2026-01-01 0:00 UTC));
    assert_eq!(field(&form, "x-amz-signature"), key.sign_text(field(&form, "policy")));
}

#[test]
fn a_size_that_is_known_is_the_only_one_and_what_was_not_granted_is_no_field() {
    let form = sign(&bucket("", ""), &grant(GrantedSize::Exactly(FileSize::parse(10).unwrap()), None));
    assert_eq!(policy_of(&form)["conditions"][1], json!(["content-length-range", 10, 10]));
    assert_eq!(form.fields.len(), 9, "{:?}", form.fields);
}

#[test]
fn a_form_goes_to_the_bucket() {
    for (aws, url) in [
        ("", "https://uploads.s3.eu-central-1.amazonaws.com/"),
        ("force_path_style = true", "https://s3.eu-central-1.amazonaws.com/uploads"),
        ("endpoint_url = \"http://127.0.0.1:9000\"", "http://127.0.0.1:9000/uploads"),
    ] {
        assert_eq!(bucket(aws, "").form_url(), url);
    }
}

#[test]
fn a_form_does_not_show() {
    let form = sign(&bucket("", ""), &grant(GrantedSize::Exactly(FileSize::parse(10).unwrap()), None));
    let shown = format!("{form:?}");
    assert!(form.fields.iter().all(|(_, value)| !shown.contains(value.as_str())), "{shown}");
}
