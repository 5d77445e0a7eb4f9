//! Do parts become the object that they should?

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode, CompletedMultipartUpload, CompletedPart};
use futures_util::future::join_all;

use super::{BUCKET, Sandbox, answer, outcome, soon, unsent};

const KEY: &str = "acme/film.mp4";
const FIVE_MIB: usize = 5 * 1024 * 1024;

async fn begin(s3: &Client) -> String {
    let create = s3.create_multipart_upload().bucket(BUCKET).key(KEY).content_type("video/mp4");
    create.send().await.unwrap().upload_id.unwrap()
}

async fn send_part(s3: &Client, id: &str, number: i32, body: Vec<u8>) -> CompletedPart {
    let part = s3.upload_part().bucket(BUCKET).key(KEY).upload_id(id).part_number(number);
    let response = unsent(&part.presigned(soon()).await.unwrap()).body(body).send().await.unwrap();
    assert_eq!(response.status().as_u16(), 200);
    let e_tag = response.headers().get("etag").unwrap().to_str().unwrap();
    CompletedPart::builder().part_number(number).e_tag(e_tag).build()
}

fn complete(
    s3: &Client,
    id: &str,
    parts: &[CompletedPart],
) -> aws_sdk_s3::operation::complete_multipart_upload::builders::CompleteMultipartUploadFluentBuilder {
    let parts = CompletedMultipartUpload::builder().set_parts(Some(parts.to_vec())).build();
    s3.complete_multipart_upload().bucket(BUCKET).key(KEY).upload_id(id).multipart_upload(parts)
}

#[tokio::test]
async fn presigned_parts_make_an_object_even_across_sessions() {
    let sandbox = Sandbox::start().await;
    let s3 = sandbox.tenant("acme").await;
    let id = begin(&s3).await;
    let second = send_part(&s3, &id, 7, b"end".to_vec()).await;
    send_part(&s3, &id, 2, b"replaced".to_vec()).await;
    let first = send_part(&s3, &id, 2, vec![1; FIVE_MIB]).await;

    // The gateway's credentials are renewed while an upload lasts.
    let s3 = sandbox.tenant("acme").await;
    let listed = s3.list_parts().bucket(BUCKET).key(KEY).upload_id(&id).send().await.unwrap();
    let listed: Vec<_> = listed.parts().iter().map(|part| (part.part_number(), part.size())).collect();
    assert_eq!(listed, [(Some(2), Some(5_242_880)), (Some(7), Some(3))]);
    let page = s3.list_parts().bucket(BUCKET).key(KEY).upload_id(&id).max_parts(1).send().await.unwrap();
    assert_eq!((page.is_truncated(), page.next_part_number_marker()), (Some(true), Some("2")));

    let done = complete(&s3, &id, &[first, second]).send().await.unwrap();
    assert!(done.e_tag().unwrap().ends_with("-2\""));
    let get = s3.get_object().bucket(BUCKET).key(KEY).send().await.unwrap();
    assert_eq!((get.content_length(), get.content_type()), (Some(5_242_883), Some("video/mp4")));
    assert!(get.body.collect().await.unwrap().into_bytes().ends_with(b"\x01end"));
    assert_eq!(sandbox.files(), 2, "the parts are gone");
}

#[tokio::test]
async fn a_completion_that_is_wrong_changes_nothing() {
    let sandbox = Sandbox::start().await;
    let s3 = sandbox.tenant("acme").await;
    let id = begin(&s3).await;
    let first = send_part(&s3, &id, 1, b"small".to_vec()).await;
    let second = send_part(&s3, &id, 2, b"end".to_vec()).await;
    let unknown = CompletedPart::builder().part_number(3).e_tag("x").build();
    let changed = CompletedPart::builder().part_number(1).e_tag("\"x\"").build();
    for (parts, code) in [
        (vec![first.clone(), second.clone()], "EntityTooSmall"),
        (vec![second, first.clone()], "InvalidPartOrder"),
        (vec![unknown], "InvalidPart"),
        (vec![changed], "InvalidPart"),
        (vec![], "MalformedXML"),
    ] {
        assert_eq!(outcome(&complete(&s3, &id, &parts).send().await), (400, code.to_owned()));
    }
    assert_eq!(outcome(&complete(&s3, &id, &[first]).send().await), (200, String::new()));
}

#[tokio::test]
async fn an_upload_id_opens_only_its_own_key() {
    let sandbox = Sandbox::start().await;
    let id = begin(&sandbox.tenant("acme").await).await;
    let globex = sandbox.tenant("globex").await;
    let part = globex.upload_part().bucket(BUCKET).key("globex/x").upload_id(&id).part_number(1);
    let missing = (404, "NoSuchUpload".to_owned());
    assert_eq!(outcome(&part.body(ByteStream::from_static(b"x")).send().await), missing);
    let abort = globex.abort_multipart_upload().bucket(BUCKET).key("globex/x").upload_id(&id).send().await;
    assert_eq!(outcome(&abort), missing);
}

#[tokio::test]
async fn an_aborted_upload_leaves_nothing() {
    let sandbox = Sandbox::start().await;
    let s3 = sandbox.tenant("acme").await;
    let id = begin(&s3).await;
    send_part(&s3, &id, 1, b"part".to_vec()).await;
    let abort = s3.abort_multipart_upload().bucket(BUCKET).key(KEY).upload_id(&id);
    abort.clone().send().await.unwrap();
    assert_eq!(sandbox.files(), 0);
    assert_eq!(outcome(&abort.send().await), (404, "NoSuchUpload".to_owned()));
}

#[tokio::test]
async fn checksums_of_parts_are_verified_and_combined() {
    let sandbox = Sandbox::start().await;
    let s3 = sandbox.tenant("acme").await;
    let create = s3.create_multipart_upload().bucket(BUCKET).key(KEY).checksum_algorithm(ChecksumAlgorithm::Sha256);
    let id = create.send().await.unwrap().upload_id.unwrap();
    let part = || s3.upload_part().bucket(BUCKET).key(KEY).upload_id(&id).part_number(1);
    let sum = "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=";
    let presigned = part().checksum_sha256(sum).presigned(soon()).await.unwrap();
    assert_eq!(answer(unsent(&presigned).body("hullo")).await, (400, "BadDigest".to_owned()));
    let without = part().presigned(soon()).await.unwrap();
    assert_eq!(answer(unsent(&without).body("hello")).await, (400, "InvalidRequest".to_owned()));
    let response = unsent(&presigned).body("hello").send().await.unwrap();
    let e_tag = response.headers().get("etag").unwrap().to_str().unwrap();
    let bare = CompletedPart::builder().part_number(1).e_tag(e_tag);
    let refused = complete(&s3, &id, &[bare.clone().build()]).send().await;
    assert_eq!(outcome(&refused), (400, "InvalidRequest".to_owned()));
    let done = complete(&s3, &id, &[bare.checksum_sha256(sum).build()]).send().await.unwrap();
    assert!(done.checksum_sha256().unwrap().ends_with("-1"));
    let head = s3.head_object().bucket(BUCKET).key(KEY).checksum_mode(ChecksumMode::Enabled).send().await.unwrap();
    assert_eq!(head.checksum_sha256(), done.checksum_sha256());
    assert_eq!(head.checksum_type().map(|kind| kind.as_str()), Some("COMPOSITE"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_many_completions_wins() {
    let sandbox = Sandbox::start().await;
    let s3 = sandbox.tenant("acme").await;
    let mut completions = Vec::new();
    for _ in 0..6 {
        let id = begin(&s3).await;
        let part = send_part(&s3, &id, 1, b"only".to_vec()).await;
        completions.push(complete(&s3, &id, &[part]).if_none_match("*").send());
    }
    let outcomes: Vec<_> = join_all(completions).await.iter().map(outcome).collect();
    let lost = outcomes.iter().filter(|outcome| **outcome == (412, "PreconditionFailed".to_owned())).count();
    assert_eq!(lost, 5, "{outcomes:?}");
}
