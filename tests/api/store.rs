//! What does the bucket hold, and what do sessions reach in it?

use aws_sdk_s3::Client;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use upload_gateway::sandbox::neighbours::{BUCKET, REGION};

use crate::harness::Harness;

/// An S3 client that may do everything.
pub(crate) fn admin(gateway: &Harness) -> Client {
    let (id, secret) = gateway.neighbours().aws.admin_credentials();
    client(gateway, Credentials::new(id, secret, None, None, "test"))
}

/// An S3 client with a session of the upload role, as the gateway would have it for that tenant.
pub(crate) async fn session(gateway: &Harness, slug: &str, policy: Option<&str>) -> Client {
    let aws = &gateway.neighbours().aws;
    let (id, secret) = aws.gateway_credentials();
    let config = aws_sdk_sts::Config::builder()
        .behavior_version(aws_sdk_sts::config::BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(aws.url())
        .credentials_provider(Credentials::new(id, secret, None, None, "test"))
        .build();
    let tag = aws_sdk_sts::types::Tag::builder().key("customerName").value(slug).build().expect("a tag");
    let answer = aws_sdk_sts::Client::from_conf(config)
        .assume_role()
        .role_arn(aws.role_arn())
        .role_session_name(slug)
        .tags(tag)
        .set_policy(policy.map(str::to_owned))
        .send()
        .await
        .expect("a session");
    let given = answer.credentials().expect("credentials");
    let token = Some(given.session_token().to_owned());
    client(gateway, Credentials::new(given.access_key_id(), given.secret_access_key(), token, None, "test"))
}

/// An S3 client with credentials that were handed out.
pub(crate) fn client_of(gateway: &Harness, id: &str, secret: &str, token: &str) -> Client {
    client(gateway, Credentials::new(id, secret, Some(token.to_owned()), None, "test"))
}

fn client(gateway: &Harness, credentials: Credentials) -> Client {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(gateway.neighbours().aws.url())
        .force_path_style(true)
        .retry_config(RetryConfig::disabled())
        .credentials_provider(credentials)
        .build();
    Client::from_conf(config)
}

/// Every key in the bucket.
pub(crate) async fn keys(gateway: &Harness) -> Vec<String> {
    let listing = admin(gateway).list_objects_v2().bucket(BUCKET).send().await.expect("a listing");
    assert_eq!(listing.is_truncated(), Some(false));
    listing.contents().iter().filter_map(|object| object.key()).map(str::to_owned).collect()
}

/// The status of a call by the SDK.
pub(crate) fn status<T, E>(result: &Result<T, SdkError<E, HttpResponse>>) -> u16 {
    match result {
        Ok(_) => 200,
        Err(error) => error.raw_response().map_or(0, |response| response.status().as_u16()),
    }
}

/// What that client gets when it writes and reads under a key: the statuses of PUT, GET, HEAD and DELETE.
pub(crate) async fn attempt(s3: &Client, key: &str) -> [u16; 4] {
    let put = s3.put_object().bucket(BUCKET).key(key).body("theirs".as_bytes().to_vec().into()).send();
    let put = status(&Box::pin(put).await);
    let get = status(&Box::pin(s3.get_object().bucket(BUCKET).key(key).send()).await);
    let head = status(&Box::pin(s3.head_object().bucket(BUCKET).key(key).send()).await);
    let delete = status(&Box::pin(s3.delete_object().bucket(BUCKET).key(key).send()).await);
    [put, get, head, delete]
}

/// Puts bytes together in parts, as the SDK does it by itself, and gives back what S3 calls the result.
pub(crate) async fn multipart(gateway: &Harness, key: &str, bytes: &[u8], part_size: usize) -> String {
    multipart_by(&admin(gateway), key, bytes, part_size).await
}

/// The same by that client.
pub(crate) async fn multipart_by(s3: &Client, key: &str, bytes: &[u8], part_size: usize) -> String {
    let begun = Box::pin(s3.create_multipart_upload().bucket(BUCKET).key(key).send()).await.expect("begun");
    let id = begun.upload_id().expect("an id");
    let mut parts = CompletedMultipartUpload::builder();
    for (number, piece) in (1..).zip(bytes.chunks(part_size)) {
        let part = s3.upload_part().bucket(BUCKET).key(key).upload_id(id).part_number(number);
        let sent = Box::pin(part.body(piece.to_vec().into()).send()).await.expect("sent");
        parts = parts.parts(CompletedPart::builder().part_number(number).set_e_tag(sent.e_tag).build());
    }
    let whole = s3.complete_multipart_upload().bucket(BUCKET).key(key).upload_id(id).multipart_upload(parts.build());
    Box::pin(whole.send()).await.expect("put together").e_tag.expect("an etag")
}
