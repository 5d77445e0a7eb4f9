//! When is it written down elsewhere where the audit's chains stand? Every so often, and only when they moved on.

use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::adapters::anchors::{AnchorError, AnchorKey, AnchorStore};
use crate::adapters::postgres::{DatabaseError, audit_chains};
use crate::metrics::Metrics;
use crate::model::Clock;
use crate::model::audit_anchor::Anchor;

/// Why there is no anchor.
#[derive(Debug, thiserror::Error)]
pub enum DropError {
    /// The chains cannot be read.
    #[error("the chains cannot be read")]
    Chains(#[from] DatabaseError),
    /// The anchor cannot be made or kept.
    #[error(transparent)]
    Anchor(#[from] AnchorError),
}

/// Drops anchors.
#[derive(Clone)]
pub struct Anchors {
    /// Where the chains are.
    pub pool: PgPool,
    /// Where anchors are kept.
    pub store: AnchorStore,
    /// What signs them.
    pub key: Arc<AnchorKey>,
    /// What time it is.
    pub clock: Clock,
    /// What is counted.
    pub metrics: Metrics,
}

impl Anchors {
    /// Drops one now, unless the chains stand where the last one says. Gives back where they stand.
    ///
    /// # Errors
    /// When the chains cannot be read, or the anchor not be kept.
    pub async fn drop_one(&self, last: Option<&Anchor>) -> Result<Anchor, DropError> {
        let mut heads = audit_chains::heads(&self.pool).await?;
        heads.retain(|head| head.number > 0);
        let anchor = Anchor { at: self.clock.now(), heads };
        if !anchor.heads.is_empty() && last.is_none_or(|last| last.heads != anchor.heads) {
            self.store.keep(anchor.at, self.key.sign(&anchor)?).await?;
            info!(audit.chains = anchor.heads.len(), "an anchor of the audit is kept");
        }
        Ok(anchor)
    }

    /// Drops one now, and again and again until stopped. What failed is tried again a minute later.
    pub async fn keep_until(self, interval: Duration, stop: CancellationToken) {
        let mut last = None;
        loop {
            let (outcome, next) = match self.drop_one(last.as_ref()).await {
                Ok(anchor) => {
                    last = Some(anchor);
                    ("ok", interval)
                }
                Err(error) => {
                    warn!(%error, "no anchor of the audit could be kept");
                    ("failed", interval.min(Duration::from_secs(60)))
                }
            };
            self.metrics.audit_anchors.with_label_values(&[outcome]).inc();
            if stop.run_until_cancelled(tokio::time::sleep(next)).await.is_none() {
                return;
            }
        }
    }
}
