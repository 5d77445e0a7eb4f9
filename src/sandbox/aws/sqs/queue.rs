//! Which messages are in the queue, and who may see them when? A standard queue, in memory.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use time::OffsetDateTime;
use tokio::sync::watch;
use uuid::Uuid;

use crate::model::Clock;
use crate::sandbox::aws::lock;

/// How often a long poll looks whether a hidden message has become visible: the clock that says so may jump.
const GLANCE: Duration = Duration::from_millis(50);

/// What a queue has unless it is set up otherwise.
const VISIBILITY_TIMEOUT: time::Duration = time::Duration::seconds(30);

/// One queue.
pub(super) struct Queue {
    clock: Clock,
    state: Mutex<State>,
    /// How many messages have ever been sent: what long polls wake up to.
    arrivals: watch::Sender<u64>,
}

struct State {
    /// By order of arrival.
    messages: BTreeMap<u64, Queued>,
    visibility_timeout: time::Duration,
}

struct Queued {
    id: Uuid,
    body: String,
    visible_at: OffsetDateTime,
    /// The latest reception's.
    receipt: Option<Uuid>,
}

/// One reception of a message.
pub(super) struct Received {
    pub(super) id: Uuid,
    pub(super) body: String,
    pub(super) receipt: Uuid,
}

impl Queue {
    pub(super) fn new(clock: Clock) -> Self {
        let state = State { messages: BTreeMap::new(), visibility_timeout: VISIBILITY_TIMEOUT };
        Self { clock, state: Mutex::new(state), arrivals: watch::Sender::new(0) }
    }

    /// The message's id.
    pub(super) fn send(&self, body: String) -> Uuid {
        let id = Uuid::new_v4();
        let message = Queued { id, body, visible_at: self.clock.now(), receipt: None };
        self.arrivals.send_modify(|count| {
            *count += 1;
            lock(&self.state).messages.insert(*count, message);
        });
        id
    }

    /// The messages that are visible, as soon as there are any; none when the wait is over.
    pub(super) async fn receive(&self, most: usize, hidden_for: Option<Duration>, wait: Duration) -> Vec<Received> {
        let mut arrivals = self.arrivals.subscribe();
        let over = tokio::time::sleep(wait);
        tokio::pin!(over);
        loop {
            let received = self.take(most, hidden_for);
            if !received.is_empty() || over.is_elapsed() {
                return received;
            }
            tokio::select! {
                () = &mut over => {}
                _ = arrivals.changed() => {}
                () = tokio::time::sleep(GLANCE) => {}
            }
        }
    }

    fn take(&self, most: usize, hidden_for: Option<Duration>) -> Vec<Received> {
        let now = self.clock.now();
        let mut state = lock(&self.state);
        let hidden_for =
            hidden_for.map_or(state.visibility_timeout, |time| time::Duration::try_from(time).unwrap_or_default());
        let visible = state.messages.values_mut().filter(|message| message.visible_at <= now);
        let reception = |message: &mut Queued| {
            let receipt = Uuid::new_v4();
            message.receipt = Some(receipt);
            message.visible_at = now + hidden_for;
            Received { id: message.id, body: message.body.clone(), receipt }
        };
        visible.take(most).map(reception).collect()
    }

    /// Deletes the message, unless it was received again since: as in SQS, that is no error.
    pub(super) fn delete(&self, receipt: Uuid) {
        lock(&self.state).messages.retain(|_, message| message.receipt != Some(receipt));
    }

    pub(super) fn len(&self) -> usize {
        lock(&self.state).messages.len()
    }

    /// How many receivers wait.
    pub(super) fn waiting(&self) -> usize {
        self.arrivals.receiver_count()
    }

    pub(super) fn visibility_timeout(&self) -> Duration {
        lock(&self.state).visibility_timeout.unsigned_abs()
    }

    pub(super) fn set_visibility_timeout(&self, time: Duration) {
        lock(&self.state).visibility_timeout = time::Duration::try_from(time).unwrap_or(time::Duration::MAX);
    }
}
