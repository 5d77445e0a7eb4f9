//! Is somebody let through to the password, and what does a success forget?
//!
//! **Exactly as many as the policy allows.** Each attempt that is let through is one conditional write that DynamoDB applies or
//! refuses as a whole: `begin` only where nothing counts, `count` only where something does and less than the policy's number.
//! However many run side by side, in however many processes, no more can succeed.
//!
//! **A success forgets everything, also a lock.** The attempt that succeeded may itself have been the last one allowed, and then
//! the account is locked at the moment of its success; nothing that Cognito sends tells that case from the other one, in which
//! others failed meanwhile and locked the account. To keep the lock would lock out people who have just proved who they are.
//! To forget it gives a guesser no more than he has without any lock: each sign-in of the rightful user starts the count again.
//! It takes an attempt that was let through *before* the lock, and the right password.
//!
//! **A repeated trigger counts again.** Cognito gives a trigger five seconds and may call it up to three times; each call comes with
//! a request id of its own, and nothing in the event tells a repetition from another attempt. So an attempt may count up to three
//! times, but only when no answer came within five seconds, and ours comes within two. The error is on the safe side.

use time::OffsetDateTime;

use crate::adapters::dynamodb::{AttemptsTable, TableError, Written};
use crate::model::{Account, Attempts, LockoutPolicy, LockoutStanding};

/// How often a count that others change between our two writes is tried again. Beyond that the attempt is refused.
const ROUNDS: usize = 2;

/// Whether an attempt may go on to the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It may, and it was counted.
    Admitted,
    /// It may not, and nothing was counted.
    Locked,
}

/// Where attempts are counted, and how many there may be.
#[derive(Debug, Clone)]
pub struct Lockout {
    table: AttemptsTable,
    policy: LockoutPolicy,
}

impl Lockout {
    /// Counts in this DynamoDB table.
    #[must_use]
    pub fn new(shared: &aws_config::SdkConfig, table: &str, policy: LockoutPolicy) -> Self {
        Self { table: AttemptsTable::new(shared, table, policy), policy }
    }

    /// Counts an attempt at `now`, or refuses it.
    ///
    /// Should the clock go back, a lock ends at most the policy's duration after the next attempt; should it go forward, or two
    /// processes' clocks differ, a lock ends early by no more than the jump or the difference.
    ///
    /// # Errors
    /// When the table refuses or does not answer; the attempt may have been counted.
    pub async fn admit(&self, account: &Account, now: OffsetDateTime) -> Result<Admission, TableError> {
        for _round in 0..ROUNDS {
            // Most people sign in at once, so most often the first write is the only one.
            let Written::No(found) = self.table.begin(account, now).await? else { return Ok(Admission::Admitted) };
            if self.is_locked(account, found, now).await? {
                return Ok(Admission::Locked);
            }
            let Written::No(found) = self.table.count(account, now).await? else { return Ok(Admission::Admitted) };
            if self.is_locked(account, found, now).await? {
                return Ok(Admission::Locked);
            }
        }
        // Neither write was possible, again and again: locked, by a record that the table does not show us.
        self.table.shorten(account, now).await?;
        Ok(Admission::Locked)
    }

    /// Forgets all attempts, after a success.
    ///
    /// # Errors
    /// When the table refuses or does not answer; the attempts may still count.
    pub async fn clear(&self, account: &Account) -> Result<(), TableError> {
        self.table.clear(account).await
    }

    /// Whether what a refused write has found is a lock.
    async fn is_locked(
        &self,
        account: &Account,
        found: Option<Attempts>,
        now: OffsetDateTime,
    ) -> Result<bool, TableError> {
        match self.policy.standing(found.as_ref(), now) {
            LockoutStanding::Fresh | LockoutStanding::Counting => Ok(false),
            LockoutStanding::Locked => Ok(true),
            LockoutStanding::LockedTooLong => {
                self.table.shorten(account, now).await?;
                Ok(true)
            }
        }
    }
}
