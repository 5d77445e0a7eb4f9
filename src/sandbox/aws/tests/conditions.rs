//! Can an object be written once only, even in a race?

use aws_sdk_s3::primitives::ByteStream;
use futures_util::future::join_all;

use super::{BUCKET, Sandbox, outcome};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_many_writers_wins() {
    let sandbox = Sandbox::start().await;
    let s3 = sandbox.tenant("acme").await;
    for round in 0..20 {
        let puts = (0..8).map(|writer| {
            let body = ByteStream::from(format!("writer {writer}").into_bytes());
            s3.put_object().bucket(BUCKET).key(format!("acme/{round}")).if_none_match("*").body(body).send()
        });
        let outcomes: Vec<_> = join_all(puts).await.iter().map(outcome).collect();
        let lost = outcomes.iter().filter(|outcome| **outcome == (412, "PreconditionFailed".to_owned())).count();
        assert_eq!((lost, outcomes.iter().filter(|outcome| outcome.0 == 200).count()), (7, 1), "{outcomes:?}");
    }
    // An object is two files: its bytes and its record.
    assert_eq!(sandbox.files(), 40);
}

#[tokio::test]
async fn an_object_is_replaced_only_as_it_was_known() {
    let sandbox = Sandbox::start().await;
    let s3 = sandbox.tenant("acme").await;
    let put = || s3.put_object().bucket(BUCKET).key("acme/a");
    let known = put().send().await.unwrap().e_tag.unwrap();
    assert_eq!(outcome(&put().if_match("\"0\"").send().await).0, 412);
    assert_eq!(outcome(&put().if_match(known).send().await).0, 200);
}
