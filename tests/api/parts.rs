//! Does an object come together from parts, and is every way in which it does not told from the others?

use aws_sdk_s3::types::ServerSideEncryption;
use upload_gateway::adapters::s3::{ObjectError, presign_part};
use upload_gateway::adapters::sts::TemporaryCredentials;
use upload_gateway::model::{Grant, ObjectKey, PartNumber, StoredPart};
use upload_gateway::sandbox::aws::Fault;
use upload_gateway::sandbox::neighbours::BUCKET;

use crate::stage::{MINUTE, Sent, Stage, grant, now, send};

const FIVE_MIB: usize = 5 << 20;

fn number(number: i64) -> PartNumber {
    PartNumber::parse(number).unwrap()
}

/// Sends one part through a URL of its own.
async fn part(
    stage: &Stage,
    session: &TemporaryCredentials,
    key: &ObjectKey,
    id: &str,
    nth: i64,
    body: Vec<u8>,
) -> Sent {
    let size = Some(i64::try_from(body.len()).unwrap());
    let url = presign_part(&stage.bucket, session, key, id, number(nth), size, MINUTE, now());
    send(&url, body).await
}

async fn begin(stage: &Stage) -> (TemporaryCredentials, Grant, String) {
    let (session, grant) = (stage.session("acme", Some("alice")).await, grant(1 << 30));
    let id = stage.objects.create_multipart(&session, &grant).await.unwrap();
    (session, grant, id)
}

#[tokio::test]
async fn parts_make_the_granted_object() {
    let stage = Stage::with("kms_key_arn = \"arn:aws:kms:eu-central-1:1:key/x\"\n").await;
    let (session, Grant { key, .. }, id) = begin(&stage).await;
    assert_eq!(part(&stage, &session, &key, &id, 1, vec![b'a'; FIVE_MIB]).await.0, 200);
    assert_eq!(part(&stage, &session, &key, &id, 2, b"end".to_vec()).await.0, 200);
    assert!(matches!(stage.objects.head(&session, &key).await, Err(ObjectError::Missing)), "not before it is complete");

    let parts = stage.objects.list_parts(&session, &key, &id).await.unwrap();
    let seen: Vec<_> = parts.iter().map(|part| (part.number.get(), part.size)).collect();
    assert_eq!(seen, [(1, 5 << 20), (2, 3)]);
    assert!(parts.iter().all(|part| part.etag.len() == 32 && !part.etag.contains('"')), "{parts:?}");
    stage.objects.complete_multipart(&session, &key, &id, &parts).await.unwrap();

    let stored = stage.objects.head(&session, &key).await.unwrap();
    assert_eq!((stored.size, stored.content_type.as_deref()), ((5 << 20) + 3, Some("text/plain")));
    let seen = stage.admin().head_object().bucket(BUCKET).key(key.as_str()).send().await.unwrap();
    assert_eq!(seen.server_side_encryption(), Some(&ServerSideEncryption::AwsKms));
    assert_eq!(seen.ssekms_key_id(), Some("arn:aws:kms:eu-central-1:1:key/x"));
}

#[tokio::test]
async fn a_part_s_url_takes_its_own_part_only() {
    let stage = Stage::set().await;
    let (session, Grant { key, .. }, id) = begin(&stage).await;
    let sized = presign_part(&stage.bucket, &session, &key, &id, number(1), Some(5), MINUTE, now());
    for body in ["four", "sixsix"] {
        assert_eq!(send(&sized, body).await.0, 403, "{body}");
    }
    let mut other = sized.clone();
    other.url = sized.url.replace("partNumber=1&", "partNumber=2&");
    assert_eq!(send(&other, "fives").await.0, 403);
    let stale = presign_part(&stage.bucket, &session, &key, &id, number(1), Some(5), MINUTE, now() - 2 * MINUTE);
    assert_eq!(send(&stale, "fives").await.0, 403);
    assert_eq!(stage.objects.list_parts(&session, &key, &id).await.unwrap(), []);

    assert_eq!(send(&sized, "fives").await.0, 200);
    let any = presign_part(&stage.bucket, &session, &key, &id, number(2), None, MINUTE, now());
    assert_eq!(send(&any, "whatever").await.0, 200);
    let parts = stage.objects.list_parts(&session, &key, &id).await.unwrap();
    assert_eq!(parts.iter().map(|part| part.size).collect::<Vec<_>>(), [5, 8]);
}

#[tokio::test]
async fn parts_that_make_no_object_are_refused_for_good() {
    let stage = Stage::set().await;
    let (session, Grant { key, .. }, id) = begin(&stage).await;
    for nth in 1..=2 {
        assert_eq!(part(&stage, &session, &key, &id, nth, b"small".to_vec()).await.0, 200);
    }
    let parts = stage.objects.list_parts(&session, &key, &id).await.unwrap();
    let mut turned = parts.clone();
    turned.reverse();
    let foreign = vec![StoredPart { etag: "0".repeat(32), ..parts[0].clone() }];
    for (wrong, code) in [
        (parts.clone(), "EntityTooSmall"),
        (turned, "InvalidPartOrder"),
        (foreign, "InvalidPart"),
        (vec![], "MalformedXML"),
    ] {
        let refused = stage.objects.complete_multipart(&session, &key, &id, &wrong).await;
        assert!(matches!(&refused, Err(ObjectError::Refused(why)) if why.starts_with(code)), "{code}: {refused:?}");
    }
    stage.objects.complete_multipart(&session, &key, &id, &parts[..1]).await.unwrap();
}

#[tokio::test]
async fn an_object_that_is_there_is_not_replaced_and_not_complained_about() {
    let stage = Stage::set().await;
    let (session, Grant { key, .. }, id) = begin(&stage).await;
    assert_eq!(part(&stage, &session, &key, &id, 1, b"second".to_vec()).await.0, 200);
    stage.plant(key.as_str(), "first!!").await;
    let parts = stage.objects.list_parts(&session, &key, &id).await.unwrap();
    stage.objects.complete_multipart(&session, &key, &id, &parts).await.unwrap();
    assert_eq!(stage.objects.head(&session, &key).await.unwrap().size, 7);
}

#[tokio::test]
async fn an_upload_that_is_over_is_missing_and_ends_again_without_complaint() {
    let stage = Stage::set().await;
    let (session, Grant { key, .. }, id) = begin(&stage).await;
    assert_eq!(part(&stage, &session, &key, &id, 1, b"part".to_vec()).await.0, 200);
    let parts = stage.objects.list_parts(&session, &key, &id).await.unwrap();
    for _ in 0..2 {
        stage.objects.abort_multipart(&session, &key, &id).await.unwrap();
    }
    let listed = stage.objects.list_parts(&session, &key, &id).await;
    assert!(matches!(listed, Err(ObjectError::Missing)), "{listed:?}");
    let completed = stage.objects.complete_multipart(&session, &key, &id, &parts).await;
    assert!(matches!(completed, Err(ObjectError::Missing)), "{completed:?}");
}

#[tokio::test]
async fn a_store_that_is_away_or_forbids_is_unavailable_and_never_missing() {
    let stage = Stage::set().await;
    let (session, grant, id) = begin(&stage).await;
    let stranger = stage.session("acme", Some("bob")).await;
    let parts = [StoredPart { number: number(1), etag: "0".repeat(32), size: 1 }];
    for (session, fault) in [(&session, Fault::Unavailable), (&stranger, Fault::None)] {
        stage.aws.set_s3_fault(fault);
        let (objects, key) = (&stage.objects, &grant.key);
        let errors = [
            objects.create_multipart(session, &grant).await.err(),
            objects.list_parts(session, key, &id).await.err(),
            objects.complete_multipart(session, key, &id, &parts).await.err(),
            objects.abort_multipart(session, key, &id).await.err(),
            objects.delete(session, key).await.err(),
            objects.head(session, key).await.err(),
        ];
        for (at, error) in errors.iter().enumerate() {
            assert!(matches!(error, Some(ObjectError::Unavailable(_))), "{at}: {error:?}");
        }
    }
}
