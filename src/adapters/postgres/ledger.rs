//! How is a grant put on record before its URL leaves, thousands of times a second?
//!
//! Group commit: one writer takes what waits, writes it in one statement and so in one transaction, and answers each caller
//! after the commit. It does not linger: while one commit runs, the next batch gathers by itself. The queue is bounded and
//! every wait has a deadline, so a slow Postgres turns into refusals and not into memory. The writer has a thread of its own: nothing
//! that other requests do keeps it waiting.

use std::collections::{BTreeMap, HashSet};
use std::time::{Duration, Instant};
use std::{io, thread};

use futures_util::future::join;
use prometheus::IntCounterVec;
use sqlx::{ConnectOptions as _, Connection as _, PgConnection, PgPool};
use tokio::sync::{mpsc, oneshot};
use tracing::warn;

use super::ledger_rows::{self, GrantRow, OverQuota};
use crate::config;
use crate::metrics::Metrics;
use crate::model::TenantId;

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

/// How long the writer waits for a tenant's counter, which others hold for as long as a commit takes. It carries everybody's
/// grants, so it must not wait for long.
const LOCK_TIMEOUT: &str = "500ms";

struct Waiting {
    row: GrantRow,
    answer: Answer,
}

type Answer = oneshot::Sender<Result<(), LedgerError>>;

fn tell(decided: &mut Vec<(Answer, Result<(), LedgerError>)>) {
    for (answer, result) in decided.drain(..) {
        let _caller_may_be_gone = answer.send(result);
    }
}

/// The entrance for those who have a grant to record.
#[derive(Clone)]
pub struct Ledger {
    queue: mpsc::Sender<Waiting>,
    deadline: Duration,
    refusals: IntCounterVec,
}

/// The one who writes. There is one in a process.
pub struct LedgerWriter {
    queue: mpsc::Receiver<Waiting>,
    /// Says how a session is had; the writer has one of its own, whose settings stay.
    sessions: PgPool,
    connection: Option<PgConnection>,
    most_rows: usize,
    deadline: Duration,
    metrics: Metrics,
}

/// An entrance and its writer, which must be spawned.
#[must_use]
pub fn open(sessions: PgPool, ledger: &config::Ledger, metrics: Metrics) -> (Ledger, LedgerWriter) {
    let (sender, receiver) = mpsc::channel(ledger.queue);
    let entrance = Ledger { queue: sender, deadline: ledger.deadline, refusals: metrics.ledger_refusals.clone() };
    let (most_rows, deadline) = (ledger.batch, ledger.deadline);
    (entrance, LedgerWriter { queue: receiver, sessions, connection: None, most_rows, deadline, metrics })
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

impl LedgerWriter {
    /// Starts it in a thread of its own, and tells when it has come to its end.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub fn start(self) -> io::Result<oneshot::Receiver<()>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (ending, end) = oneshot::channel();
        thread::Builder::new().name("ledger".to_owned()).spawn(move || {
            runtime.block_on(self.run());
            let _nobody_waits = ending.send(());
        })?;
        Ok(end)
    }

    /// Writes until every entrance is gone and nothing waits.
    pub async fn run(mut self) {
        let mut batch = Vec::with_capacity(self.most_rows);
        let mut decided = Vec::new();
        loop {
            if decided.is_empty() || !self.take_waiting(&mut batch) {
                tell(&mut decided);
                if self.queue.recv_many(&mut batch, self.most_rows).await == 0 {
                    break;
                }
            }
            // Whoever stopped waiting was answered 503 and has no URL, so there is nothing to record.
            batch.retain(|waiting| !waiting.answer.is_closed());
            let (rows, answers): (Vec<_>, Vec<_>) = batch.drain(..).map(|w| (w.row, w.answer)).unzip();
            if rows.is_empty() {
                continue;
            }
            // To answer wakes each caller, which takes as long as Postgres takes for some rows. So this is done while it has others.
            let (results, ()) = join(self.write(&rows), async { tell(&mut decided) }).await;
            decided = answers.into_iter().zip(results).collect();
        }
        if let Some(connection) = self.connection {
            let _already_closed = connection.close().await;
        }
    }

    /// Takes what waits without waiting for it. Is there anything?
    fn take_waiting(&mut self, batch: &mut Vec<Waiting>) -> bool {
        while batch.len() < self.most_rows
            && let Ok(waiting) = self.queue.try_recv()
        {
            batch.push(waiting);
        }
        !batch.is_empty()
    }

    /// One result for each row.
    async fn write(&mut self, rows: &[GrantRow]) -> Vec<Result<(), LedgerError>> {
        self.metrics.ledger_batch_rows.observe(u32::try_from(rows.len()).map_or(f64::MAX, f64::from));
        let began = Instant::now();
        let result = self.commit(rows, false).await;
        self.metrics.ledger_commit_seconds.observe(began.elapsed().as_secs_f64());
        match result {
            Ok(verdicts) => verdicts,
            Err(LedgerError::Refused(_)) if rows.len() > 1 => self.write_one_by_one(rows).await,
            Err(LedgerError::Locked) if rows.iter().any(|row| rows.first().is_some_and(|r| r.tenant != row.tenant)) => {
                self.write_tenant_by_tenant(rows).await
            }
            Err(error) => {
                warn!(ledger.rows = rows.len(), %error, "grants were not recorded");
                vec![Err(error); rows.len()]
            }
        }
    }

    /// A tenant whose counter is held by somebody must not keep the others waiting.
    async fn write_tenant_by_tenant(&mut self, rows: &[GrantRow]) -> Vec<Result<(), LedgerError>> {
        let mut results = vec![Err(LedgerError::Late); rows.len()];
        let mut places: BTreeMap<TenantId, Vec<usize>> = BTreeMap::new();
        for (place, row) in rows.iter().enumerate() {
            places.entry(row.tenant).or_default().push(place);
        }
        for places in places.values() {
            let own: Vec<GrantRow> = places.iter().filter_map(|&place| rows.get(place).cloned()).collect();
            let verdicts = match self.commit(&own, true).await {
                Ok(verdicts) => verdicts,
                // As among several tenants, one row must not take the others down.
                Err(LedgerError::Refused(_)) if own.len() > 1 => self.write_one_by_one(&own).await,
                Err(error) => vec![Err(error); own.len()],
            };
            for (&place, verdict) in places.iter().zip(verdicts) {
                results.get_mut(place).map(|result| std::mem::replace(result, verdict));
            }
        }
        results
    }

    /// A row that Postgres refuses must not take its company down with it.
    async fn write_one_by_one(&mut self, rows: &[GrantRow]) -> Vec<Result<(), LedgerError>> {
        let mut results = Vec::with_capacity(rows.len());
        for row in rows {
            let result = self.commit(std::slice::from_ref(row), true).await.and_then(|one| one.into_iter().collect());
            let is_the_rows_fault = matches!(result, Ok(()) | Err(LedgerError::Refused(_) | LedgerError::OverQuota(_)));
            results.push(result.clone());
            if !is_the_rows_fault {
                // Postgres went away meanwhile: the rest need not wait for it one after the other.
                results.resize(rows.len(), result);
            }
            if results.len() == rows.len() {
                break;
            }
        }
        results
    }

    /// One transaction, and a verdict for each row. A connection that turns out to be dead, as after a restart of Postgres, is replaced once:
    /// no id is written twice. `again` says that an earlier try may have written some of them.
    async fn commit(&mut self, rows: &[GrantRow], again: bool) -> Result<Vec<Result<(), LedgerError>>, LedgerError> {
        let reused = self.connection.is_some();
        let mut result = self.attempt(rows, again).await;
        if reused && matches!(result, Err(LedgerError::Unavailable(_))) {
            result = self.attempt(rows, true).await;
        }
        // An earlier attempt, given up as lost, may have come through while this one waited for it. Of several rows, each is
        // tried again by itself.
        if rows.len() == 1 && matches!(result, Err(LedgerError::Refused(_))) {
            result = self.attempt(rows, true).await;
        }
        result
    }

    async fn connect(&self) -> Result<PgConnection, sqlx::Error> {
        let options = (*self.sessions.connect_options()).clone().disable_statement_logging();
        options.options([("lock_timeout", LOCK_TIMEOUT)]).connect().await
    }

    async fn attempt(&mut self, rows: &[GrantRow], again: bool) -> Result<Vec<Result<(), LedgerError>>, LedgerError> {
        let deadline = self.deadline;
        let work = async {
            let mut connection = match self.connection.take() {
                Some(connection) => connection,
                None => self.connect().await?,
            };
            let before = if again { ledger_rows::recorded(&mut connection, rows).await? } else { HashSet::new() };
            let is_new = |row: &&GrantRow| !before.contains(&row.grant.id.as_uuid());
            let fresh: Vec<&GrantRow> = rows.iter().filter(is_new).collect();
            let mut admitted = ledger_rows::admit(&mut connection, &fresh).await?.into_iter();
            let verdict = |row| if is_new(&row) { admitted.next().unwrap_or(Ok(())) } else { Ok(()) };
            let verdicts: Vec<_> = rows.iter().map(verdict).collect();
            Ok::<_, sqlx::Error>((connection, verdicts))
        };
        match tokio::time::timeout(deadline, work).await {
            Ok(Ok((connection, verdicts))) => {
                self.connection = Some(connection);
                Ok(verdicts.into_iter().map(|verdict| verdict.map_err(LedgerError::OverQuota)).collect())
            }
            Ok(Err(error)) if is_about_the_rows(&error) => Err(LedgerError::Refused(error.to_string())),
            Ok(Err(error)) if is_about_a_lock(&error) => Err(LedgerError::Locked),
            Ok(Err(error)) => Err(LedgerError::Unavailable(error.to_string())),
            Err(_elapsed) => Err(LedgerError::Late),
        }
    }
}

/// `lock_not_available`, by the lock time-out.
fn is_about_a_lock(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(|e| e.code()).is_some_and(|code| code == "55P03")
}

/// Classes 22 (data) and 23 (constraints) are the rows' fault; everything else is Postgres's.
/// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
fn is_about_the_rows(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|e| e.code());
    code.is_some_and(|code| code.starts_with("22") || code.starts_with("23"))
}
