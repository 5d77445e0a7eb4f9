//! What does Prometheus read? What was counted, and what is looked at for it this moment.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::web::Data;

use super::State;
use super::problem::Problem;
use crate::adapters::postgres::{DatabaseError, reconcile, tenants};

/// How long Postgres may take for all that is read of it. While it is away a scrape must still tell the rest, and soon:
/// Prometheus gives up after ten seconds, and then knows nothing. Shorter than a request's shortest time-out, a second.
const PATIENCE: Duration = Duration::from_millis(800);

/// `GET /metrics`: Prometheus's text format 0.0.4.
pub(super) async fn get(state: Data<State>) -> Result<HttpResponse, Problem> {
    // Before Postgres is asked, so that the connection that this takes is not told of.
    read_own(&state);
    // While Postgres is away, the last readings stand.
    let _late_or_away = tokio::time::timeout(PATIENCE, read_postgres(&state)).await;
    let text = state.metrics.render().map_err(|_invalid_metric| Problem::internal())?;
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(text))
}

/// What the process knows of itself.
fn read_own(state: &State) {
    let metrics = &state.metrics;
    let (open, idle) = (count(state.pool.size()), count(state.pool.num_idle()));
    metrics.database_connections.with_label_values(&["idle"]).set(idle);
    metrics.database_connections.with_label_values(&["busy"]).set((open - idle).max(0));
    metrics.database_connections_max.set(count(state.pool.options().get_max_connections()));

    metrics.ledger_queue_rows.set(count(state.uploads.ledger.waiting()));
    metrics.ledger_queue_capacity.set(count(state.uploads.ledger.capacity()));

    let (sessions, least_life) = state.uploads.credentials.remembered();
    metrics.sts_credentials.set(count(sessions));
    match least_life {
        Some(seconds) => metrics.sts_credential_remaining_seconds.with_label_values::<&str>(&[]).set(seconds),
        None => metrics.sts_credential_remaining_seconds.reset(),
    }
    for (issuer, age) in state.keys.ages() {
        metrics.jwks_age_seconds.with_label_values(&[issuer]).set(age.as_secs_f64());
    }
    metrics.tenant_series.forget_idle(state.clock.now());
}

/// What only Postgres knows, over one connection.
async fn read_postgres(state: &State) -> Result<(), DatabaseError> {
    let metrics = &state.metrics;
    let mut connection = state.pool.acquire().await?;
    let counts = tenants::count_by_status(&mut *connection).await?;
    metrics.tenants.reset();
    for (status, count) in counts {
        metrics.tenants.with_label_values(&[status]).set(count);
    }
    let now = state.clock.now();
    let due = reconcile::due(&mut *connection, now).await?;
    metrics.reconcile_due.set(due.uploads);
    metrics.reconcile_oldest_due_seconds.set(due.since.map_or(0.0, |since| (now - since).as_seconds_f64()));
    Ok(())
}

fn count(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}
