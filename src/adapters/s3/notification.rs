//! What does a notification of S3's say, in each of the shapes in which one arrives?
//!
//! As S3 writes it (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>), which
//! MinIO and Ceph write with small differences; as EventBridge does (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html>);
//! and the former by way of SNS (<https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html>).

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::model::{ObjectCreated, Sequencer};

/// S3 puts one record into a notification; nobody needs more than this.
const MOST_RECORDS: usize = 1000;

/// Why a text is no notification. It does not repeat the text, which anybody may have written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Not JSON, or not UTF-8.
    #[error("it is not JSON: line {line}, column {column}")]
    Json {
        /// Where the parser gave up, counted from one.
        line: usize,
        /// Where in the line.
        column: usize,
    },
    /// JSON, but of none of the known shapes.
    #[error("it is neither a notification of S3's nor an event of EventBridge's about S3")]
    Unknown,
    /// A member is not there, is empty, or is not of its type.
    #[error("record {record} has no usable {member}")]
    Member {
        /// Which record, counted from one.
        record: usize,
        /// The member's path.
        member: &'static str,
    },
    /// The key's bytes are not a text.
    #[error("the key of record {record} is not UTF-8 once it is decoded")]
    Key {
        /// Which record, counted from one.
        record: usize,
    },
    /// More than anybody sends.
    #[error("it has more than {MOST_RECORDS} records")]
    TooMany,
}

/// The created objects that the notification tells of: none when it is a test, or tells of something else.
///
/// # Errors
/// When it is no notification, or one of its records lacks the bucket or the key.
pub fn parse(body: &[u8]) -> Result<Vec<ObjectCreated>, Malformed> {
    let outer = json(body)?;
    match envelope(&outer) {
        Some(message) => events(&json(message.as_bytes())?),
        None => events(&outer),
    }
}

fn json(text: &[u8]) -> Result<Value, Malformed> {
    serde_json::from_slice(text).map_err(|error| Malformed::Json { line: error.line(), column: error.column() })
}

/// What SNS wraps, unless the queue's subscription asks for raw delivery.
fn envelope(value: &Value) -> Option<&str> {
    (text(value, "/Type")? == "Notification").then(|| text(value, "/Message")).flatten()
}

fn events(value: &Value) -> Result<Vec<ObjectCreated>, Malformed> {
    if let Some(records) = value.get("Records").and_then(Value::as_array) {
        if records.len() > MOST_RECORDS {
            return Err(Malformed::TooMany);
        }
        return records.iter().zip(1..).filter_map(|(record, number)| s3_record(record, number).transpose()).collect();
    }
    if text(value, "/Event") == Some("s3:TestEvent") {
        return Ok(Vec::new());
    }
    match (text(value, "/source"), text(value, "/detail-type")) {
        (Some("aws.s3"), Some("Object Created")) => event_bridge(value).map(|event| vec![event]),
        (Some("aws.s3"), Some(_another_kind)) => Ok(Vec::new()),
        (_, _) => Err(Malformed::Unknown),
    }
}

fn s3_record(record: &Value, number: usize) -> Result<Option<ObjectCreated>, Malformed> {
    // aws:s3, minio:s3, ceph:s3
    if !text(record, "/eventSource").is_some_and(|source| source.ends_with(":s3")) {
        return Err(Malformed::Member { record: number, member: "eventSource" });
    }
    let name = required(record, number, "/eventName", "eventName")?;
    if !name.strip_prefix("s3:").unwrap_or(name).starts_with("ObjectCreated:") {
        return Ok(None);
    }
    let bucket = required(record, number, "/s3/bucket/name", "s3.bucket.name")?;
    let key = form_decoded(required(record, number, "/s3/object/key", "s3.object.key")?);
    Ok(Some(ObjectCreated {
        bucket: bucket.to_owned(),
        key: key.ok_or(Malformed::Key { record: number })?,
        sequencer: text(record, "/s3/object/sequencer").and_then(Sequencer::parse),
        created_at: moment(record, "/eventTime"),
    }))
}

/// EventBridge writes the key as it is.
fn event_bridge(event: &Value) -> Result<ObjectCreated, Malformed> {
    Ok(ObjectCreated {
        bucket: required(event, 1, "/detail/bucket/name", "detail.bucket.name")?.to_owned(),
        key: required(event, 1, "/detail/object/key", "detail.object.key")?.to_owned(),
        sequencer: text(event, "/detail/object/sequencer").and_then(Sequencer::parse),
        created_at: moment(event, "/time"),
    })
}

fn required<'a>(value: &'a Value, record: usize, pointer: &str, member: &'static str) -> Result<&'a str, Malformed> {
    text(value, pointer).filter(|text| !text.is_empty()).ok_or(Malformed::Member { record, member })
}

fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer)?.as_str()
}

/// Nobody's work depends on it, so one that cannot be read is none.
fn moment(value: &Value, pointer: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text(value, pointer)?, &Rfc3339).ok()
}

/// `application/x-www-form-urlencoded`, where a plus sign is a space. None when the bytes are not UTF-8.
fn form_decoded(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().ok().map(Cow::into_owned)
}

#[cfg(test)]
#[path = "notification_tests.rs"]
mod tests;
