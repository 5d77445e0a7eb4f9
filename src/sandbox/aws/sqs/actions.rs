//! Which actions does the queue know, and what do they take and give? Those that the gateway and its tests use.

use std::collections::HashSet;
use std::time::Duration;

use s3s::crypto::{Checksum as _, Md5};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use super::queue::{Queue, Received};
use super::{NAME, PATH, Refused};

/// SQS's largest message.
const LONGEST_MESSAGE: usize = 1024 * 1024;
const LONGEST_BATCH: usize = 10;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ReceiveMessage {
    queue_url: String,
    max_number_of_messages: Option<usize>,
    visibility_timeout: Option<u64>,
    wait_time_seconds: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DeleteMessage {
    queue_url: String,
    receipt_handle: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DeleteMessageBatch {
    queue_url: String,
    entries: Vec<DeleteEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DeleteEntry {
    id: String,
    receipt_handle: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SendMessage {
    queue_url: String,
    message_body: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetQueueUrl {
    queue_name: String,
}

/// Performs one action. `origin` is where the caller reaches SQS.
pub(super) async fn perform(queue: &Queue, origin: &str, action: &str, body: &[u8]) -> Result<Value, Refused> {
    match action {
        "ReceiveMessage" => receive(queue, read(body)?).await,
        "DeleteMessage" => {
            let request: DeleteMessage = read(body)?;
            check_queue(&request.queue_url)?;
            queue.delete(receipt(&request.receipt_handle)?);
            Ok(json!({}))
        }
        "DeleteMessageBatch" => delete(queue, read(body)?),
        "SendMessage" => send(queue, read(body)?),
        "GetQueueUrl" => {
            let request: GetQueueUrl = read(body)?;
            if request.queue_name != NAME {
                return Err(Refused::no_such_queue());
            }
            Ok(json!({ "QueueUrl": format!("{origin}{PATH}") }))
        }
        other => Err(Refused::invalid("InvalidAction", format!("The sandbox does not know the action {other}"))),
    }
}

async fn receive(queue: &Queue, request: ReceiveMessage) -> Result<Value, Refused> {
    check_queue(&request.queue_url)?;
    let most = request.max_number_of_messages.unwrap_or(1);
    let wait = request.wait_time_seconds.unwrap_or_default();
    if !(1..=LONGEST_BATCH).contains(&most) || wait > 20 || request.visibility_timeout.is_some_and(|time| time > 43_200)
    {
        let message = "MaxNumberOfMessages is 1 to 10, WaitTimeSeconds 0 to 20 and VisibilityTimeout 0 to 43200.";
        return Err(Refused::invalid("InvalidParameterValue", message));
    }
    let hidden_for = request.visibility_timeout.map(Duration::from_secs);
    let received = queue.receive(most, hidden_for, Duration::from_secs(wait)).await;
    if received.is_empty() {
        return Ok(json!({}));
    }
    let message = |message: Received| {
        json!({
            "MessageId": message.id,
            "ReceiptHandle": message.receipt,
            "MD5OfBody": md5(&message.body),
            "Body": message.body,
        })
    };
    Ok(json!({ "Messages": received.into_iter().map(message).collect::<Vec<_>>() }))
}

fn delete(queue: &Queue, request: DeleteMessageBatch) -> Result<Value, Refused> {
    check_queue(&request.queue_url)?;
    let entries = request.entries;
    if entries.is_empty() {
        return Err(Refused::invalid("EmptyBatchRequest", "There are no entries."));
    }
    if entries.len() > LONGEST_BATCH {
        return Err(Refused::invalid("TooManyEntriesInBatchRequest", "There are more than ten entries."));
    }
    if entries.iter().map(|entry| &entry.id).collect::<HashSet<_>>().len() < entries.len() {
        return Err(Refused::invalid("BatchEntryIdsNotDistinct", "Two entries have the same id."));
    }
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for DeleteEntry { id, receipt_handle } in entries {
        match receipt(&receipt_handle) {
            Ok(receipt) => {
                queue.delete(receipt);
                successful.push(json!({ "Id": id }));
            }
            Err(_not_one) => failed.push(json!({
                "Id": id,
                "SenderFault": true,
                "Code": INVALID_RECEIPT.0,
                "Message": INVALID_RECEIPT.1,
            })),
        }
    }
    Ok(json!({ "Successful": successful, "Failed": failed }))
}

fn send(queue: &Queue, request: SendMessage) -> Result<Value, Refused> {
    check_queue(&request.queue_url)?;
    let body = request.message_body;
    if !(1..=LONGEST_MESSAGE).contains(&body.len()) {
        return Err(Refused::invalid("InvalidParameterValue", "A message has 1 to 1048576 bytes."));
    }
    let md5 = md5(&body);
    Ok(json!({ "MessageId": queue.send(body), "MD5OfMessageBody": md5 }))
}

const INVALID_RECEIPT: (&str, &str) = ("ReceiptHandleIsInvalid", "The input receipt handle is invalid.");

fn receipt(handle: &str) -> Result<Uuid, Refused> {
    let (code, message) = INVALID_RECEIPT;
    Uuid::try_parse(handle).map_err(|_not_ours| Refused::invalid(code, message))
}

pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refused> {
    serde_json::from_slice(body).map_err(|error| Refused::invalid("InvalidParameterValue", error.to_string()))
}

/// Like SQS, it goes by the path: hosts have many names.
pub(super) fn check_queue(url: &str) -> Result<(), Refused> {
    let ours = Url::parse(url).is_ok_and(|url| url.path() == PATH);
    if ours { Ok(()) } else { Err(Refused::no_such_queue()) }
}

fn md5(text: &str) -> String {
    let mut md5 = Md5::new();
    md5.update(text.as_bytes());
    md5.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
