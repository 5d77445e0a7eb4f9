//! How do the grants that wait get on record together, and who is told what?

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{io, thread};

use futures_util::future::join;
use sqlx::{ConnectOptions as _, Connection as _, PgConnection, PgPool};
use tokio::sync::{Notify, mpsc, oneshot};
use tracing::warn;

use super::{Answer, LedgerError, Waiting};
use crate::adapters::postgres::ledger_rows::{self, GrantRow};
use crate::adapters::postgres::usage_deltas::OpenMonths;
use crate::metrics::Metrics;
use crate::model::TenantId;

/// How long the writer waits for a tenant's counter, which others hold for as long as a commit takes. It carries everybody's
/// grants, so it must not wait for long.
const LOCK_TIMEOUT: &str = "500ms";

/// The one who writes. There is one in a process.
pub struct LedgerWriter {
    queue: mpsc::Receiver<Waiting>,
    /// Says how a session is had; the writer has one of its own, whose settings stay.
    sessions: PgPool,
    connection: Option<PgConnection>,
    open: OpenMonths,
    most_rows: usize,
    deadline: Duration,
    recorded: Arc<Notify>,
    metrics: Metrics,
}

impl LedgerWriter {
    pub(super) fn new(
        queue: mpsc::Receiver<Waiting>,
        sessions: PgPool,
        most_rows: usize,
        deadline: Duration,
        metrics: Metrics,
    ) -> Self {
        Self {
            queue,
            sessions,
            connection: None,
            open: OpenMonths::default(),
            most_rows,
            deadline,
            recorded: Arc::default(),
            metrics,
        }
    }

    /// Tells whoever adds up the usage that there is some.
    #[must_use]
    pub fn recorded(&self) -> Arc<Notify> {
        Arc::clone(&self.recorded)
    }

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
            // Ids are of their time, and what comes in the order of an index is entered fastest.
            batch.sort_unstable_by_key(|waiting| waiting.row.grant.id.as_uuid());
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
            let mut admitted = ledger_rows::admit(&mut connection, &fresh, Some(&mut self.open)).await?.into_iter();
            let verdict = |row| if is_new(&row) { admitted.next().unwrap_or(Ok(())) } else { Ok(()) };
            let verdicts: Vec<_> = rows.iter().map(verdict).collect();
            Ok::<_, sqlx::Error>((connection, verdicts))
        };
        match tokio::time::timeout(deadline, work).await {
            Ok(Ok((connection, verdicts))) => {
                self.connection = Some(connection);
                self.recorded.notify_one();
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

fn tell(decided: &mut Vec<(Answer, Result<(), LedgerError>)>) {
    for (answer, result) in decided.drain(..) {
        let _caller_may_be_gone = answer.send(result);
    }
}
