//! Do faults come and go as they are set, and does the server stop?

use std::time::Duration;

use super::{BUCKET, Sandbox, outcome};
use crate::sandbox::aws::{Aws, Error, Fault};

#[tokio::test]
async fn an_unavailable_service_answers_503_and_recovers() {
    let sandbox = Sandbox::start().await;
    let s3 = sandbox.tenant("acme").await;
    sandbox.aws.set_sts_fault(Fault::Unavailable);
    assert_eq!(outcome(&sandbox.assume_role("acme").send().await), (503, "ServiceUnavailable".to_owned()));
    assert_eq!(outcome(&s3.put_object().bucket(BUCKET).key("acme/a").send().await).0, 200);
    sandbox.aws.set_sts_fault(Fault::None);
    sandbox.aws.set_s3_fault(Fault::Unavailable);
    assert_eq!(outcome(&sandbox.assume_role("acme").send().await).0, 200);
    let put = s3.put_object().bucket(BUCKET).key("acme/a").send().await;
    assert_eq!(outcome(&put), (503, "ServiceUnavailable".to_owned()));
    assert_eq!(sandbox.aws.assume_role_calls(), 3);
}

#[tokio::test]
async fn a_hanging_service_answers_once_it_is_let() {
    let sandbox = Sandbox::start().await;
    sandbox.aws.set_sts_fault(Fault::Hanging);
    let waiting = tokio::spawn(sandbox.assume_role("acme").send());
    while sandbox.aws.assume_role_calls() == 0 {
        tokio::task::yield_now().await;
    }
    assert!(!waiting.is_finished());
    sandbox.aws.set_sts_fault(Fault::None);
    assert_eq!(outcome(&waiting.await.unwrap()).0, 200);
}

#[tokio::test]
async fn stopping_is_bounded_and_frees_the_port() {
    let sandbox = Sandbox::start().await;
    sandbox.aws.set_sts_fault(Fault::Hanging);
    let waiting = tokio::spawn(sandbox.assume_role("acme").send());
    while sandbox.aws.assume_role_calls() == 0 {
        tokio::task::yield_now().await;
    }
    let port = url::Url::parse(sandbox.aws.url()).unwrap().port().unwrap();
    tokio::time::timeout(Duration::from_secs(10), sandbox.aws.stop()).await.unwrap();
    assert!(waiting.await.unwrap().is_err());
    tokio::net::TcpListener::bind(("127.0.0.1", port)).await.unwrap();
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let sandbox = Sandbox::start().await;
    let taken = url::Url::parse(sandbox.aws.url()).unwrap().port().unwrap();
    let options = crate::sandbox::aws::Options {
        directory: sandbox.directory.path().to_owned(),
        port: taken,
        region: super::REGION.to_owned(),
        bucket: BUCKET.to_owned(),
        clock: crate::model::Clock::system(),
        external_id: None,
    };
    assert!(matches!(Aws::start(options.clone()).await, Err(Error::Listen { port, .. }) if port == taken));
    let misnamed = crate::sandbox::aws::Options { bucket: "No".to_owned(), ..options };
    assert!(matches!(Aws::start(misnamed).await, Err(Error::BucketName(name)) if name == "No"));
}
