//! Which keys does somebody with temporary credentials write under, and which of them are an upload's?

use reqwest::StatusCode;
use serde_json::json;
use upload_gateway::sandbox::neighbours::BUCKET;

use crate::harness::Harness;
use crate::holder::Holder;
use crate::store;

#[tokio::test]
async fn keys_of_any_shape_are_taken_and_those_of_nobody_are_not() {
    let gateway = Harness::start().await;
    let holder = Holder::of(&gateway).await;
    let longest = "n".repeat(1024 - holder.prefix.len());
    for (name, collection, file_name) in [
        ("plain.txt", "default", "plain.txt"),
        ("photos/a.txt", "photos", "a.txt"),
        ("photos/2026/11/a.txt", "photos", "a.txt"),
        ("not a collection/a.txt", "default", "a.txt"),
        ("//a.txt", "default", "a.txt"),
        ("photos//", "photos", "photos"),
        ("folder/", "folder", "folder"),
        ("写真/é ?&=+%#\"<>|.txt", "default", "é ?&=+%#\"<>|.txt"),
        ("back\\slash.txt", "default", "slash.txt"),
        ("line\nbreak.txt", "default", "linebreak.txt"),
        ("default/0193a3c5-0000-7000-8000-000000000000/name.txt", "default", "name.txt"),
        ("3f2b1c9e-8d4a-4e6b-9c1d-2a7f5e8b0c31-photo.jpg", "default", "photo.jpg"),
        (&longest, "default", &"n".repeat(255)),
    ] {
        let key = holder.written(name, "hello", "01").await;
        let upload = holder.uploads().await.remove(0);
        let told = ["key", "collection", "fileName"].map(|member| upload[member].as_str().expect("a text"));
        assert_eq!(told, [&key, collection, file_name]);
        assert_eq!(holder.delete(&upload).await, StatusCode::NO_CONTENT);
        assert_eq!(store::keys(&gateway).await, [""; 0], "{key:?}");
    }
    let before = holder.uploads().await.len();
    let subject = holder.prefix.trim_end_matches('/').to_owned();
    for key in [
        subject.clone(),
        format!("{subject}/"),
        format!("{subject}//"),
        format!("{subject}/a\0b"),
        format!("{subject}/{}", "n".repeat(1024)),
        "acme/.hidden/a".to_owned(),
        "acme/../globex/a".to_owned(),
        "acme//a".to_owned(),
        "acme/a b/c".to_owned(),
        "ACME/alice/a".to_owned(),
        "nobody/alice/a".to_owned(),
        "globex/gina/a".to_owned(),
        "/acme/alice/a".to_owned(),
        "../acme/alice/a".to_owned(),
        "a".to_owned(),
        format!("{subject}/there-is-no-such-object"),
    ] {
        assert_eq!(holder.tell(&key, "01").await, (StatusCode::OK, json!(0)), "{key:?}");
    }
    assert_eq!(holder.uploads().await.len(), before);
}

#[tokio::test]
async fn a_key_with_dots_is_a_key_like_others() {
    let gateway = Harness::start().await;
    let holder = Holder::of(&gateway).await;
    for name in ["a/../b.txt", "./b.txt", ".."] {
        let key = format!("{}{name}", holder.prefix);
        let admin = store::admin(&gateway);
        let put = admin.put_object().bucket(BUCKET).key(&key).content_type("text/plain");
        Box::pin(put.body(b"hello".to_vec().into()).send()).await.expect("written");
        assert_eq!(store::keys(&gateway).await, std::slice::from_ref(&key), "S3 normalises nothing");
        assert_eq!(holder.tell(&key, "01").await, (StatusCode::OK, json!(1)), "{name}");
        let upload = holder.uploads().await.remove(0);
        assert_eq!((&upload["key"], &upload["status"]), (&json!(key), &json!("completed")));
        assert_eq!(holder.delete(&upload).await, StatusCode::NO_CONTENT);
    }
}
