//! Does a look at an object tell missing from forbidden, and a download show what it may?

use upload_gateway::adapters::s3::{ObjectError, presign_get};
use upload_gateway::model::{Disposition, FileName, ObjectKey};

use crate::stage::{MINUTE, Stage, now, send, tenant};

fn key(text: &str) -> ObjectKey {
    ObjectKey::recorded(&tenant("acme"), text.to_owned()).unwrap()
}

/// What the role may do, everywhere in the bucket.
fn role(actions: &[&str]) -> String {
    serde_json::json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": actions, "Resource": "*"}})
        .to_string()
}

#[tokio::test]
async fn an_object_is_missing_only_when_a_listing_says_so() {
    let stage = Stage::set().await;
    stage.plant("acme/alice/a.txt", "hello").await;
    let (there, not) = (key("acme/alice/a.txt"), key("acme/alice/a"));
    for session in [stage.session("acme", None).await, stage.session("acme", Some("alice")).await] {
        assert_eq!(stage.objects.head(&session, &there).await.unwrap().size, 5);
        // Another key begins with it, and that one is not it.
        let missing = stage.objects.head(&session, &not).await;
        assert!(matches!(missing, Err(ObjectError::Missing)), "{missing:?}");
    }
    let session = stage.session("acme", None).await;
    for (may, key, lacks) in [
        (&["s3:ListBucket"][..], &there, "the role lacks s3:GetObject or the key's kms:Decrypt"),
        (&["s3:GetObject"], &not, "the role lacks s3:ListBucket"),
        (&["s3:PutObject"], &there, "the role lacks s3:ListBucket"),
        (&["s3:PutObject"], &not, "the role lacks s3:ListBucket"),
    ] {
        stage.aws.set_role_policy(&role(may)).unwrap();
        let unknown = stage.objects.head(&session, key).await;
        assert!(matches!(&unknown, Err(ObjectError::Unavailable(why)) if why.contains(lacks)), "{may:?}: {unknown:?}");
    }
    stage.aws.set_role_policy(&role(&["s3:ListBucket"])).unwrap();
    assert!(matches!(stage.objects.head(&session, &not).await, Err(ObjectError::Missing)), "the listing suffices");
}

#[tokio::test]
async fn an_object_is_deleted_once_and_nobody_else_s() {
    let stage = Stage::set().await;
    for key in ["acme/alice/a", "acme/bob/b"] {
        stage.plant(key, "x").await;
    }
    let session = stage.session("acme", Some("alice")).await;
    for _ in 0..2 {
        stage.objects.delete(&session, &key("acme/alice/a")).await.unwrap();
    }
    let foreign = stage.objects.delete(&session, &key("acme/bob/b")).await;
    assert!(matches!(foreign, Err(ObjectError::Unavailable(_))), "{foreign:?}");
    assert_eq!(stage.keys().await, ["acme/bob/b"]);
}

#[tokio::test]
async fn a_download_is_taken_as_it_was_signed_whatever_is_stored() {
    let stage = Stage::set().await;
    stage.plant("acme/alice/a", "hello").await;
    let session = stage.session("acme", Some("alice")).await;
    let header = Disposition::Attachment.header(&FileName::parse("ein \"Foto\" 写真.png").unwrap());
    let get = presign_get(&stage.bucket, &session, &key("acme/alice/a"), &header, "image/png", MINUTE, now());
    let (status, headers, body) = send(&get, "").await;
    assert_eq!((status, body.as_str()), (200, "hello"));
    assert_eq!(
        (&headers["content-disposition"], &headers["content-type"]),
        (&header.parse().unwrap(), &"image/png".parse().unwrap())
    );

    for (from, to) in [("attachment", "inline"), ("image%2Fpng", "text%2Fhtml"), ("alice", "bob")] {
        let mut bent = get.clone();
        bent.url = get.url.replace(from, to);
        assert_ne!(bent.url, get.url);
        assert_eq!(send(&bent, "").await.0, 403, "{to}");
    }
    let foreign = presign_get(&stage.bucket, &session, &key("acme/bob/a"), &header, "image/png", MINUTE, now());
    assert_eq!(send(&foreign, "").await.0, 403);
    let late =
        presign_get(&stage.bucket, &session, &key("acme/alice/a"), &header, "image/png", MINUTE, now() - 2 * MINUTE);
    assert_eq!(send(&late, "").await.0, 403);
}
