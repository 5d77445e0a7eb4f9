//! How is everything put together that the doctor looks at? As for a gateway, without the listeners and the background work.

use super::aws::aws_config;
use super::{StartError, database};
use crate::adapters::cognito::UserPools;
use crate::adapters::oidc::KeyStore;
use crate::adapters::s3::{Bucket, BucketSettings, Objects, Preflights};
use crate::adapters::sqs::EventQueue;
use crate::adapters::sts::{Reach, RoleAssumer, session_policy};
use crate::config::Config;
use crate::doctor::{self, Report};
use crate::metrics::Metrics;
use crate::model::{Clock, Slug};

/// Looks at everything that a gateway with this configuration leans on.
///
/// # Errors
/// When a part cannot be set up.
pub async fn examine(config: &Config, clock: Clock) -> Result<Report, StartError> {
    let metrics = Metrics::new()?;
    let shared = aws_config(&config.aws).await;
    let (pools, _password) = database::open(config, &shared, &clock).await?;
    let neighbours = doctor::Neighbours {
        pools,
        keys: KeyStore::new(&config.auth, &metrics)?,
        user_pools: UserPools::new(&shared, &config.aws, clock.clone())?,
        assumer: RoleAssumer::new(&shared, &config.aws, &config.upload, metrics.clone()),
        objects: Objects::new(&shared, &config.aws, &config.upload, &metrics),
        settings: BucketSettings::new(&shared, &config.aws, &config.upload),
        bucket: Bucket::new(&config.aws, &config.upload),
        preflights: Preflights::new()?,
        queue: EventQueue::new(&shared, &config.aws, &config.events, &metrics),
        origins: page_origins(config),
        clock,
        config: config.clone(),
    };
    let report = doctor::examine(&neighbours).await;
    neighbours.pools.close().await;
    Ok(report)
}

/// Whose pages send files to the bucket: those that may call, and the portal's own, where there is one.
fn page_origins(config: &Config) -> Vec<String> {
    let has_portal = config.auth.pools.iter().any(|pool| pool.hosted_ui.is_some());
    let portal = url::Url::parse(&config.server.url()).ok().filter(|_| has_portal);
    let portal = portal.map(|url| url.origin().ascii_serialization());
    let others = &config.server.allowed_origins;
    others.iter().cloned().chain(portal.filter(|origin| !others.contains(origin))).collect()
}

/// The inline policy that the sessions of a tenant get, for those who audit it.
#[must_use]
pub fn session_policy(config: &Config, slug: &Slug) -> String {
    session_policy::session_policy(&config.upload, slug, &Reach::Tenant)
}
