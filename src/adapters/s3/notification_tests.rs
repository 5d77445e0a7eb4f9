//! Is every shape of notification understood, and everything else refused?

use proptest::prelude::*;
use serde_json::json;
use time::macros::datetime;
use url::form_urlencoded;

use super::*;

fn record(name: &str, key: &str) -> Value {
    json!({
        "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "eu-central-1", "eventName": name,
        "eventTime": "2026-11-21T12:34:56.789Z",
        "s3": {
            "s3SchemaVersion": "1.0",
            "bucket": { "name": "uploads", "arn": "arn:aws:s3:::uploads" },
            "object": { "key": key, "size": 1024, "eTag": "d41d8cd9", "sequencer": "0055AED6DCD90281E5" }
        }
    })
}

fn notification(name: &str, key: &str) -> Value {
    json!({ "Records": [record(name, key)] })
}

fn read(value: &Value) -> Result<Vec<ObjectCreated>, Malformed> {
    parse(value.to_string().as_bytes())
}

fn created(key: &str) -> ObjectCreated {
    ObjectCreated {
        bucket: "uploads".to_owned(),
        key: key.to_owned(),
        sequencer: Sequencer::parse("0055AED6DCD90281E5"),
        created_at: Some(datetime!(2026-11-21 12:34:56.789 UTC)),
    }
}

fn event_bridge(kind: &str, key: &str) -> Value {
    json!({
        "version": "0", "source": "aws.s3", "detail-type": kind, "region": "eu-central-1",
        "time": "2026-11-21T12:34:56.789Z",
        "detail": {
            "bucket": { "name": "uploads" },
            "object": { "key": key, "size": 5, "etag": "b1946ac9", "sequencer": "0055AED6DCD90281E5" },
            "reason": "PutObject"
        }
    })
}

fn by_sns(message: &Value) -> Value {
    json!({ "Type": "Notification", "TopicArn": "arn:aws:sns:…", "Subject": "Amazon S3 Notification", "Message": message.to_string() })
}

#[test]
fn every_way_of_creating_an_object_is_told_of() {
    for name in ["Put", "Post", "Copy", "CompleteMultipartUpload"] {
        for prefix in ["", "s3:"] {
            let name = format!("{prefix}ObjectCreated:{name}");
            assert_eq!(read(&notification(&name, "acme/a.txt")), Ok(vec![created("acme/a.txt")]), "{name}");
        }
    }
    for source in ["minio:s3", "ceph:s3"] {
        let mut told = notification("s3:ObjectCreated:Put", "acme/a.txt");
        told["Records"][0]["eventSource"] = json!(source);
        assert_eq!(read(&told), Ok(vec![created("acme/a.txt")]), "{source}");
    }
}

#[test]
fn the_keys_of_s3_are_decoded_as_a_form_and_those_of_event_bridge_are_not() {
    for (encoded, key) in [
        ("acme/my+report.pdf", "acme/my report.pdf"),
        ("acme/a%2Bb%26c.txt", "acme/a+b&c.txt"),
        ("acme%2Fx%252By", "acme/x%2By"),
        ("acme/%E8%A6%8B%E7%A9%8D%E6%9B%B8.pdf", "acme/見積書.pdf"),
        ("acme/見積書.pdf", "acme/見積書.pdf"),
        ("acme/100%", "acme/100%"),
    ] {
        assert_eq!(read(&notification("ObjectCreated:Put", encoded)), Ok(vec![created(key)]));
        assert_eq!(read(&event_bridge("Object Created", encoded)), Ok(vec![created(encoded)]));
    }
}

#[test]
fn sns_is_unwrapped_once() {
    let told = notification("ObjectCreated:Put", "acme/a+b");
    assert_eq!(read(&by_sns(&told)), Ok(vec![created("acme/a b")]));
    assert_eq!(read(&by_sns(&json!({ "Event": "s3:TestEvent" }))), Ok(vec![]));
    assert_eq!(read(&by_sns(&by_sns(&told))), Err(Malformed::Unknown));
    assert_eq!(read(&json!({ "Type": "Notification", "Message": "{" })), Err(Malformed::Json { line: 1, column: 1 }));
    assert_eq!(
        read(&json!({ "Type": "SubscriptionConfirmation", "Message": told.to_string() })),
        Err(Malformed::Unknown)
    );
}

#[test]
fn what_is_not_about_a_created_object_is_passed_over() {
    let test = json!({ "Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "uploads", "RequestId": "1" });
    for ignored in [
        test,
        json!({ "Records": [] }),
        notification("ObjectRemoved:Delete", "acme/a"),
        notification("s3:ObjectRemoved:DeleteMarkerCreated", "acme/a"),
        json!({ "Records": [{ "eventSource": "aws:s3", "eventName": "LifecycleExpiration:Delete" }] }),
        event_bridge("Object Deleted", "acme/a"),
    ] {
        assert_eq!(read(&ignored), Ok(vec![]), "{ignored}");
    }
    let mixed = json!({ "Records": [record("ObjectRemoved:Delete", "a"), record("ObjectCreated:Put", "b")] });
    assert_eq!(read(&mixed), Ok(vec![created("b")]));
}

#[test]
fn a_sequencer_may_be_missing_or_unreadable() {
    for sequencer in [Value::Null, json!(5), json!("no number")] {
        let mut told = notification("ObjectCreated:Put", "a");
        told["Records"][0]["s3"]["object"]["sequencer"] = sequencer;
        assert_eq!(read(&told), Ok(vec![ObjectCreated { sequencer: None, ..created("a") }]));
    }
}

#[test]
fn a_record_without_bucket_or_key_is_refused_by_its_number() {
    let missing = |pointer: &str, value: Value| {
        let mut told = json!({ "Records": [record("ObjectCreated:Put", "a"), record("ObjectCreated:Put", "b")] });
        *told.pointer_mut(&format!("/Records/1/{pointer}")).unwrap() = value;
        read(&told)
    };
    for (pointer, member) in [
        ("s3/bucket/name", "s3.bucket.name"),
        ("s3/object/key", "s3.object.key"),
        ("eventName", "eventName"),
        ("eventSource", "eventSource"),
    ] {
        for value in [Value::Null, json!(""), json!(1), json!({})] {
            assert_eq!(missing(pointer, value), Err(Malformed::Member { record: 2, member }));
        }
    }
    assert_eq!(missing("eventSource", json!("aws:ses")).unwrap_err().to_string(), "record 2 has no usable eventSource");
    assert_eq!(missing("s3/object/key", json!("a%FF")), Err(Malformed::Key { record: 2 }));
    for (member, name) in [("bucket", "detail.bucket.name"), ("object", "detail.object.key")] {
        let mut told = event_bridge("Object Created", "a");
        told["detail"].as_object_mut().unwrap().remove(member);
        assert_eq!(read(&told), Err(Malformed::Member { record: 1, member: name }));
    }
}

#[test]
fn a_thousand_records_are_the_most() {
    let records = |count: usize| json!({ "Records": vec![record("ObjectCreated:Put", "a"); count] });
    assert_eq!(read(&records(1000)).unwrap().len(), 1000);
    assert_eq!(read(&records(1001)), Err(Malformed::TooMany));
}

#[test]
fn anything_else_is_refused_and_not_repeated() {
    for other in [
        json!(null),
        json!([]),
        json!("hunter2"),
        json!({}),
        json!({ "Records": "hunter2" }),
        json!({ "Event": "hunter2" }),
        json!({ "source": "aws.ec2", "detail-type": "Object Created" }),
        json!({ "source": "aws.s3" }),
        json!({ "Type": "Notification", "Message": { "Records": [] } }),
    ] {
        assert_eq!(read(&other), Err(Malformed::Unknown), "{other}");
    }
    for broken in [&b""[..], b"hunter2", b"{\"Records\":[\xff]}", b"{\"hunter2\":1}}"] {
        let refusal = parse(broken).unwrap_err();
        assert!(matches!(refusal, Malformed::Json { .. }) && !refusal.to_string().contains("hunter2"), "{refusal}");
    }
    let deep = "[".repeat(100_000);
    assert!(matches!(parse(deep.as_bytes()), Err(Malformed::Json { .. })));
}

/// JSON that has the members of notifications, with anything in them.
fn almost_a_notification() -> impl Strategy<Value = Value> {
    const NAMES: &[&str] = &[
        "Records",
        "Event",
        "Type",
        "Message",
        "source",
        "detail-type",
        "detail",
        "eventSource",
        "eventName",
        "s3",
        "bucket",
        "object",
        "name",
        "key",
        "sequencer",
    ];
    const TEXTS: &[&str] =
        &["Notification", "s3:TestEvent", "aws.s3", "aws:s3", "Object Created", "ObjectCreated:Put", "%", "%FF", "+"];
    let text = prop_oneof![proptest::sample::select(TEXTS).prop_map(str::to_owned), any::<String>()];
    let leaf = prop_oneof![Just(Value::Null), any::<i64>().prop_map(Value::from), text.prop_map(Value::from)];
    leaf.prop_recursive(5, 64, 6, |inner| {
        let members =
            prop::collection::hash_map(proptest::sample::select(NAMES).prop_map(str::to_owned), inner.clone(), 0..6);
        prop_oneof![
            members.prop_map(|members| members.into_iter().collect::<Value>()),
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
        ]
    })
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _any_answer = parse(&bytes);
    }

    #[test]
    fn no_json_makes_it_panic(value in almost_a_notification()) {
        let _any_answer = read(&value);
        let _any_answer = read(&by_sns(&value));
    }

    #[test]
    fn every_key_comes_through(key in "\\PC{1,200}") {
        let encoded: String = form_urlencoded::byte_serialize(key.as_bytes()).collect();
        prop_assert_eq!(read(&notification("ObjectCreated:Put", &encoded)), Ok(vec![created(&key)]));
        prop_assert_eq!(read(&event_bridge("Object Created", &key)), Ok(vec![created(&key)]));
    }
}
