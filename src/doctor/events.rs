//! Does S3 tell the gateway what was uploaded?

use std::time::Duration;

use super::policy_document::{Statement, matches, statements};
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
    let (mut findings, mut feeder) = (Vec::new(), None);
    let arn = match queue.settings().await {
        Ok(settings) => {
            findings.extend(of_queue(&settings, neighbours.bucket.name()));
            feeder = other_feeder(&settings);
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
        Ok(queues) => of_notifications(&queues, &arn, feeder),
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

fn of_notifications(queues: &[QueueNotification], arn: &str, feeder: Option<&str>) -> Finding {
    let advice =
        "Have the bucket send s3:ObjectCreated:* of every key to this queue (put-bucket-notification-configuration).";
    let ours: Vec<&QueueNotification> = queues.iter().filter(|queue| queue.queue_arn.ends_with(arn)).collect();
    if ours.is_empty() {
        let others: Vec<&str> = queues.iter().map(|queue| queue.queue_arn.as_str()).collect();
        let others = if others.is_empty() { "no queue".to_owned() } else { others.join(", ") };
        let seen = format!("the bucket tells {others} of its objects, and not {arn}");
        return match feeder {
            Some(feeder) => Finding::unknown(CHECK, format!("{seen}; {feeder} may tell it"), by_way_of(feeder)),
            None => Finding::failed(CHECK, seen, advice),
        };
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

/// What may send S3's events to the queue by S3's side, as the queue's policy has it.
fn other_feeder(settings: &QueueSettings) -> Option<&'static str> {
    let all = settings.policy.as_deref().map(statements).unwrap_or_default();
    let lets = |service: &str, source: &str| {
        all.iter().any(|statement| {
            let is_source = |arn: &&str| arn.split(':').nth(2) == Some(source);
            let names = statement.condition("aws:SourceArn").is_some_and(|sources| sources.iter().any(is_source));
            lets_send(statement, settings)
                && statement.is_of_service(service)
                && (names || !statement.is_of_everybody())
        })
    };
    if lets("events.amazonaws.com", "events") {
        Some("EventBridge")
    } else {
        lets("sns.amazonaws.com", "sns").then_some("SNS")
    }
}

fn by_way_of(feeder: &str) -> String {
    format!(
        "Make sure that the bucket tells {feeder} of every new object, and {feeder} this queue: that is not looked at."
    )
}

fn lets_send(statement: &Statement, settings: &QueueSettings) -> bool {
    let is_here = |resource: &&str| *resource == "*" || *resource == settings.arn;
    statement.is("Allow") && statement.is_of_action("sqs:SendMessage") && statement.resources().iter().any(is_here)
}

/// Whose events a statement lets into the queue.
#[derive(PartialEq, Eq)]
enum Sources {
    /// Any bucket's, as far as it says.
    Any,
    /// Those of the buckets that a wildcard matches, this one's too.
    Several,
    /// This bucket's.
    This,
    /// Other buckets'.
    Others,
}

fn sources(statement: &Statement, settings: &QueueSettings, bucket: &str) -> Sources {
    let Some(sources) = statement.condition("aws:SourceArn") else { return Sources::Any };
    let partition = settings.arn.split(':').nth(1).unwrap_or("aws");
    let arn = format!("arn:{partition}:s3:::{bucket}");
    if sources.iter().any(|source| *source != arn && source.contains(['*', '?']) && matches(source, &arn)) {
        Sources::Several
    } else if sources.iter().any(|source| source.rsplit(':').next() == Some(bucket)) {
        Sources::This
    } else {
        Sources::Others
    }
}

/// May S3 send to the queue, on behalf of this bucket and no other?
fn of_policy(settings: &QueueSettings, bucket: &str) -> Finding {
    let all = settings.policy.as_deref().map(statements).unwrap_or_default();
    let condition = format!(r#""Condition": {{"ArnEquals": {{"aws:SourceArn": "arn:aws:s3:::{bucket}"}}}}"#);
    let advice = format!("Let s3.amazonaws.com do sqs:SendMessage in the queue's policy, with {condition}.");
    let of_s3 = all.iter().filter(|one| lets_send(one, settings) && one.is_of_service("s3.amazonaws.com"));
    let open: Vec<(&Statement, Sources)> = of_s3
        .map(|statement| (statement, sources(statement, settings, bucket)))
        .filter(|(_, sources)| *sources != Sources::Others)
        .collect();
    if open.is_empty() {
        let seen = "the queue's policy does not let S3 send on behalf of this bucket";
        return match other_feeder(settings) {
            Some(feeder) => Finding::unknown(CHECK, format!("{seen}; {feeder} may"), by_way_of(feeder)),
            None => Finding::failed(CHECK, seen, advice),
        };
    }
    let mut anybodys = open.iter().filter(|(statement, _)| statement.condition("aws:SourceAccount").is_none());
    let seen = |sources: &Sources| match sources {
        Sources::Any => Some("anybody's bucket may fill the queue: its policy lets S3 send on behalf of every bucket"),
        Sources::Several => {
            Some("others' buckets may fill the queue: a wildcard in its policy matches more than this one")
        }
        Sources::This | Sources::Others => None,
    };
    if let Some(seen) = anybodys.find_map(|(_, sources)| seen(sources)) {
        return Finding::warning(CHECK, seen, advice);
    }
    Finding::ok(CHECK, "S3 may send to the queue on behalf of this bucket")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::doctor::Outcome::{self, Failed, Ok, Unknown, Warning};

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
        let like = |arn: &str| json!({"ArnLike": {"aws:SourceArn": arn}});
        assert_eq!(policy(statement(s3.clone(), like("arn:aws:s3:::other"))), Failed);
        for (wildcard, outcome) in
            [("*", Warning), ("upload*", Warning), ("upl?ads", Warning), ("upload?s", Failed), ("other*", Failed)]
        {
            let condition = like(&format!("arn:aws:s3:::{wildcard}"));
            assert_eq!(policy(statement(s3.clone(), condition.clone())), outcome, "{wildcard}");
            let two = json!([statement(s3.clone(), condition), statement(s3.clone(), bucket.clone())]);
            assert_eq!(policy(two), if outcome == Failed { Ok } else { outcome }, "{wildcard} beside the bucket");
        }
        let mut own = like("arn:aws:s3:::*");
        own["StringEquals"] = json!({"aws:SourceAccount": "1"});
        assert_eq!(policy(statement(s3, own)), Ok, "all buckets of one account are no stranger's");
        assert_eq!(policy(statement(json!({"Service": "lambda.amazonaws.com"}), bucket)), Failed);
        assert_eq!(policy(json!([])), Failed);
    }

    #[test]
    fn a_queue_that_something_else_feeds_is_neither_good_nor_bad() {
        let settings = |principal: serde_json::Value, source: &str| QueueSettings {
            arn: ARN.to_owned(),
            has_dead_letters: true,
            visibility_timeout: None,
            policy: Some(
                json!({"Statement": {"Effect": "Allow", "Principal": principal, "Action": "sqs:SendMessage",
                       "Resource": ARN, "Condition": {"ArnEquals": {"aws:SourceArn": source}}}})
                .to_string(),
            ),
        };
        let (rule, topic) = ("arn:aws:events:eu-central-1:1:rule/r", "arn:aws:sns:eu-central-1:1:t");
        for (principal, source, feeder) in [
            (json!({"Service": "events.amazonaws.com"}), rule, Some("EventBridge")),
            (json!({"Service": "sns.amazonaws.com"}), topic, Some("SNS")),
            (json!("*"), topic, Some("SNS")),
            (json!("*"), "arn:aws:s3:::other", None),
            (json!({"Service": "lambda.amazonaws.com"}), topic, None),
        ] {
            let settings = settings(principal, source);
            assert_eq!(other_feeder(&settings), feeder, "{settings:?}");
            let outcome = if feeder.is_some() { Unknown } else { Failed };
            assert_eq!(of_policy(&settings, "uploads").outcome, outcome, "{settings:?}");
            assert_eq!(of_notifications(&[], ARN, feeder).outcome, outcome);
        }
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
            assert_eq!(of_notifications(&queues, ARN, None).outcome, outcome, "{queues:?}");
        }
        assert_eq!(of_notifications(&[queue(ARN, &all, &[])], ":1:q", None).outcome, Ok);
    }
}
