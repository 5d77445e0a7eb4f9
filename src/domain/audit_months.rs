//! How long is the audit kept? In whole months, each of which is dropped when it is old enough; that it was is on record too.

use std::time::Duration;

use serde_json::json;
use sqlx::PgPool;
use tracing::info;

use super::Error;
use crate::adapters::postgres::audit::{self, AuditEvent};
use crate::adapters::postgres::{self, audit_months};
use crate::model::{Clock, Provenance, Subject};
use crate::trace;

/// Makes the months to come, and drops those that ended longer ago than that, if there is such a time.
///
/// # Errors
/// When Postgres does not answer.
pub async fn turn(pool: &PgPool, clock: &Clock, retention: Option<Duration>) -> Result<(), Error> {
    let now = clock.now();
    audit_months::prepare(pool, now).await?;
    let Some(retention) = retention else { return Ok(()) };
    let mut transaction = postgres::begin(pool).await?;
    for partition in audit_months::drop_ended(&mut *transaction, now - retention).await? {
        info!(audit.partition = partition, "a month of the audit was dropped");
        let event = AuditEvent {
            at: now,
            tenant: None,
            subject: Subject::of_gateway("retention"),
            action: "audit.dropped",
            upload: None,
            provenance: Provenance::of_gateway(now, trace::id()),
            detail: json!({"partition": partition}),
        };
        audit::record(&mut *transaction, &event).await?;
    }
    Ok(transaction.commit().await?)
}
