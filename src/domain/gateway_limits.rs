//! Which limits hold for the whole gateway, and how are they changed while it runs?
//!
//! The configuration's, until an admin sets others. Those are in Postgres, so that every replica has the same and a restart keeps
//! them; a change is heard as a tenant's is.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use sqlx::PgPool;
use time::OffsetDateTime;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::Error;
use super::rate_limits::SubjectLimit;
use super::tenants::administer::Desk;
use crate::adapters::postgres::{self, audit, gateway_limits};
use crate::model::{GatewayLimits, Limits};

/// How soon Postgres is asked again that did not answer.
const AGAIN: Duration = Duration::from_secs(1);

/// The limits of the whole gateway. Cloning shares them.
#[derive(Clone)]
pub struct LimitsInForce {
    pool: PgPool,
    configured: Arc<GatewayLimits>,
    subject: SubjectLimit,
    changed: Arc<Notify>,
}

/// The limits, and since when they are not the configuration's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InForce {
    /// What holds.
    pub limits: GatewayLimits,
    /// When an admin set them; none while the configuration's hold.
    pub set_at: Option<OffsetDateTime>,
}

impl LimitsInForce {
    /// The configuration's, until Postgres was asked for others.
    #[must_use]
    pub fn new(pool: PgPool, configured: GatewayLimits) -> Self {
        let subject = SubjectLimit::new(configured.subject_requests_per_minute);
        Self { pool, configured: Arc::new(configured), subject, changed: Arc::default() }
    }

    /// The one that each request is held against, kept up to date by [`Self::follow_until`].
    #[must_use]
    pub fn subject_limit(&self) -> SubjectLimit {
        self.subject.clone()
    }

    /// What holds now, as Postgres says.
    ///
    /// # Errors
    /// When Postgres does not answer.
    pub async fn current(&self) -> Result<InForce, Error> {
        Ok(self.or_configured(gateway_limits::find(&self.pool).await?))
    }

    /// Changes what holds, with its audit event. Two changes at once come one after the other, and neither is lost.
    ///
    /// # Errors
    /// When Postgres does not answer.
    pub async fn change(&self, desk: Desk<'_>, apply: impl FnOnce(&mut GatewayLimits)) -> Result<InForce, Error> {
        let mut transaction = postgres::begin(&self.pool).await?;
        gateway_limits::lock(&mut transaction).await?;
        let before = self.or_configured(gateway_limits::find(&mut *transaction).await?);
        let mut limits = before.limits.clone();
        apply(&mut limits);
        if limits == before.limits {
            return Ok(before);
        }
        gateway_limits::put(&mut transaction, &limits, desk.now).await?;
        let event = desk.event("limits.changed", None, json!({"changed": changed(&before.limits, &limits)}));
        audit::record(&mut *transaction, &event).await?;
        transaction.commit().await?;
        Ok(self.adopt_own(InForce { limits, set_at: Some(desk.now) }))
    }

    /// Goes back to the configuration's, with its audit event.
    ///
    /// # Errors
    /// When Postgres does not answer.
    pub async fn reset(&self, desk: Desk<'_>) -> Result<InForce, Error> {
        let mut transaction = postgres::begin(&self.pool).await?;
        gateway_limits::lock(&mut transaction).await?;
        if gateway_limits::find(&mut *transaction).await?.is_some() {
            gateway_limits::remove(&mut transaction).await?;
            audit::record(&mut *transaction, &desk.event("limits.reset", None, json!({}))).await?;
        }
        transaction.commit().await?;
        Ok(self.adopt_own(self.or_configured(None)))
    }

    /// They may have changed: [`Self::follow_until`] asks again.
    pub fn look_again(&self) {
        self.changed.notify_one();
    }

    /// Asks Postgres after every [`Self::look_again`], until stopped. While it does not answer, what held last holds.
    pub async fn follow_until(self, stop: CancellationToken) {
        while stop.run_until_cancelled(self.changed.notified()).await.is_some() {
            match self.current().await {
                Ok(in_force) => {
                    self.adopt(in_force);
                }
                Err(error) => {
                    warn!(%error, "the gateway's limits could not be read; those that held go on");
                    self.changed.notify_one();
                    if stop.run_until_cancelled(tokio::time::sleep(AGAIN)).await.is_none() {
                        return;
                    }
                }
            }
        }
    }

    fn or_configured(&self, found: Option<(GatewayLimits, OffsetDateTime)>) -> InForce {
        match found {
            Some((limits, at)) => InForce { limits, set_at: Some(at) },
            None => InForce { limits: self.configured.as_ref().clone(), set_at: None },
        }
    }

    /// What was set here. Who set something just after may have adopted it already, so Postgres has the last word.
    fn adopt_own(&self, in_force: InForce) -> InForce {
        let in_force = self.adopt(in_force);
        self.look_again();
        in_force
    }

    fn adopt(&self, in_force: InForce) -> InForce {
        self.subject.set(in_force.limits.subject_requests_per_minute);
        in_force
    }
}

/// The members that differ, by their names on the wire.
fn changed(before: &GatewayLimits, after: &GatewayLimits) -> Vec<&'static str> {
    // Taken apart, so that no member is forgotten that comes later.
    let GatewayLimits { new_tenants, subject_requests_per_minute } = after;
    let Limits { max_upload_bytes, allowed_content_types, monthly_bytes, requests_per_minute } = new_tenants;
    let (were, of_subject) = (&before.new_tenants, before.subject_requests_per_minute);
    [
        ("maxUploadBytes", *max_upload_bytes != were.max_upload_bytes),
        ("allowedContentTypes", *allowed_content_types != were.allowed_content_types),
        ("monthlyBytes", *monthly_bytes != were.monthly_bytes),
        ("requestsPerMinute", *requests_per_minute != were.requests_per_minute),
        ("subjectRequestsPerMinute", *subject_requests_per_minute != of_subject),
    ]
    .into_iter()
    .filter_map(|(name, differs)| differs.then_some(name))
    .collect()
}
