//! Do temporary credentials work as long as they should, and only whole?

use std::time::Duration;

use aws_sdk_s3::config::Credentials;
use aws_sdk_s3::primitives::ByteStream;

use super::{BUCKET, Sandbox, answer, long_term, outcome, soon, unsent};

#[tokio::test]
async fn a_session_writes_reads_and_deletes_its_objects() {
    let sandbox = Sandbox::start().await;
    let s3 = sandbox.tenant("acme").await;
    let key = format!("acme/{}/späte Grüße+&?.txt", "long".repeat(200));
    let put = s3.put_object().bucket(BUCKET).key(&key).content_type("text/plain").metadata("owner", "alice");
    put.body(ByteStream::from_static(b"hello")).send().await.unwrap();

    let head = s3.head_object().bucket(BUCKET).key(&key).send().await.unwrap();
    assert_eq!((head.content_length(), head.content_type()), (Some(5), Some("text/plain")));
    assert_eq!(head.metadata().unwrap().get("owner").map(String::as_str), Some("alice"));
    assert_eq!(head.e_tag(), Some("\"5d41402abc4b2a76b9719d911017c592\""));

    let get = s3.get_object().bucket(BUCKET).key(&key).range("bytes=1-2").send().await.unwrap();
    assert_eq!((get.content_range(), get.content_type()), (Some("bytes 1-2/5"), Some("text/plain")));
    assert_eq!(get.body.collect().await.unwrap().into_bytes().as_ref(), b"el");

    s3.delete_object().bucket(BUCKET).key(&key).send().await.unwrap();
    let gone = sandbox.admin().head_object().bucket(BUCKET).key(&key).send().await;
    assert_eq!(outcome(&gone).0, 404);
    assert_eq!(sandbox.files(), 0);
}

#[tokio::test]
async fn objects_outlive_the_server() {
    let sandbox = Sandbox::start().await;
    let admin = sandbox.admin();
    admin.put_object().bucket(BUCKET).key("a").body(ByteStream::from_static(b"1")).send().await.unwrap();
    let Sandbox { aws, directory, .. } = sandbox;
    aws.stop().await;
    let again = Sandbox::start_with(|options| options.directory = directory.path().to_owned()).await;
    let body = again.admin().get_object().bucket(BUCKET).key("a").send().await.unwrap().body;
    assert_eq!(body.collect().await.unwrap().into_bytes().as_ref(), b"1");
}

#[tokio::test]
async fn a_key_is_nothing_without_its_own_token() {
    let sandbox = Sandbox::start().await;
    let own = sandbox.session("acme", None).await;
    let other = sandbox.session("globex", None).await;
    let with = |token: Option<&str>| {
        let token = token.map(str::to_owned);
        sandbox.s3(Credentials::new(own.access_key_id(), own.secret_access_key(), token, None, "test"))
    };
    let tampered = own.session_token().unwrap().to_owned() + "x";
    for (token, expected) in [
        (own.session_token(), (200, "")),
        (None, (403, "InvalidAccessKeyId")),
        (other.session_token(), (400, "InvalidToken")),
        (Some(tampered.as_str()), (400, "InvalidToken")),
    ] {
        let s3 = with(token);
        let put = || s3.put_object().bucket(BUCKET).key("acme/a");
        let expected = (expected.0, expected.1.to_owned());
        assert_eq!(outcome(&put().send().await), expected);
        let presigned = put().presigned(soon()).await.unwrap();
        assert_eq!(answer(unsent(&presigned)).await, expected);
    }
    let (id, secret) = sandbox.aws.admin_credentials();
    let admin = sandbox.s3(Credentials::new(id, secret, own.session_token().map(str::to_owned), None, "test"));
    assert_eq!(outcome(&admin.put_object().bucket(BUCKET).key("a").send().await).1, "InvalidToken");
}

#[tokio::test]
async fn a_token_cannot_be_changed_in_a_presigned_url() {
    let sandbox = Sandbox::start().await;
    let put = sandbox.tenant("acme").await.put_object().bucket(BUCKET).key("acme/a").presigned(soon()).await.unwrap();
    let mut url = url::Url::parse(put.uri()).unwrap();
    let pairs: Vec<_> = url.query_pairs().into_owned().filter(|(name, _)| name != "X-Amz-Security-Token").collect();
    url.query_pairs_mut().clear().extend_pairs(&pairs);
    let client = reqwest::Client::new();
    assert_eq!(answer(client.put(url.clone())).await, (403, "InvalidAccessKeyId".to_owned()));
    url.query_pairs_mut().append_pair("X-Amz-Security-Token", "another");
    assert_eq!(answer(client.put(url)).await, (400, "InvalidToken".to_owned()));
}

#[tokio::test]
async fn a_session_ends_when_it_said_it_would() {
    let sandbox = Sandbox::start().await;
    sandbox.aws.set_longest_session(Duration::from_secs(60));
    let s3 = sandbox.tenant("acme").await;
    let put = || s3.put_object().bucket(BUCKET).key("acme/a");
    let presigned = put().presigned(soon()).await.unwrap();
    sandbox.pass(Duration::from_secs(58));
    assert_eq!(outcome(&put().send().await), (200, String::new()));
    sandbox.pass(Duration::from_secs(3));
    assert_eq!(outcome(&put().send().await), (400, "ExpiredToken".to_owned()));
    assert_eq!(answer(unsent(&presigned)).await, (400, "ExpiredToken".to_owned()));
}

#[tokio::test]
async fn an_unknown_key_and_a_wrong_secret_are_told_apart() {
    let sandbox = Sandbox::start().await;
    let (id, _) = sandbox.aws.admin_credentials();
    for (credentials, expected) in [
        (("AKIAUNKNOWN000000000", "secret"), (403, "InvalidAccessKeyId")),
        ((id, "secret"), (403, "SignatureDoesNotMatch")),
    ] {
        let put = sandbox.s3(long_term(credentials)).put_object().bucket(BUCKET).key("a").send().await;
        assert_eq!(outcome(&put), (expected.0, expected.1.to_owned()));
    }
    let anonymous = reqwest::Client::new().put(format!("{}/{BUCKET}/a", sandbox.aws.url()));
    assert_eq!(answer(anonymous).await, (403, "AccessDenied".to_owned()));
}
