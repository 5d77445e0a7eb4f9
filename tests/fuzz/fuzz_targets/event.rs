//! Is what S3 tells understood in every shape alike, and can a key in it lead anywhere but where it stands?
//!
//! A message of the queue and a body of `/s3-events` are read by the same parser, from the same bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use upload_gateway::adapters::s3::notification::{self, Malformed};
use upload_gateway::domain::uploads::adopt::Place;
use upload_gateway::model::{FileName, ObjectCreated, ObjectKey, Sequencer};
use upload_gateway_fuzz::tenant;
use url::form_urlencoded;

fuzz_target!(|body: &[u8]| {
    match notification::parse(body) {
        Ok(events) => {
            assert!(events.len() <= 1000);
            events.iter().for_each(is_sound);
            come_through(&events);
            are_in_order(&events);
        }
        Err(malformed) => says_nothing_of_it(&malformed),
    }
});

fn is_sound(event: &ObjectCreated) {
    assert!(!event.bucket.is_empty() && !event.key.is_empty());
    if let Some(sequencer) = &event.sequencer {
        assert_eq!(Sequencer::parse(sequencer.as_str()).as_ref(), Some(sequencer));
    }
    if let Some(place) = Place::parse(&event.key) {
        let prefix = ObjectKey::subject_prefix(&place.slug, &place.subject);
        assert!(event.key.starts_with(&prefix) && event.key.len() > prefix.len() && event.key.len() <= 1024);
        assert!(!event.key.contains('\0'));
        assert_eq!(FileName::parse(place.file_name.as_str()).as_ref(), Ok(&place.file_name));
        let tenant = tenant(place.slug);
        assert_eq!(ObjectKey::recorded(&tenant, event.key.clone()).map(|key| key.to_string()).as_ref(), Ok(&event.key));
    }
}

/// Written down again in each of the shapes, they are the same events.
fn come_through(events: &[ObjectCreated]) {
    let notification = json!({"Records": events.iter().map(record).collect::<Vec<_>>()});
    assert_eq!(read(&notification).as_deref(), Ok(events));
    let by_sns = json!({"Type": "Notification", "Message": notification.to_string()});
    assert_eq!(read(&by_sns).as_deref(), Ok(events));
    for event in events.iter().take(8) {
        assert_eq!(read(&event_bridge(event)), Ok(vec![event.clone()]));
    }
}

fn read(notification: &Value) -> Result<Vec<ObjectCreated>, Malformed> {
    notification::parse(notification.to_string().as_bytes())
}

fn record(event: &ObjectCreated) -> Value {
    let key: String = form_urlencoded::byte_serialize(event.key.as_bytes()).collect();
    let mut object = json!({"key": key});
    if let Some(sequencer) = &event.sequencer {
        object["sequencer"] = json!(sequencer.as_str());
    }
    json!({
        "eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "eventTime": moment(event),
        "s3": {"bucket": {"name": event.bucket}, "object": object},
    })
}

fn event_bridge(event: &ObjectCreated) -> Value {
    let sequencer = event.sequencer.as_ref().map(Sequencer::as_str);
    json!({
        "source": "aws.s3", "detail-type": "Object Created", "time": moment(event),
        "detail": {"bucket": {"name": event.bucket}, "object": {"key": event.key, "sequencer": sequencer}},
    })
}

fn moment(event: &ObjectCreated) -> Option<String> {
    event.created_at.map(|time| time.format(&Rfc3339).expect("it was read as RFC 3339"))
}

/// Numbers, whatever the leading zeros: of any two, one is not before the other, and the same digits are the same place.
fn are_in_order(events: &[ObjectCreated]) {
    let known: Vec<&Sequencer> = events.iter().filter_map(|event| event.sequencer.as_ref()).take(16).collect();
    for one in &known {
        for other in &known {
            assert_eq!(one.cmp(other), other.cmp(one).reverse());
            assert_eq!(one == other, one.cmp(other).is_eq());
            let number = |sequencer: &Sequencer| u128::from_str_radix(sequencer.as_str(), 16).ok();
            if let (Some(first), Some(second)) = (number(one), number(other))
                && first != second
            {
                assert_eq!(one < other, first < second);
            }
        }
    }
}

/// Anybody may have written it, so nothing of it gets into a log or an answer.
fn says_nothing_of_it(malformed: &Malformed) {
    let said = malformed.to_string();
    let numbers = said.replace(|c: char| c.is_ascii_digit(), "");
    let is_known = match malformed {
        Malformed::Json { .. } => numbers == "it is not JSON: line , column ",
        Malformed::Unknown => numbers == "it is neither a notification of S's nor an event of EventBridge's about S",
        Malformed::Member { member, .. } => said.ends_with(member) && numbers.starts_with("record  has no usable "),
        Malformed::Key { .. } => numbers == "the key of record  is not UTF- once it is decoded",
        Malformed::TooMany => numbers == "it has more than  records",
    };
    assert!(is_known, "{said}");
}
