//! Is what a browser may ask by itself signed as AWS signs it, and is it no more than that?

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use time::macros::datetime;

use super::*;
use crate::adapters::s3::presign::tests::{bucket, bucket_with, credentials, reference, signature, unsigned};
use crate::model::{
    Collection, ContentType, FileName, FileSize, GrantedSize, Metadata, Method, Subject, UploadId, tests_tenant,
};

/// A grant of a film to Alice.
fn film() -> Grant {
    let (now, subject) = (datetime!(2026-01-01 0:00 UTC), Subject::parse("alice").unwrap());
    let (id, file_name) = (UploadId::new(now), FileName::parse("film.mp4").unwrap());
    Grant {
        id,
        key: ObjectKey::new(&tests_tenant("acme"), &subject, &Collection::default(), id, &file_name),
        subject,
        collection: Collection::default(),
        file_name,
        content_type: ContentType::parse("video/mp4; codecs=\"a b\"").unwrap(),
        size: GrantedSize::AtMost(FileSize::ONE_REQUEST),
        checksum: None,
        metadata: Metadata::default(),
        method: Method::Multipart,
        parts: None,
    }
}

#[test]
fn what_a_browser_asks_by_itself_is_signed_as_aws_signs_it() {
    let (credentials, grant) = (credentials("eu-central-1"), film());
    let buckets = [bucket(""), kms_bucket()];
    let now = datetime!(2026-01-01 12:00 UTC);
    let mut runner = TestRunner::new(Config { cases: 500, ..Config::default() });
    runner
        .run(&("[!-~]{1,200}", 1u64..604_800), |(id, seconds)| {
            let (id, expires_in) = (MultipartId::parse(&id).unwrap(), Duration::from_secs(seconds));
            for operation in operations(&grant, &id) {
                for bucket in &buckets {
                    let ours = presign_operation(bucket, &credentials, &grant.key, operation, expires_in, now);
                    let reference = reference(ours.method, &unsigned(&ours.url), &ours.headers, expires_in, now);
                    prop_assert_eq!(signature(&ours.url), reference, "{:?}", operation);
                    prop_assert_eq!(ours.expires_at, now + expires_in);
                }
            }
            Ok(())
        })
        .unwrap();
}

fn kms_bucket() -> Bucket {
    bucket_with("", "kms_key_arn = \"arn:aws:kms:eu-central-1:1:key/x\"")
}

fn operations<'a>(grant: &'a Grant, id: &'a MultipartId) -> [Operation<'a>; 5] {
    [
        Operation::Begin(grant),
        Operation::ListParts(id),
        Operation::Complete(id),
        Operation::Abort(id),
        Operation::Delete,
    ]
}

#[test]
fn each_operation_has_its_method_its_parameter_and_its_headers() {
    let (credentials, bucket, grant) = (credentials("eu-central-1"), kms_bucket(), film());
    let id = MultipartId::parse("a/b+c=&d").unwrap();
    let (minute, now) = (Duration::from_secs(60), datetime!(2026-01-01 0:00 UTC));
    let encryption = "x-amz-server-side-encryption=aws:kms x-amz-server-side-encryption-aws-kms-key-id=arn:aws:kms:eu-central-1:1:key/x";
    let beginning = format!("POST uploads= content-type={} {encryption}", grant.content_type.as_str());
    let expected = [
        beginning.as_str(),
        "GET uploadId=a%2Fb%2Bc%3D%26d",
        "POST uploadId=a%2Fb%2Bc%3D%26d if-none-match=*",
        "DELETE uploadId=a%2Fb%2Bc%3D%26d",
        "DELETE ",
    ];
    for (operation, expected) in operations(&grant, &id).into_iter().zip(expected) {
        let ours = presign_operation(&bucket, &credentials, &grant.key, operation, minute, now);
        let bare = unsigned(&ours.url);
        let headers = ours.headers.iter().map(|(name, value)| format!(" {name}={value}")).collect::<String>();
        let query = bare.split_once('?').unwrap().1;
        assert_eq!(format!("{} {query}{headers}", ours.method), expected);
    }
}
