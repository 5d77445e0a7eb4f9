//! How are attempts to sign in counted in DynamoDB, each by one conditional write?
//!
//! IAM actions needed, on the table alone: `dynamodb:UpdateItem` and `dynamodb:DeleteItem`. The table's partition key is
//! `account`, a text; `expires_at`, in seconds since 1970, may be its TTL attribute. DynamoDB deletes late, so no condition
//! asks whether an item is there that should not be: `count_until`, in milliseconds since 1970, is what counts.

use std::collections::HashMap;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::BehaviorVersion;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use time::OffsetDateTime;

use crate::adapters::aws_error::describe;
use crate::model::{Account, Attempts, LockoutPolicy};

/// How long an item outlives its use before DynamoDB may delete it, so that a clock that is behind still finds it.
const REST: Duration = Duration::from_secs(24 * 3600);

/// One call may take this long; who calls more than once bounds the whole.
const CALL: Duration = Duration::from_millis(1200);

/// The table did not do what it was asked, or did not say so. The write may have happened.
#[derive(Debug, thiserror::Error)]
#[error("the lockout's table could not be {what}: {cause}")]
pub struct TableError {
    what: &'static str,
    cause: String,
}

/// What became of a conditional write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// The condition held, and the item is as it was asked for.
    Yes,
    /// The condition did not hold. With what was found instead, when the table said so.
    No(Option<Attempts>),
}

/// The table of attempts.
#[derive(Debug, Clone)]
pub struct AttemptsTable {
    client: aws_sdk_dynamodb::Client,
    table: String,
    policy: LockoutPolicy,
}

impl AttemptsTable {
    /// The table of this name. No call is repeated by itself: one that was carried out, but whose answer was lost, would count
    /// twice.
    #[must_use]
    pub fn new(shared: &aws_config::SdkConfig, table: &str, policy: LockoutPolicy) -> Self {
        let timeouts = TimeoutConfig::builder().connect_timeout(CALL / 2).operation_timeout(CALL).build();
        let config = aws_sdk_dynamodb::config::Builder::from(shared)
            .behavior_version(BehaviorVersion::latest())
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts)
            .build();
        Self { client: aws_sdk_dynamodb::Client::from_conf(config), table: table.to_owned(), policy }
    }

    /// Counts the first attempt, unless others still count.
    ///
    /// # Errors
    /// When the table refuses or does not answer.
    pub async fn begin(&self, account: &Account, now: OffsetDateTime) -> Result<Written, TableError> {
        let update = self
            .update(account, self.policy.end(now))
            .update_expression("set attempts = :one, count_until = :end, expires_at = :expires")
            .condition_expression("attribute_not_exists(count_until) or count_until <= :now")
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":now", milliseconds(now));
        written("asked to begin a count", update).await
    }

    /// Counts one attempt more, when some count and one is left.
    ///
    /// # Errors
    /// As [`Self::begin`].
    pub async fn count(&self, account: &Account, now: OffsetDateTime) -> Result<Written, TableError> {
        let update = self
            .update(account, self.policy.end(now))
            .update_expression("set attempts = attempts + :one, count_until = :end, expires_at = :expires")
            .condition_expression("attempts < :most and count_until > :now")
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":most", number(self.policy.attempts.into()))
            .expression_attribute_values(":now", milliseconds(now));
        written("asked to count", update).await
    }

    /// Lets attempts count no longer than the policy's duration from `now`, unless they do not anyhow.
    ///
    /// # Errors
    /// As [`Self::begin`].
    pub async fn shorten(&self, account: &Account, now: OffsetDateTime) -> Result<Written, TableError> {
        let update = self
            .update(account, self.policy.end(now))
            .update_expression("set count_until = :end, expires_at = :expires")
            .condition_expression("count_until > :end");
        written("asked to shorten a lock", update).await
    }

    /// Forgets all attempts.
    ///
    /// # Errors
    /// As [`Self::begin`].
    pub async fn clear(&self, account: &Account) -> Result<(), TableError> {
        let delete = self.client.delete_item().table_name(&self.table).key("account", key(account));
        let deleted = delete.send().await;
        deleted.map(drop).map_err(|error| TableError { what: "asked to forget a count", cause: describe(&error) })
    }

    fn update(&self, account: &Account, end: OffsetDateTime) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .key("account", key(account))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .expression_attribute_values(":end", milliseconds(end))
            .expression_attribute_values(":expires", number((end + REST).unix_timestamp()))
    }
}

async fn written(what: &'static str, update: UpdateItemFluentBuilder) -> Result<Written, TableError> {
    let Err(error) = update.send().await else { return Ok(Written::Yes) };
    if let Some(UpdateItemError::ConditionalCheckFailedException(refusal)) = error.as_service_error() {
        return Ok(Written::No(refusal.item().and_then(attempts)));
    }
    Err(TableError { what, cause: describe(&error) })
}

/// An item that is not of our making is as good as none: the conditions alone decide.
fn attempts(item: &HashMap<String, AttributeValue>) -> Option<Attempts> {
    let read = |name: &str| item.get(name)?.as_n().ok();
    let milliseconds: i64 = read("count_until")?.parse().ok()?;
    let count_until = OffsetDateTime::from_unix_timestamp_nanos(i128::from(milliseconds) * 1_000_000).ok()?;
    Some(Attempts { counted: read("attempts")?.parse().ok()?, count_until })
}

fn key(account: &Account) -> AttributeValue {
    AttributeValue::S(account.as_str().to_owned())
}

fn number(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

fn milliseconds(moment: OffsetDateTime) -> AttributeValue {
    AttributeValue::N((moment.unix_timestamp_nanos() / 1_000_000).to_string())
}
