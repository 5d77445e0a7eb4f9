//! Does S3 tell the gateway what was uploaded?

use std::time::Duration;

use super::policy_document::{Statement, statements};
use super::{Finding, Neighbours};
use crate::adapters::LookError;
use crate::adapters::s3::QueueNotification;
use crate::adapters::sqs::{EventQueue, QueueSettings};

const CHECK: &str = "event delivery";

/// The gateway works on ten messages at a time; hidden for less, some of them come twice.
const SHORTEST_HIDING: Duration = Duration::from_secs(30);

/// Objects come about in these ways, of those that a client of the gateway has.
const CREATIONS: [&str; 3] =
    ["s3:ObjectCreated:Put", "s3:ObjectCreated:Post", "s3:ObjectCreated:CompleteMultipartUpload"];

pub(super) async fn check(neighbours: &Neighbours) -> Vec<Finding> {
    let Some(queue) = &neighbours.queue else {
        let seen = "events.queue_url is not set: unless somebody else posts S3's events to /s3-events, an upload completes when its \
                    client says so, or when the gateway looks for it";
        return vec![Finding::warning(
            CHECK,
            seen,
            "Have the bucket send s3:ObjectCreated:* to an SQS queue, and name it.",
        )];
    };
    let mut findings = Vec::new();
    let arn = match queue.settings().await {
        Ok(settings) => {
            findings.extend(of_queue(&settings, neighbours.bucket.name()));
            Some(settings.arn)
        }
        Err(LookError::Missing(said)) => {
            let advice = "Look at events.queue_url and aws.region.";
            return vec![Finding::failed(CHECK, format!("there is no such queue: {said}"), advice)];
        }
        Err(error) => {
            findings.push(Finding::unseen(CHECK, "sqs:GetQueueAttributes", &error));
            None
        }
    };
    // Without the queue's own word, by the account and the name that its address ends in.
    let arn = arn.filter(|arn| !arn.is_empty()).unwrap_or_else(|| tail(queue));
    findings.push(match neighbours.settings.queues().await {
        Ok(queues) => of_notifications(&queues, &arn),
        Err(error) => Finding::unseen(CHECK, "s3:GetBucketNotification", &error),
    });
    findings
}

/// `:123456789012:uploads`
fn tail(queue: &EventQueue) -> String {
    let mut segments = queue.url().rsplit('/');
    let (name, account) = (segments.next().unwrap_or_default(), segments.next().unwrap_or_default());
    format!(":{account}:{name}")
}

fn of_notifications(queues: &[QueueNotification], arn: &str) -> Finding {
    let advice =
        "Have the bucket send s3:ObjectCreated:* of every key to this queue (put-bucket-notification-configuration).";
    let ours: Vec<&QueueNotification> = queues.iter().filter(|queue| queue.queue_arn.ends_with(arn)).collect();
    if ours.is_empty() {
        let others: Vec<&str> = queues.iter().map(|queue| queue.queue_arn.as_str()).collect();
        let others = if others.is_empty() { "no queue".to_owned() } else { others.join(", ") };
        return Finding::failed(CHECK, format!("the bucket tells {others} of its objects, and not {arn}"), advice);
    }
    let whole: Vec<&&QueueNotification> = ours.iter().filter(|queue| queue.filters.is_empty()).collect();
    if whole.is_empty() {
        let filters = ours.iter().flat_map(|queue| &queue.filters).cloned().collect::<Vec<_>>().join(", ");
        return Finding::failed(CHECK, format!("the queue is told of some keys alone: {filters}"), advice);
    }
    let tells = |creation: &str| {
        whole.iter().flat_map(|queue| &queue.events).any(|event| event == creation || event == "s3:ObjectCreated:*")
    };
    let silent: Vec<&str> = CREATIONS.into_iter().filter(|creation| !tells(creation)).collect();
    if silent.is_empty() {
        return Finding::ok(CHECK, "the bucket tells the queue of every new object");
    }
    Finding::failed(CHECK, format!("the queue is not told of {}", silent.join(", ")), advice)
}

fn of_queue(settings: &QueueSettings, bucket: &str) -> Vec<Finding> {
    let mut findings = vec![of_policy(settings, bucket)];
    if !settings.has_dead_letters {
        let advice = "Give the queue a dead-letter queue (RedrivePolicy), and an alarm on it.";
        let seen =
            "a message that cannot be dealt with comes again until it expires: the queue has no dead-letter queue";
        findings.push(Finding::warning(CHECK, seen, advice));
    }
    if let Some(hidden) = settings.visibility_timeout.filter(|hidden| *hidden < SHORTEST_HIDING) {
        let seen = format!("a message is hidden from the other replicas for {} s alone", hidden.as_secs());
        findings.push(Finding::warning(CHECK, seen, "Set the queue's VisibilityTimeout to 30 s at least."));
    }
    findings
}

/// May S3 send to the queue, on behalf of this bucket and no other?
fn of_policy(settings: &QueueSettings, bucket: &str) -> Finding {
    let all = settings.policy.as_deref().map(statements).unwrap_or_default();
    let lets = |statement: &&Statement| {
        let is_here = |resource: &&str| *resource == "*" || *resource == settings.arn;
        statement.is("Allow")
            && statement.is_of_service("s3.amazonaws.com")
            && statement.is_of_action("sqs:SendMessage")
            && statement.resources().iter().any(is_here)
    };
    let names = |statement: &Statement| {
        let sources = statement.condition("aws:SourceArn")?;
        Some(sources.iter().any(|source| source.rsplit(':').next() == Some(bucket)))
    };
    let condition = format!(r#""Condition": {{"ArnEquals": {{"aws:SourceArn": "arn:aws:s3:::{bucket}"}}}}"#);
    let advice = format!("Let s3.amazonaws.com do sqs:SendMessage in the queue's policy, with {condition}.");
    let open: Vec<&Statement> = all.iter().filter(lets).filter(|statement| names(statement) != Some(false)).collect();
    if open.is_empty() {
        return Finding::failed(CHECK, "the queue's policy does not let S3 send on behalf of this bucket", advice);
    }
    let is_anybodys =
        |statement: &&Statement| names(statement).is_none() && statement.condition("aws:SourceAccount").is_none();
    if open.iter().any(is_anybodys) {
        let seen = "anybody's bucket may fill the queue: its policy lets S3 send on behalf of every bucket";
        return Finding::warning(CHECK, seen, advice);
    }
    Finding::ok(CHECK, "S3 may send to the queue on behalf of this bucket")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::doctor::Outcome::{self, Failed, Ok, Warning};

    const ARN: &str = "arn:aws:sqs:eu-central-1:1:q";

    fn policy(statement: serde_json::Value) -> Outcome {
        let policy = Some(json!({"Statement": statement}).to_string());
        let settings = QueueSettings { arn: ARN.to_owned(), has_dead_letters: true, visibility_timeout: None, policy };
        of_policy(&settings, "uploads").outcome
    }

    #[test]
    fn the_queue_takes_from_this_bucket_and_no_other() {
        let statement = |principal: serde_json::Value, condition: serde_json::Value| json!({"Effect": "Allow", "Principal": principal, "Action": "sqs:SendMessage", "Resource": ARN, "Condition": condition});
        let (s3, bucket) =
            (json!({"Service": "s3.amazonaws.com"}), json!({"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::uploads"}}));
        assert_eq!(policy(statement(s3.clone(), bucket.clone())), Ok);
        assert_eq!(policy(json!([statement(json!("*"), bucket.clone())])), Ok);
        assert_eq!(policy(statement(s3.clone(), json!({"StringEquals": {"AWS:SourceAccount": "1"}}))), Ok);
        assert_eq!(policy(statement(s3.clone(), json!({}))), Warning);
        assert_eq!(policy(statement(s3, json!({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::other"}}))), Failed);
        assert_eq!(policy(statement(json!({"Service": "sns.amazonaws.com"}), bucket)), Failed);
        assert_eq!(policy(json!([])), Failed);
    }

    #[test]
    fn every_way_that_an_object_comes_about_must_be_told() {
        let queue = |arn: &str, events: &[&str], filters: &[&str]| QueueNotification {
            queue_arn: arn.to_owned(),
            events: events.iter().map(|event| (*event).to_owned()).collect(),
            filters: filters.iter().map(|filter| (*filter).to_owned()).collect(),
        };
        let all = ["s3:ObjectCreated:*"];
        for (queues, outcome) in [
            (vec![queue(ARN, &all, &[])], Ok),
            (vec![queue(ARN, &CREATIONS, &[])], Ok),
            (vec![queue("arn:aws:sqs:eu-central-1:1:other", &all, &[]), queue(ARN, &all, &[])], Ok),
            (vec![], Failed),
            (vec![queue("arn:aws:sqs:eu-central-1:1:other", &all, &[])], Failed),
            (vec![queue(ARN, &all, &["prefix=acme/"])], Failed),
            (vec![queue(ARN, &["s3:ObjectCreated:Put"], &[])], Failed),
            (vec![queue(ARN, &["s3:ObjectRemoved:*"], &[])], Failed),
        ] {
            assert_eq!(of_notifications(&queues, ARN).outcome, outcome, "{queues:?}");
        }
        assert_eq!(of_notifications(&[queue(ARN, &all, &[])], ":1:q").outcome, Ok);
    }
}
