//! Is what is stored what was signed and declared, and nothing else?

use aws_sdk_s3::config::interceptors::BeforeTransmitInterceptorContextMut;
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;
use aws_sdk_s3::primitives::{ByteStream, SdkBody};
use aws_sdk_s3::types::ChecksumMode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{BUCKET, Sandbox, answer, denied, outcome, soon, unsent};
use crate::sandbox::aws::checksum::{Algorithm, Hasher};

fn sum(algorithm: Algorithm, bytes: &[u8]) -> String {
    let mut hasher = Hasher::new(algorithm);
    hasher.update(bytes);
    STANDARD.encode(hasher.finish())
}

#[tokio::test]
async fn an_unsigned_amazon_header_is_refused() {
    let sandbox = Sandbox::start().await;
    let s3 = sandbox.tenant("acme").await;
    let presigned = s3.put_object().bucket(BUCKET).key("acme/a").presigned(soon()).await.unwrap();
    for (name, value) in [
        ("x-amz-acl", "public-read"),
        ("x-amz-meta-owner", "mallory"),
        ("x-amz-copy-source", "/uploads/globex/a"),
        ("x-amz-storage-class", "GLACIER"),
        ("x-amz-security-token", "another"),
        ("x-amz-checksum-sha256", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
    ] {
        assert_eq!(answer(unsent(&presigned).header(name, value)).await, denied(), "{name}");
    }
    assert_eq!(sandbox.files(), 0);
    assert_eq!(answer(unsent(&presigned)).await.0, 200);
}

#[tokio::test]
async fn what_was_signed_cannot_be_changed() {
    let sandbox = Sandbox::start().await;
    let s3 = sandbox.tenant("acme").await;
    let put = s3.put_object().bucket(BUCKET).key("acme/a").content_type("text/plain").content_length(5);
    let presigned = put.if_none_match("*").presigned(soon()).await.unwrap();
    let bare = || reqwest::Client::new().put(presigned.uri()).body("hello");
    for changed in [
        bare(),
        bare().header("content-type", "text/html").header("if-none-match", "*"),
        bare().header("content-type", "text/plain"),
        unsent(&presigned).header("content-length", "6").body("hello!"),
        reqwest::Client::new().put(presigned.uri().replace("acme", "globex")).body("hello"),
    ] {
        assert_eq!(answer(changed).await, (403, "SignatureDoesNotMatch".to_owned()));
    }
    assert_eq!(answer(unsent(&presigned).body("hello")).await.0, 200);
}

#[tokio::test]
async fn a_url_of_another_region_or_past_its_time_is_refused() {
    let sandbox = Sandbox::start().await;
    let s3 = sandbox.tenant("acme").await;
    let put = s3.put_object().bucket(BUCKET).key("acme/a").presigned(soon()).await.unwrap();
    let elsewhere = put.uri().replace("eu-west-1", "us-east-1");
    let expected = (400, "AuthorizationHeaderMalformed".to_owned());
    assert_eq!(answer(reqwest::Client::new().put(elsewhere)).await, expected);

    let past = aws_sdk_s3::presigning::PresigningConfig::builder()
        .start_time(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000))
        .expires_in(std::time::Duration::from_secs(60))
        .build()
        .unwrap();
    let late = s3.put_object().bucket(BUCKET).key("acme/a").presigned(past).await.unwrap();
    assert_eq!(answer(unsent(&late)).await, denied());
}

#[tokio::test]
async fn wrong_bytes_leave_nothing_behind() {
    let sandbox = Sandbox::start().await;
    let s3 = sandbox.tenant("acme").await;
    let put = || s3.put_object().bucket(BUCKET).key("acme/a");
    let declared = || {
        [
            put().checksum_sha256(sum(Algorithm::Sha256, b"right")),
            put().checksum_crc32_c(sum(Algorithm::Crc32c, b"right")),
            put().checksum_crc64_nvme(sum(Algorithm::Crc64Nvme, b"right")),
            put().checksum_crc32(sum(Algorithm::Crc32, b"right")),
            put().content_md5("fqEGjiFdR2N0GUsgWK9NNg=="),
        ]
    };
    for existing in [0, 2] {
        for put in declared() {
            let presigned = put.presigned(soon()).await.unwrap();
            assert_eq!(answer(unsent(&presigned).body("wrong")).await, (400, "BadDigest".to_owned()));
            assert_eq!(sandbox.files(), existing);
        }
        put().body(ByteStream::from_static(b"first")).send().await.unwrap();
    }
    let body = s3.get_object().bucket(BUCKET).key("acme/a").send().await.unwrap().body;
    assert_eq!(body.collect().await.unwrap().into_bytes().as_ref(), b"first");
}

#[tokio::test]
async fn a_body_that_ends_early_leaves_nothing_behind() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let sandbox = Sandbox::start().await;
    let s3 = sandbox.tenant("acme").await;
    let put = s3.put_object().bucket(BUCKET).key("acme/a").content_length(10).presigned(soon()).await.unwrap();
    let url = url::Url::parse(put.uri()).unwrap();
    let host = format!("127.0.0.1:{}", url.port().unwrap());
    let mut stream = tokio::net::TcpStream::connect(&host).await.unwrap();
    let target = format!("{}?{}", url.path(), url.query().unwrap());
    let request = format!("PUT {target} HTTP/1.1\r\nhost: {host}\r\ncontent-length: 10\r\n\r\nhello");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
    assert!(!String::from_utf8_lossy(&rest).contains("200 OK"));
    sandbox.aws.stop().await;
    let left = walkdir::WalkDir::new(sandbox.directory.path()).into_iter();
    assert_eq!(left.filter(|entry| entry.as_ref().unwrap().file_type().is_file()).count(), 0);
}

#[tokio::test]
async fn a_checksum_comes_back_to_who_asks_for_it() {
    let sandbox = Sandbox::start().await;
    let s3 = sandbox.tenant("acme").await;
    let put = || s3.put_object().bucket(BUCKET).key("acme/a").content_type("text/plain");
    for (put, algorithm) in [
        (put().checksum_sha256(sum(Algorithm::Sha256, b"right")), Algorithm::Sha256),
        (put().checksum_crc32_c(sum(Algorithm::Crc32c, b"right")), Algorithm::Crc32c),
        (put().checksum_crc64_nvme(sum(Algorithm::Crc64Nvme, b"right")), Algorithm::Crc64Nvme),
        // Without a checksum of the uploader's, S3 makes one.
        (put(), Algorithm::Crc64Nvme),
    ] {
        let presigned = put.presigned(soon()).await.unwrap();
        let response = unsent(&presigned).body("right").send().await.unwrap();
        let header = response.headers().get(algorithm.header()).unwrap().to_str().unwrap().to_owned();
        assert_eq!(header, sum(algorithm, b"right"));

        let head = s3.head_object().bucket(BUCKET).key("acme/a");
        let silent = head.clone().send().await.unwrap();
        assert_eq!(silent.content_type(), Some("text/plain"));
        assert_eq!((silent.checksum_sha256(), silent.checksum_crc64_nvme()), (None, None));
        let head = head.checksum_mode(ChecksumMode::Enabled).send().await.unwrap();
        let found = [head.checksum_sha256(), head.checksum_crc32_c(), head.checksum_crc64_nvme()];
        assert_eq!(found.into_iter().flatten().collect::<Vec<_>>(), [sum(algorithm, b"right")]);
    }
}

#[tokio::test]
async fn the_sdk_may_send_its_checksum_after_the_body() {
    let sandbox = Sandbox::start().await;
    let s3 = sandbox.tenant("acme").await;
    let path = sandbox.directory.path().join("body");
    tokio::fs::write(&path, vec![7; 100_000]).await.unwrap();
    let body = ByteStream::from_path(&path).await.unwrap();
    let put = s3.put_object().bucket(BUCKET).key("acme/a").body(body).send().await.unwrap();
    assert_eq!(put.checksum_crc32(), Some(sum(Algorithm::Crc32, &vec![7; 100_000]).as_str()));
    let head = s3.head_object().bucket(BUCKET).key("acme/a").send().await;
    assert_eq!(outcome(&head).0, 200);
    assert_eq!(head.unwrap().content_encoding(), None);
}

/// Replaces a request's body after it was signed.
#[derive(Debug)]
struct Forger;

impl Intercept for Forger {
    fn name(&self) -> &'static str {
        "Forger"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        *context.request_mut().body_mut() = SdkBody::from("wrong");
        Ok(())
    }
}

#[tokio::test]
async fn a_body_that_was_not_signed_leaves_nothing_behind() {
    let sandbox = Sandbox::start().await;
    let s3 = sandbox.tenant("acme").await;
    let put = s3.put_object().bucket(BUCKET).key("acme/a").body(ByteStream::from_static(b"right"));
    let refused = put.customize().interceptor(Forger).send().await;
    assert_eq!(outcome(&refused), (400, "XAmzContentSHA256Mismatch".to_owned()));
    assert_eq!(sandbox.files(), 0);
}
