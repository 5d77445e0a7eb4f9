//! Does S3 tell the queue of each object that is created, and of nothing else?

use std::time::Duration;

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use serde_json::Value;

use super::post::form;
use super::{BUCKET, Sandbox, answer, long_term, outcome};
use crate::adapters::s3::notification;
use crate::model::{ObjectCreated, Sequencer};

/// What is in the queue and was not received yet.
async fn told(sandbox: &Sandbox) -> Vec<String> {
    let sqs = sandbox.sqs(long_term(sandbox.aws.gateway_credentials()));
    let receive = sqs.receive_message().queue_url(sandbox.aws.queue_url()).max_number_of_messages(10);
    let messages = receive.send().await.unwrap().messages.unwrap_or_default();
    messages.into_iter().filter_map(|message| message.body).collect()
}

fn read(message: &str) -> ObjectCreated {
    notification::parse(message.as_bytes()).unwrap().remove(0)
}

async fn put(s3: &aws_sdk_s3::Client, key: &str) -> (u16, String) {
    outcome(&s3.put_object().bucket(BUCKET).key(key).body(ByteStream::from_static(b"hello")).send().await)
}

#[tokio::test]
async fn an_event_says_what_was_created_and_the_object_is_there() {
    let sandbox = Sandbox::start().await;
    let s3 = sandbox.admin();
    for key in ["acme/a.txt", "acme/a b+c%2Bd.txt", "acme/見積書.pdf"] {
        assert_eq!(put(&s3, key).await.0, 200);
        let [message] = told(&sandbox).await.try_into().unwrap();
        let event = read(&message);
        assert_eq!((event.bucket.as_str(), event.key.as_str()), (BUCKET, key));
        let head = s3.head_object().bucket(BUCKET).key(event.key).send().await.unwrap();

        let message: Value = serde_json::from_str(&message).unwrap();
        let record = &message["Records"][0];
        assert_eq!(record["eventName"], "ObjectCreated:Put");
        let object = &record["s3"]["object"];
        assert_eq!(
            (object["size"].as_i64(), object["eTag"].as_str()),
            (Some(5), head.e_tag().map(|tag| tag.trim_matches('"')))
        );
        let spelt = object["key"].as_str().unwrap();
        assert!(spelt.is_ascii() && !spelt.contains(' ') && spelt.starts_with("acme/"), "{spelt}");
    }
}

#[tokio::test]
async fn the_event_is_named_after_the_way_of_uploading() {
    let sandbox = Sandbox::start().await;
    let session = sandbox.session("acme", None).await;
    let posted = form(&sandbox, &session, session.session_token(), "acme/form", "hello");
    assert_eq!(answer(posted).await.0, 204);

    let s3 = sandbox.admin();
    let create = s3.create_multipart_upload().bucket(BUCKET).key("acme/parts").send().await.unwrap();
    let id = create.upload_id().unwrap();
    let part = s3.upload_part().bucket(BUCKET).key("acme/parts").upload_id(id).part_number(1);
    let part = part.body(ByteStream::from_static(b"hello")).send().await.unwrap();
    assert_eq!(sandbox.aws.queued_messages(), 1, "a part is no object");
    let parts = CompletedPart::builder().part_number(1).set_e_tag(part.e_tag).build();
    let parts = CompletedMultipartUpload::builder().parts(parts).build();
    let complete = s3.complete_multipart_upload().bucket(BUCKET).key("acme/parts").upload_id(id);
    complete.multipart_upload(parts).send().await.unwrap();

    let names = told(&sandbox).await.into_iter().map(|message| {
        let value: Value = serde_json::from_str(&message).unwrap();
        (value["Records"][0]["eventName"].as_str().unwrap().to_owned(), read(&message).key)
    });
    let expected = [("ObjectCreated:Post", "acme/form"), ("ObjectCreated:CompleteMultipartUpload", "acme/parts")];
    assert_eq!(names.collect::<Vec<_>>(), expected.map(|(name, key)| (name.to_owned(), key.to_owned())));
}

#[tokio::test]
async fn what_creates_nothing_is_not_told_of() {
    let sandbox = Sandbox::start().await;
    let s3 = sandbox.admin();
    let wrong = s3.put_object().bucket(BUCKET).key("acme/a").content_md5("AAAAAAAAAAAAAAAAAAAAAA==");
    assert_eq!(outcome(&wrong.body(ByteStream::from_static(b"hello")).send().await).0, 400);
    assert_eq!(put(&s3, "acme/a").await.0, 200);
    let second = s3.put_object().bucket(BUCKET).key("acme/a").if_none_match("*");
    assert_eq!(outcome(&second.body(ByteStream::from_static(b"other")).send().await).0, 412);
    s3.delete_object().bucket(BUCKET).key("acme/a").send().await.unwrap();
    assert_eq!(told(&sandbox).await.len(), 1);
}

#[tokio::test]
async fn sequencers_grow_even_over_a_restart() {
    let sandbox = Sandbox::start().await;
    let mut sequencers: Vec<Sequencer> = Vec::new();
    for _ in 0..3 {
        put(&sandbox.admin(), "acme/a").await;
    }
    sequencers.extend(told(&sandbox).await.iter().filter_map(|message| read(message).sequencer));
    let Sandbox { aws, directory, .. } = sandbox;
    aws.stop().await;
    let again = Sandbox::start_with(|options| options.directory = directory.path().to_owned()).await;
    put(&again.admin(), "acme/a").await;
    sequencers.extend(told(&again).await.iter().filter_map(|message| read(message).sequencer));
    assert_eq!(sequencers.len(), 4);
    assert!(sequencers.is_sorted_by(|a, b| a < b), "{sequencers:?}");
}

#[tokio::test]
async fn events_can_be_held_back() {
    let sandbox = Sandbox::start().await;
    sandbox.aws.hold_events(true);
    put(&sandbox.admin(), "acme/a").await;
    sandbox.aws.hold_events(true);
    put(&sandbox.admin(), "acme/b").await;
    assert_eq!(sandbox.aws.queued_messages(), 0);
    sandbox.pass(Duration::from_secs(3600));
    sandbox.aws.hold_events(false);
    let keys: Vec<String> = told(&sandbox).await.iter().map(|message| read(message).key).collect();
    assert_eq!(keys, ["acme/a", "acme/b"]);
    put(&sandbox.admin(), "acme/c").await;
    assert_eq!(sandbox.aws.queued_messages(), 3);
}
