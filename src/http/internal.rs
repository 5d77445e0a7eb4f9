//! What do operators and their probes ask?

use actix_web::HttpResponse;
use actix_web::web::Data;
use tracing::Instrument as _;

use super::State;
use super::extract::Body;
use super::problem::Problem;
use crate::adapters::s3::notification;
use crate::domain::uploads::notice::Noticed;
use crate::model::Provenance;
use crate::trace;

/// `GET /livez`: the process answers.
pub(super) async fn livez() -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({"status": "ok"}))
}

/// `GET /readyz`: Postgres can be reached and the signing keys are known. S3 and STS are not asked, or every replica would
/// leave the load balancer together when they blink. Once a stop was asked for, it is not ready whatever else is true.
pub(super) async fn readyz(state: Data<State>) -> HttpResponse {
    let (database, keys, draining) = (state.pools.are_reachable().await, state.keys.is_ready(), state.is_draining());
    let checks = serde_json::json!({"database": database, "signingKeys": keys, "draining": draining});
    let is_ready = database && keys && !draining;
    if is_ready { HttpResponse::Ok().json(checks) } else { HttpResponse::ServiceUnavailable().json(checks) }
}

/// `POST /s3-events`: what S3, or EventBridge for it, tells of created objects. Any answer but 2xx should make the sender come again.
pub(super) async fn s3_events(
    provenance: Provenance,
    state: Data<State>,
    Body(body): Body,
) -> Result<HttpResponse, Problem> {
    let count = |result| state.metrics.events.with_label_values(&["http", result]).inc();
    let events = notification::parse(&body).map_err(|malformed| {
        count("malformed");
        Problem::malformed_event(malformed.to_string())
    })?;
    let mut settled = 0;
    for event in &events {
        // Each in a span of its own, so that what is known of one is not told of the next.
        let noticed = state.uploads.notice(event, provenance.clone()).instrument(trace::work("event")).await;
        let noticed = noticed.inspect_err(|_error| count("error"))?;
        count(if noticed == Noticed::Settled { "ok" } else { "ignored" });
        settled += i32::from(noticed == Noticed::Settled);
    }
    Ok(HttpResponse::Ok().json(serde_json::json!({"events": events.len(), "settled": settled})))
}
