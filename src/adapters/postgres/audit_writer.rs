//! How do events that belong to no other change get on record, of which there may be many at once?
//!
//! As in the ledger, one writer takes what waits and writes it in one statement. What is handed out waits for that; a refusal does
//! not, and when more of them come than are written, the rest are counted and dropped: an attacker must not fill the memory.

use prometheus::IntCounter;
use sqlx::PgPool;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tracing::warn;
use uuid::Uuid;

use super::DatabaseError;
use super::audit::{AuditEvent, Proof};

/// So many events wait at most.
const QUEUE: usize = 4096;
/// So many are written at once.
const BATCH: usize = 256;

/// An event, and whom to tell that it is on record.
struct Waiting {
    event: AuditEvent,
    answer: Option<oneshot::Sender<bool>>,
}

/// The entrance for those who have an event to record. Cloning shares it.
#[derive(Clone)]
pub struct AuditQueue {
    queue: mpsc::Sender<Waiting>,
    dropped: IntCounter,
}

/// The one who writes.
pub struct AuditWriter {
    queue: mpsc::Receiver<Waiting>,
    pool: PgPool,
    dropped: IntCounter,
}

/// An entrance and its writer, which must be started. `dropped` counts the events that nobody waited for and that were not written.
#[must_use]
pub fn open(pool: PgPool, dropped: IntCounter) -> (AuditQueue, AuditWriter) {
    let (sender, queue) = mpsc::channel(QUEUE);
    (AuditQueue { queue: sender, dropped: dropped.clone() }, AuditWriter { queue, pool, dropped })
}

impl AuditQueue {
    /// Returns once the event is committed.
    ///
    /// # Errors
    /// When it is not, or not known to be.
    pub async fn record(&self, event: AuditEvent) -> Result<(), DatabaseError> {
        let unavailable = |_full_or_closed| DatabaseError::Unavailable(sqlx::Error::PoolTimedOut);
        let (answer, answered) = oneshot::channel();
        self.queue.try_send(Waiting { event, answer: Some(answer) }).map_err(|error| unavailable(error.to_string()))?;
        match answered.await {
            Ok(true) => Ok(()),
            Ok(false) => Err(DatabaseError::Unavailable(sqlx::Error::PoolTimedOut)),
            Err(gone) => Err(unavailable(gone.to_string())),
        }
    }

    /// Leaves the event to be written, unless too many wait already.
    pub fn note(&self, event: AuditEvent) {
        // Half of the room is for those whom somebody waits for.
        let has_room = self.queue.capacity() > QUEUE / 2;
        if !has_room || self.queue.try_send(Waiting { event, answer: None }).is_err() {
            self.dropped.inc();
        }
    }
}

impl AuditWriter {
    /// Writes until it is stopped, and then what still waits.
    pub async fn run_until(mut self, stop: CancellationToken) {
        let mut batch = Vec::with_capacity(BATCH);
        while stop.run_until_cancelled(self.queue.recv_many(&mut batch, BATCH)).await.is_some_and(|taken| taken > 0) {
            self.write(&mut batch).await;
        }
        self.queue.close();
        while self.queue.recv_many(&mut batch, BATCH).await > 0 {
            self.write(&mut batch).await;
        }
    }

    async fn write(&self, batch: &mut Vec<Waiting>) {
        let (events, answers): (Vec<_>, Vec<_>) =
            batch.drain(..).map(|waiting| (waiting.event, waiting.answer)).unzip();
        let result = insert(&self.pool, &events).await;
        if let Err(error) = &result {
            warn!(audit.events = events.len(), %error, "events were not recorded");
            let unheard = answers.iter().filter(|answer| answer.is_none()).count();
            self.dropped.inc_by(u64::try_from(unheard).unwrap_or_default());
        }
        for answer in answers.into_iter().flatten() {
            let _caller_may_be_gone = answer.send(result.is_ok());
        }
    }
}

async fn insert(pool: &PgPool, events: &[AuditEvent]) -> Result<(), DatabaseError> {
    fn column<'a, T>(events: &'a [AuditEvent], value: impl Fn(&'a AuditEvent) -> T) -> Vec<T> {
        events.iter().map(value).collect()
    }
    let proofs: Vec<Proof> = column(events, AuditEvent::proof);
    sqlx::query!(
        "with row as materialized (
             select * from unnest($1::uuid[], $2::timestamptz[], $3::uuid[], $4::text[], $5::text[], $6::uuid[], $7::text[], $8::jsonb[],
                                  $9::text[], $10::text[], $11::bytea[])
             with ordinality as row (id, at, tenant_id, subject, action, upload_id, request_id, detail, trace_id, address, digest, place)
         ), link as materialized (
             select audit_seal(string_agg(digest, '' order by place)) as made, count(*) as places from row
         )
         insert into audit_events (id, at, tenant_id, subject, action, upload_id, request_id, detail, trace_id, address,
                                   chain, number, place, digest, seal)
         select id, at, tenant_id, subject, action, upload_id, request_id, detail, trace_id, address,
                (made).chain, (made).number, place, digest, case when place = places then (made).seal end
         from row, link",
        &proofs.iter().map(|proof| proof.id).collect::<Vec<_>>(),
        &column(events, |event| event.at),
        &column(events, |event| event.tenant.map(|id| id.as_uuid())) as &[Option<Uuid>],
        &column(events, |event| event.subject.as_str()) as &[&str],
        &column(events, |event| event.action) as &[&str],
        &column(events, |event| event.upload.map(|id| id.as_uuid())) as &[Option<Uuid>],
        &column(events, |event| event.provenance.request.as_str()) as &[&str],
        &column(events, |event| event.detail.clone()),
        &proofs.iter().map(|proof| proof.trace.as_deref()).collect::<Vec<_>>() as &[Option<&str>],
        &proofs.iter().map(|proof| proof.address.as_deref()).collect::<Vec<_>>() as &[Option<&str>],
        &proofs.iter().map(|proof| proof.digest.as_slice()).collect::<Vec<_>>() as &[&[u8]],
    )
    .execute(pool)
    .await?;
    Ok(())
}
