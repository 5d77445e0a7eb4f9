//! How is everything put together that the doctor looks at? As for a gateway, without the listeners and the background work.

use super::StartError;
use super::aws::aws_config;
use crate::adapters::oidc::KeyStore;
use crate::adapters::postgres;
use crate::adapters::s3::{Bucket, Objects, Preflights};
use crate::adapters::sts::{CredentialCache, RoleAssumer};
use crate::config::Config;
use crate::doctor::{self, Report};
use crate::metrics::Metrics;
use crate::model::Clock;

/// Looks at everything that a gateway with this configuration leans on.
///
/// # Errors
/// When a part cannot be set up.
pub async fn examine(config: &Config, clock: Clock) -> Result<Report, StartError> {
    let metrics = Metrics::new()?;
    let shared = aws_config(&config.aws).await;
    let assumer = RoleAssumer::new(&shared, &config.aws, &config.upload, metrics.clone());
    let neighbours = doctor::Neighbours {
        pool: postgres::pool(&config.database)?,
        keys: KeyStore::new(&config.auth, &metrics)?,
        credentials: CredentialCache::new(assumer, config.upload.url_expiry, clock.clone(), metrics),
        objects: Objects::new(&shared, &config.aws, &config.upload),
        bucket: Bucket::new(&config.aws, &config.upload),
        preflights: Preflights::new()?,
        origins: config.server.allowed_origins.clone(),
        clock,
    };
    let report = doctor::examine(&neighbours).await;
    neighbours.pool.close().await;
    Ok(report)
}
