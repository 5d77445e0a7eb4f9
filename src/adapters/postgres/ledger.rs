//! How is a grant put on record before its URL leaves, thousands of times a second?
//!
//! Group commit: one writer takes what waits, writes it in one statement and so in one transaction, and answers each caller
//! after the commit. It does not linger: while one commit runs, the next batch gathers by itself. The queue is bounded and
//! every wait has a deadline, so a slow Postgres turns into refusals and not into memory. The writer has a thread of its own: nothing
//! that other requests do keeps it waiting.

mod writer;

use std::time::Duration;

use prometheus::IntCounterVec;
use sqlx::PgPool;
use tokio::sync::{mpsc, oneshot};

use super::ledger_rows::{GrantRow, OverQuota};
use crate::config;
use crate::metrics::Metrics;
pub use writer::LedgerWriter;

/// Why a grant is not on record. The URL must not leave then.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LedgerError {
    /// More grants wait than the queue holds.
    #[error("too many grants wait to be recorded")]
    Full,
    /// The record was not confirmed in time. It may still have been made, which harms nobody: a record without a URL expires.
    #[error("the grant was not recorded in time")]
    Late,
    /// Somebody else's transaction holds the tenant's counter.
    #[error("the tenant's counter is held by another transaction")]
    Locked,
    /// Postgres cannot be reached, or broke off.
    #[error("the grant was not recorded: {0}")]
    Unavailable(String),
    /// The tenant's month has no room for it.
    #[error("the grant is over the tenant's quota")]
    OverQuota(#[source] OverQuota),
    /// Postgres refuses this row, whatever its company.
    #[error("the grant cannot be recorded: {0}")]
    Refused(String),
}

/// A grant, and whom to tell when it is on record.
struct Waiting {
    row: GrantRow,
    answer: Answer,
}

type Answer = oneshot::Sender<Result<(), LedgerError>>;

/// The entrance for those who have a grant to record.
#[derive(Clone)]
pub struct Ledger {
    queue: mpsc::Sender<Waiting>,
    deadline: Duration,
    refusals: IntCounterVec,
}

/// An entrance and its writer, which must be started.
#[must_use]
pub fn open(sessions: PgPool, ledger: &config::Ledger, metrics: Metrics) -> (Ledger, LedgerWriter) {
    let (sender, receiver) = mpsc::channel(ledger.queue);
    let entrance = Ledger { queue: sender, deadline: ledger.deadline, refusals: metrics.ledger_refusals.clone() };
    let (most_rows, deadline) = (ledger.batch, ledger.deadline);
    (entrance, LedgerWriter::new(receiver, sessions, most_rows, deadline, metrics))
}

impl LedgerError {
    /// Did the ledger fail, and how? A grant over its quota, or one that Postgres will never take, is no failure of its.
    const fn refusal(&self) -> Option<&'static str> {
        match self {
            Self::Full => Some("full"),
            Self::Late => Some("late"),
            Self::Locked => Some("locked"),
            Self::Unavailable(_) => Some("unavailable"),
            Self::OverQuota(_) | Self::Refused(_) => None,
        }
    }
}

impl Ledger {
    /// Returns once the grant and its audit event are committed.
    ///
    /// # Errors
    /// When they are not, or not known to be.
    pub async fn record(&self, row: GrantRow) -> Result<(), LedgerError> {
        let recorded = self.hand_over(row).await;
        if let Some(reason) = recorded.as_ref().err().and_then(LedgerError::refusal) {
            self.refusals.with_label_values(&[reason]).inc();
        }
        recorded
    }

    /// How many grants wait that the writer has not taken yet.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }

    /// How many may.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.queue.max_capacity()
    }

    async fn hand_over(&self, row: GrantRow) -> Result<(), LedgerError> {
        let (answer, answered) = oneshot::channel();
        self.queue.try_send(Waiting { row, answer }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => LedgerError::Full,
            mpsc::error::TrySendError::Closed(_) => LedgerError::Unavailable("the gateway is stopping".to_owned()),
        })?;
        match tokio::time::timeout(self.deadline, answered).await {
            Ok(Ok(result)) => result,
            Ok(Err(_writer_gone)) => Err(LedgerError::Unavailable("the gateway is stopping".to_owned())),
            Err(_elapsed) => Err(LedgerError::Late),
        }
    }
}
