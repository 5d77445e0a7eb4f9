//! Does the queue behave as a standard queue of SQS's does?

use std::time::{Duration, Instant};

use aws_sdk_sqs::Client;
use aws_sdk_sqs::operation::receive_message::builders::ReceiveMessageFluentBuilder;
use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, Message};

use super::{Sandbox, long_term, outcome};
use crate::sandbox::aws::Fault;

fn gateway(sandbox: &Sandbox) -> Client {
    sandbox.sqs(long_term(sandbox.aws.gateway_credentials()))
}

fn ask(sandbox: &Sandbox) -> ReceiveMessageFluentBuilder {
    gateway(sandbox).receive_message().queue_url(sandbox.aws.queue_url()).max_number_of_messages(10)
}

async fn receive(sandbox: &Sandbox) -> Vec<Message> {
    ask(sandbox).send().await.unwrap().messages.unwrap_or_default()
}

fn bodies(messages: &[Message]) -> Vec<&str> {
    messages.iter().filter_map(Message::body).collect()
}

async fn delete(sandbox: &Sandbox, message: &Message) {
    let delete = gateway(sandbox).delete_message().queue_url(sandbox.aws.queue_url());
    delete.set_receipt_handle(message.receipt_handle.clone()).send().await.unwrap();
}

async fn until_waiting(sandbox: &Sandbox, receivers: usize) {
    let watching = async {
        while sandbox.aws.long_polls() != receivers {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), watching).await.unwrap();
}

#[tokio::test]
async fn a_message_is_hidden_from_others_once_it_is_received_and_gone_once_it_is_deleted() {
    let sandbox = Sandbox::start().await;
    let sent = gateway(&sandbox).send_message().queue_url(sandbox.aws.queue_url()).message_body("ein Gruß");
    let sent = sent.send().await.unwrap();
    sandbox.aws.send_message("another");

    let one = ask(&sandbox).max_number_of_messages(1).send().await.unwrap().messages.unwrap();
    assert_eq!(bodies(&one), ["ein Gruß"]);
    assert_eq!(one[0].message_id, sent.message_id);
    assert_eq!(one[0].md5_of_body, sent.md5_of_message_body);
    assert_eq!(bodies(&receive(&sandbox).await), ["another"]);
    assert!(receive(&sandbox).await.is_empty());
    assert_eq!(sandbox.aws.queued_messages(), 2);

    delete(&sandbox, &one[0]).await;
    assert_eq!(sandbox.aws.queued_messages(), 1);
    sandbox.pass(Duration::from_secs(31));
    assert_eq!(bodies(&receive(&sandbox).await), ["another"]);
}

#[tokio::test]
async fn a_message_that_is_not_deleted_comes_again_with_another_receipt() {
    let sandbox = Sandbox::start().await;
    sandbox.aws.send_message("a");
    let first = receive(&sandbox).await;
    sandbox.pass(Duration::from_secs(29));
    assert!(receive(&sandbox).await.is_empty());
    sandbox.pass(Duration::from_secs(2));
    let second = receive(&sandbox).await;
    assert_eq!(second[0].message_id, first[0].message_id);

    delete(&sandbox, &first[0]).await;
    assert_eq!(sandbox.aws.queued_messages(), 1, "that receipt is out of date");
    delete(&sandbox, &second[0]).await;
    assert_eq!(sandbox.aws.queued_messages(), 0);
}

#[tokio::test]
async fn the_receiver_or_else_the_queue_says_for_how_long_a_message_is_hidden() {
    let sandbox = Sandbox::start().await;
    sandbox.aws.send_message("a");
    for _ in 0..2 {
        let seen = ask(&sandbox).visibility_timeout(0).send().await.unwrap();
        assert_eq!(bodies(seen.messages()), ["a"]);
    }
    sandbox.aws.set_visibility_timeout(Duration::from_secs(5));
    assert_eq!(receive(&sandbox).await.len(), 1);
    sandbox.pass(Duration::from_secs(6));
    assert_eq!(ask(&sandbox).visibility_timeout(60).send().await.unwrap().messages().len(), 1);
    sandbox.pass(Duration::from_secs(59));
    assert!(receive(&sandbox).await.is_empty());
}

#[tokio::test]
async fn a_long_poll_wakes_up_when_a_message_comes_or_becomes_visible_again() {
    let sandbox = Sandbox::start().await;
    let asked = Instant::now();
    let sent = async {
        until_waiting(&sandbox, 1).await;
        sandbox.aws.send_message("at last");
    };
    let (received, ()) = tokio::join!(ask(&sandbox).wait_time_seconds(20).send(), sent);
    assert_eq!(bodies(received.unwrap().messages()), ["at last"]);
    let passed = async {
        until_waiting(&sandbox, 1).await;
        sandbox.pass(Duration::from_secs(31));
    };
    let (received, ()) = tokio::join!(ask(&sandbox).wait_time_seconds(20).send(), passed);
    assert_eq!(bodies(received.unwrap().messages()), ["at last"]);
    assert!(asked.elapsed() < Duration::from_secs(15), "{:?}", asked.elapsed());
}

#[tokio::test]
async fn a_long_poll_ends_when_its_time_is_over_or_its_asker_is_gone() {
    let sandbox = Sandbox::start().await;
    let asked = Instant::now();
    assert!(ask(&sandbox).wait_time_seconds(1).send().await.unwrap().messages().is_empty());
    assert!(asked.elapsed() >= Duration::from_secs(1));

    let asker = tokio::spawn(ask(&sandbox).wait_time_seconds(20).send());
    until_waiting(&sandbox, 1).await;
    asker.abort();
    until_waiting(&sandbox, 0).await;
    sandbox.aws.send_message("for whoever comes");
    assert_eq!(bodies(&receive(&sandbox).await), ["for whoever comes"]);
    assert!(asked.elapsed() < Duration::from_secs(15), "{:?}", asked.elapsed());
}

#[tokio::test]
async fn some_of_a_batch_may_not_be_deleted() {
    let sandbox = Sandbox::start().await;
    sandbox.aws.send_message("a");
    let receipt = receive(&sandbox).await.remove(0).receipt_handle.unwrap();
    let entry = |id: &str, receipt: &str| {
        DeleteMessageBatchRequestEntry::builder().id(id).receipt_handle(receipt).build().unwrap()
    };
    let batch = |entries| {
        gateway(&sandbox).delete_message_batch().queue_url(sandbox.aws.queue_url()).set_entries(Some(entries))
    };
    let answer = batch(vec![entry("0", "hunter2"), entry("1", &receipt)]).send().await.unwrap();
    assert_eq!(answer.successful()[0].id(), "1");
    assert_eq!((answer.failed()[0].id(), answer.failed()[0].code()), ("0", "ReceiptHandleIsInvalid"));
    assert_eq!(sandbox.aws.queued_messages(), 0);

    let eleven = (0..11).map(|id| entry(&id.to_string(), &receipt)).collect();
    for (entries, code) in [
        (vec![], "EmptyBatchRequest"),
        (vec![entry("0", &receipt), entry("0", &receipt)], "BatchEntryIdsNotDistinct"),
        (eleven, "TooManyEntriesInBatchRequest"),
    ] {
        assert_eq!(outcome(&batch(entries).send().await), (400, code.to_owned()));
    }
}

#[tokio::test]
async fn there_is_one_queue() {
    let sandbox = Sandbox::start().await;
    let sqs = gateway(&sandbox);
    let url = sqs.get_queue_url().queue_name("uploads-events").send().await.unwrap();
    assert_eq!(url.queue_url(), Some(sandbox.aws.queue_url().as_str()));
    let missing = (400, "AWS.SimpleQueueService.NonExistentQueue".to_owned());
    assert_eq!(outcome(&sqs.get_queue_url().queue_name("another").send().await), missing);
    let another = sandbox.aws.queue_url().replace("uploads", "downloads");
    assert_eq!(outcome(&sqs.receive_message().queue_url(another).send().await), missing);
    assert_eq!(outcome(&sqs.list_queues().send().await), (400, "InvalidAction".to_owned()));
    assert_eq!(outcome(&ask(&sandbox).max_number_of_messages(11).send().await).1, "InvalidParameterValue");
}

#[tokio::test]
async fn a_fault_ends_the_long_polls_too() {
    let sandbox = Sandbox::start().await;
    sandbox.aws.send_message("a");
    sandbox.aws.set_sqs_fault(Fault::Unavailable);
    let unavailable = (503, "ServiceUnavailable".to_owned());
    assert_eq!(outcome(&ask(&sandbox).send().await), unavailable);
    sandbox.aws.set_sqs_fault(Fault::None);
    assert_eq!(bodies(&receive(&sandbox).await), ["a"]);

    let fall = async {
        until_waiting(&sandbox, 1).await;
        sandbox.aws.set_sqs_fault(Fault::Unavailable);
    };
    let (received, ()) = tokio::join!(ask(&sandbox).wait_time_seconds(20).send(), fall);
    assert_eq!(outcome(&received), unavailable);
}
