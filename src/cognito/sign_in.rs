//! Is somebody who signs in with a password locked out?
//!
//! Cognito asks before it looks at the password, and tells after a success. Two kinds of attempts are not counted: those of an account
//! that an identity provider made, which has no password here, and those for an account that does not exist (`userNotFound`, which
//! Cognito sends where it hides that from the caller). An account of the pool that was linked to a provider keeps its password, and so
//! is counted: while it is locked, it does not come in by the provider either.
//!
//! That a lock is refused in other words than a wrong password tells a patient guesser that there is such an account.
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-authentication.html>
//!
//! While the table does not answer, people sign in uncounted or not at all, as configured. Every such event is a log line with
//! `"outcome":"outage"`, for a metric filter to count. A success is a success: that the count could not be forgotten is logged too,
//! and refuses nobody.

use std::time::Duration;

use serde_json::Value;

use super::Decision;
use super::event::Event;
use super::refusal::{Refusal, StoreError};
use crate::config::Outage;
use crate::domain::lockout::{Admission, Lockout};
use crate::model::{Account, Clock, Invalid};

/// How long the table may take in all. Cognito gives a trigger five seconds, a cold start included.
const PATIENCE: Duration = Duration::from_millis(1500);

/// Accounts are locked with this.
#[derive(Debug, Clone)]
pub(super) struct Gate {
    pub(super) lockout: Lockout,
    pub(super) outage: Outage,
    pub(super) clock: Clock,
}

impl Gate {
    /// Before the password is looked at.
    pub(super) async fn enter(&self, event: &Event) -> Result<Decision, Refusal> {
        if is_nobody(event)? || event.attributes()?.has_no_password()? {
            return Ok(Decision::Passed);
        }
        let (account, now) = (account(event)?, self.clock.now());
        match in_time(self.lockout.admit(&account, now)).await {
            Ok(Admission::Admitted) => Ok(Decision::Counted),
            Ok(Admission::Locked) => Err(Refusal::Locked),
            Err(error) => match self.outage {
                Outage::Open => {
                    tracing::error!(error = &error as &dyn std::error::Error, "an attempt to sign in is not counted");
                    Ok(Decision::Outage)
                }
                Outage::Closed => Err(Refusal::Uncounted(error)),
            },
        }
    }

    /// After a success: a sign-in, or a new password by a code sent to the account's address.
    pub(super) async fn succeed(&self, event: &Event) -> Result<Decision, Refusal> {
        if event.attributes()?.has_no_password()? {
            return Ok(Decision::Passed);
        }
        match in_time(self.lockout.clear(&account(event)?)).await {
            Ok(()) => Ok(Decision::Counted),
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "attempts still count after a success");
                Ok(Decision::Outage)
            }
        }
    }
}

fn account(event: &Event) -> Result<Account, Refusal> {
    const MALFORMED: Refusal = Refusal::Malformed("request.userAttributes.sub");
    let subject = event.attributes()?.text("sub")?.ok_or(MALFORMED)?;
    Account::parse(event.pool()?, subject).map_err(|_rule: Invalid| MALFORMED)
}

fn is_nobody(event: &Event) -> Result<bool, Refusal> {
    match event.request()?.get("userNotFound") {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(not_found)) => Ok(*not_found),
        Some(Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_)) => {
            Err(Refusal::Malformed("request.userNotFound"))
        }
    }
}

async fn in_time<T, E: Into<StoreError>>(answer: impl Future<Output = Result<T, E>>) -> Result<T, StoreError> {
    match tokio::time::timeout(PATIENCE, answer).await {
        Ok(answer) => answer.map_err(Into::into),
        Err(_elapsed) => Err(StoreError::Silent),
    }
}
