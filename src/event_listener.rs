//! Which objects does S3 say were created? The loop that asks the event queue and passes on what it hears.

use std::fmt::Display;
use std::time::Duration;

use futures_util::future::join_all;
use rand::Rng as _;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, debug, error, warn};

use crate::adapters::s3::notification;
use crate::adapters::sqs::{EventQueue, Message};
use crate::metrics::Metrics;
use crate::model::ObjectCreated;
use crate::trace;

/// The pause after the first failure; each further one doubles it …
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
/// … up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Calls `notice` for each created object that the queue tells of, until stopped.
///
/// A message is forgotten when `notice` has returned `Ok` for all that it tells of. Otherwise it stays, and comes again
/// once its visibility time-out is over: `notice` must bear to be told twice, in any order, and of objects that it does not
/// know. A message that cannot be read stays as well, for the queue's redrive policy to put aside.
pub async fn listen_until<E: Display>(
    queue: EventQueue,
    stop: CancellationToken,
    metrics: Metrics,
    notice: impl AsyncFn(ObjectCreated) -> Result<(), E>,
) {
    let mut failures = 0;
    // What was received is seen through, even when a stop is asked for meanwhile; only waiting is cut short.
    loop {
        let span = trace::detached_work("listen");
        let Some(received) = stop.run_until_cancelled(queue.receive().instrument(span.clone())).await else { return };
        let heard = async {
            match received {
                Ok(messages) => hear(&queue, messages, &metrics, &notice).await,
                Err(error) => {
                    trace::note_failure();
                    warn!(%error, "the event queue is away; uploads complete when their clients say so, or when they are looked for");
                    false
                }
            }
        };
        let went_well = heard.instrument(span).await;
        failures = if went_well { 0 } else { failures + 1 };
        if failures > 0 && stop.run_until_cancelled(tokio::time::sleep(pause(failures))).await.is_none() {
            return;
        }
    }
}

/// Whether there is no reason to pause. There is one when nothing could be noticed of all that came: while the database is
/// away, say, each reception would only bring the messages nearer to the dead-letter queue.
async fn hear<E: Display>(
    queue: &EventQueue,
    messages: Vec<Message>,
    metrics: &Metrics,
    notice: &impl AsyncFn(ObjectCreated) -> Result<(), E>,
) -> bool {
    let heard = join_all(messages.iter().map(|message| pass_on(message, metrics, notice))).await;
    let in_vain = !heard.is_empty() && heard.iter().all(|outcome| *outcome == Outcome::Failed);
    let done = |(message, outcome)| (outcome == Outcome::Done).then_some(message);
    let done: Vec<Message> = messages.into_iter().zip(heard).filter_map(done).collect();
    if let Err(error) = queue.forget(&done).await {
        warn!(%error, "messages that were dealt with will come again");
        return false;
    }
    !in_vain
}

/// What became of one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Done,
    Failed,
    Malformed,
}

async fn pass_on<E: Display>(
    message: &Message,
    metrics: &Metrics,
    notice: &impl AsyncFn(ObjectCreated) -> Result<(), E>,
) -> Outcome {
    let count = |result| metrics.events.with_label_values(&["sqs", result]).inc();
    let events = match notification::parse(message.body.as_bytes()) {
        Ok(events) => events,
        Err(error) => {
            count("malformed");
            warn!(%error, message.bytes = message.body.len(), "a message of the event queue is no notification; it is left there");
            return Outcome::Malformed;
        }
    };
    if events.is_empty() {
        count("ignored");
        debug!("a message of the event queue tells of no created object");
    }
    let mut outcome = Outcome::Done;
    for event in events {
        let (bucket, key) = (event.bucket.clone(), event.key.clone());
        // Each in a span of its own, so that what is known of one is not told of the next.
        let noticing = async {
            let noticed = notice(event).await;
            if let Err(error) = &noticed {
                error!(%error, object.bucket = bucket, object.key = key, "a created object could not be noticed; the event will come again");
            }
            noticed.is_ok()
        };
        if noticing.instrument(trace::work("event")).await {
            count("ok");
        } else {
            count("error");
            outcome = Outcome::Failed;
        }
    }
    outcome
}

/// Between half and all of the time that so many failures in a row are worth; jitter keeps a fleet from asking all at once.
fn pause(failures: u32) -> Duration {
    let doubled = 2_u32.saturating_pow(failures.saturating_sub(1));
    SHORTEST_PAUSE.saturating_mul(doubled).min(LONGEST_PAUSE).mul_f64(rand::rng().random_range(0.5..=1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_minute_and_are_never_the_same_for_all() {
        for (failures, least, most) in
            [(1, 0.5, 1.0), (2, 1.0, 2.0), (6, 16.0, 32.0), (7, 30.0, 60.0), (u32::MAX, 30.0, 60.0)]
        {
            let pauses: Vec<f64> = (0..100).map(|_| pause(failures).as_secs_f64()).collect();
            assert!(pauses.iter().all(|pause| (least..=most).contains(pause)), "{failures}: {pauses:?}");
            assert!(pauses.iter().any(|pause| pause != &pauses[0]), "{failures}: {pauses:?}");
        }
    }
}
