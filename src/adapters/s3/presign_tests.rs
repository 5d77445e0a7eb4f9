//! Is our signature AWS's? Held against its documented example and against the `aws-sigv4` crate on ten thousand random requests.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation, SigningSettings, UriPathNormalizationMode,
    sign,
};
use aws_sigv4::sign::v4;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use time::OffsetDateTime;
use time::macros::datetime;

use super::*;
use crate::adapters::sigv4::{Scope, SigningKeys};
use crate::config;
use crate::model::{
    Checksum, ChecksumAlgorithm, Collection, ContentType, FileName, FileSize, GrantedSize, Metadata, Method, Subject,
    UploadId, tests_tenant,
};

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const TOKEN: &str = "IQoJb3JpZ2luX2VjEJr//////////wEaDGV1LWNlbnRyYWwtMSJ+/=token";

pub(in crate::adapters::s3) fn credentials(region: &str) -> TemporaryCredentials {
    let expires = datetime!(2030-01-01 0:00 UTC);
    TemporaryCredentials::new(
        "ASIAIOSFODNN7EXAMPLE".into(),
        SECRET.into(),
        TOKEN.into(),
        Scope::new(region, "s3"),
        Duration::from_secs(3600),
        expires,
    )
}

pub(in crate::adapters::s3) fn bucket(extra: &str) -> Bucket {
    bucket_with(extra, "")
}

/// With further settings of `[aws]` and of `[upload]`.
pub(in crate::adapters::s3) fn bucket_with(extra: &str, upload: &str) -> Bucket {
    let text = format!(
        "[database]\nurl = \"postgres://x\"\n[[auth.pools]]\nissuer = \"https://i.example\"\nclient_ids = [\"c\"]\n\
         [aws]\nregion = \"eu-central-1\"\n{extra}\n[upload]\nbucket = \"uploads\"\nrole_arn = \"arn:aws:iam::1:role/x\"\n{upload}"
    );
    let config = config::Config::from_toml(&text).unwrap();
    Bucket::new(&config.aws, &config.upload)
}

/// The signature that AWS's own library makes for the same request.
pub(in crate::adapters::s3) fn reference(
    method: &str,
    url: &str,
    headers: &[(&'static str, String)],
    expires_in: Duration,
    now: OffsetDateTime,
) -> String {
    let identity = Credentials::new("ASIAIOSFODNN7EXAMPLE", SECRET, Some(TOKEN.into()), None, "test").into();
    let mut settings = SigningSettings::default();
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(expires_in);
    settings.excluded_headers = None;
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region("eu-central-1")
        .name("s3")
        .time(SystemTime::from(now))
        .settings(settings)
        .build()
        .unwrap()
        .into();
    let headers = headers.iter().map(|(name, value)| (*name, value.as_str()));
    let request = SignableRequest::new(method, url, headers, SignableBody::UnsignedPayload).unwrap();
    let (instructions, _) = sign(request, &params).unwrap().into_parts();
    let query = instructions.params().iter().map(|(name, value)| (name.to_string(), value.to_string()));
    let mut signed = url::Url::parse(url).unwrap();
    signed.query_pairs_mut().extend_pairs(query);
    signed.query_pairs().find(|(name, _)| name == "X-Amz-Signature").unwrap().1.into_owned()
}

/// The URL before it is signed: the parameters of the operation alone.
pub(in crate::adapters::s3) fn unsigned(url: &str) -> String {
    let (bare, query) = url.split_once('?').unwrap();
    let own: Vec<&str> = query.split('&').filter(|parameter| !parameter.starts_with("X-Amz-")).collect();
    format!("{bare}?{}", own.join("&"))
}

pub(in crate::adapters::s3) fn signature(url: &str) -> &str {
    url.rsplit_once("X-Amz-Signature=").unwrap().1
}

#[test]
fn ten_thousand_random_requests_are_signed_as_aws_signs_them() {
    let header_value = "[!-~]([ -~]{0,40}[!-~])?";
    let input = (
        "[!-~é世🦀 ]{1,80}",
        proptest::collection::btree_map(
            proptest::sample::select(vec![
                "content-length",
                "content-type",
                "if-none-match",
                "x-amz-checksum-sha256",
                "x-amz-tagging",
            ]),
            header_value,
            0..5,
        ),
        1u64..604_800,
        1_700_000_000i64..1_900_000_000,
        any::<bool>(),
    );
    let credentials = credentials("eu-central-1");
    let (virtual_host, path_style) =
        (bucket(""), bucket("endpoint_url = \"http://127.0.0.1:9000\"\nforce_path_style = true"));
    let mut runner = TestRunner::new(Config { cases: 10_000, ..Config::default() });
    runner
        .run(&input, |(name, headers, seconds, at, in_path)| {
            let bucket = if in_path { &path_style } else { &virtual_host };
            let key = ObjectKey::recorded(&tests_tenant("acme"), format!("acme/{name}")).unwrap();
            let headers: Vec<(&'static str, String)> = headers.into_iter().collect();
            let now = OffsetDateTime::from_unix_timestamp(at).unwrap();
            let expires_in = Duration::from_secs(seconds);
            let call = Call { method: "PUT", query: &[], headers: headers.clone() };
            let ours = presign(bucket, &credentials, &key, call, expires_in, now);
            let bare = ours.url.split('?').next().unwrap();
            prop_assert_eq!(signature(&ours.url), reference("PUT", bare, &headers, expires_in, now));
            prop_assert_eq!(ours.expires_at, now + expires_in);
            Ok(())
        })
        .unwrap();
}

#[test]
fn parts_and_downloads_are_signed_as_aws_signs_them() {
    let (credentials, bucket) = (credentials("eu-central-1"), bucket(""));
    let now = datetime!(2026-01-01 12:00 UTC);
    let key = ObjectKey::recorded(&tests_tenant("acme"), "acme/a b".into()).unwrap();
    let anything = ("[!-~é世🦀/+=& ]{1,80}", 1i64..=10_000, proptest::option::of(1i64..1 << 40), 1u64..604_800);
    let mut runner = TestRunner::new(Config { cases: 2_000, ..Config::default() });
    runner
        .run(&anything, |(text, number, size, seconds)| {
            let expires_in = Duration::from_secs(seconds);
            let number = PartNumber::parse(number).unwrap();
            let part = presign_part(&bucket, &credentials, &key, &text, number, size, expires_in, now);
            let get = presign_get(&bucket, &credentials, &key, &text, "text/plain; a=\"b c\"", expires_in, now);
            for ours in [&part, &get] {
                let reference = reference(ours.method, &unsigned(&ours.url), &ours.headers, expires_in, now);
                prop_assert_eq!(signature(&ours.url), reference);
                prop_assert_eq!(ours.expires_at, now + expires_in);
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_part_s_url_names_its_upload_and_number_and_signs_its_size_when_that_is_known() {
    let (credentials, bucket) = (credentials("eu-central-1"), bucket(""));
    let key = ObjectKey::recorded(&tests_tenant("acme"), "acme/a".into()).unwrap();
    let (number, minute, now) =
        (PartNumber::parse(7).unwrap(), Duration::from_secs(60), datetime!(2026-01-01 0:00 UTC));
    for (size, headers, signed) in
        [(Some(5), vec![("content-length", "5".to_owned())], "content-length%3Bhost"), (None, vec![], "host")]
    {
        let part = presign_part(&bucket, &credentials, &key, "a/b+c=&d", number, size, minute, now);
        assert_eq!((part.method, &part.headers), ("PUT", &headers));
        assert!(!format!("{part:?}").contains("acme/a"), "it shows");
        let (_, query) = part.url.split_once(&format!("&X-Amz-SignedHeaders={signed}&")).expect("those headers");
        let expected = "partNumber=7&uploadId=a%2Fb%2Bc%3D%26d&X-Amz-Signature=";
        assert_eq!(query.trim_end_matches(|c: char| c.is_ascii_hexdigit()), expected);
    }
}

#[test]
fn a_download_s_url_says_how_the_bytes_are_to_be_taken() {
    let (credentials, bucket) = (credentials("eu-central-1"), bucket(""));
    let key = ObjectKey::recorded(&tests_tenant("acme"), "acme/a".into()).unwrap();
    let (minute, now) = (Duration::from_secs(60), datetime!(2026-01-01 0:00 UTC));
    let get = presign_get(&bucket, &credentials, &key, "attachment; filename=\"a b\"", "image/png", minute, now);
    assert_eq!((get.method, get.headers.len()), ("GET", 0));
    let url = url::Url::parse(&get.url).unwrap();
    let own: Vec<_> = url.query_pairs().filter(|(name, _)| !name.starts_with("X-Amz-")).collect();
    let expected =
        [("response-content-disposition", "attachment; filename=\"a b\""), ("response-content-type", "image/png")];
    assert_eq!(own, expected.map(|(name, value)| (name.into(), value.into())));
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>: the example signs a GET with a
/// long-term key and no session token, which the gateway never does, so the canonical request is the document's own text.
#[test]
fn the_documented_example_comes_out() {
    let now = datetime!(2013-05-24 0:00 UTC);
    let canonical = "GET\n/test.txt\nX-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\nhost:examplebucket.s3.amazonaws.com\n\nhost\nUNSIGNED-PAYLOAD";
    let keys = SigningKeys::new(SECRET.into(), Scope::new("us-east-1", "s3"));
    let signature = keys.day_key(now).sign(&timestamp(now), canonical);
    assert_eq!(signature, "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

#[test]
fn a_bucket_is_found_where_the_configuration_says() {
    let key = ObjectKey::recorded(&tests_tenant("acme"), "acme/a b".into()).unwrap();
    for (extra, expected) in [
        ("", "https://uploads.s3.eu-central-1.amazonaws.com/acme/a%20b"),
        ("force_path_style = true", "https://s3.eu-central-1.amazonaws.com/uploads/acme/a%20b"),
        ("endpoint_url = \"http://127.0.0.1:9000\"", "http://127.0.0.1:9000/uploads/acme/a%20b"),
        ("endpoint_url = \"http://s3.local:9000\"", "http://uploads.s3.local:9000/acme/a%20b"),
        (
            "endpoint_url = \"http://inside:9000\"\ns3_public_endpoint_url = \"https://s3.example\"\nforce_path_style = true",
            "https://s3.example/uploads/acme/a%20b",
        ),
    ] {
        let bucket = bucket(extra);
        assert_eq!(format!("{}{}", bucket.origin(), bucket.path(&key)), expected);
    }
}

/// A header that is signed and that the bucket's CORS rules do not allow would keep every browser out.
#[test]
fn whatever_is_signed_stands_in_the_cors_headers() {
    let mut bucket = bucket("");
    assert_eq!(signable_headers(&bucket), CORS_HEADERS.split_at(5).0);
    bucket.kms_key_arn = Some("arn:aws:kms:eu-central-1:1:key/a".to_owned());
    let (subject, collection) = (Subject::parse("alice").unwrap(), Collection::default());
    let (now, file_name) = (datetime!(2026-01-01 0:00 UTC), FileName::parse("a.txt").unwrap());
    let id = UploadId::new(now);
    let mut signed = std::collections::BTreeSet::new();
    for algorithm in [ChecksumAlgorithm::Sha256, ChecksumAlgorithm::Crc32c, ChecksumAlgorithm::Crc64nvme] {
        let grant = Grant {
            id,
            key: ObjectKey::new(&crate::model::tests_tenant("acme"), &subject, &collection, id, &file_name),
            subject: subject.clone(),
            collection: collection.clone(),
            file_name: file_name.clone(),
            content_type: ContentType::parse("text/plain").unwrap(),
            size: GrantedSize::Exactly(FileSize::parse(5).unwrap()),
            checksum: Some(Checksum { algorithm, value: "AAAA".to_owned() }),
            metadata: Metadata::default(),
            method: Method::Put,
            parts: None,
        };
        let put = presign_put(&bucket, &credentials("eu-central-1"), &grant, Duration::from_secs(60), now);
        signed.extend(put.headers.iter().map(|(name, _)| *name));
    }
    // The browser's own to set.
    signed.remove("content-length");
    assert_eq!(signed.into_iter().collect::<Vec<_>>(), CORS_HEADERS);
    assert_eq!(signable_headers(&bucket), CORS_HEADERS);
}
