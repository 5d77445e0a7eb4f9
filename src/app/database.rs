//! How is Postgres opened, and given the shape that this version knows?

use super::StartError;
use super::aws::aws_config;
use crate::adapters::postgres::{self, Pools, password::Password};
use crate::config::Config;
use crate::model::Clock;

/// Pools with whatever opens Postgres right now, and what keeps it so. Without an answer the gateway starts all the same, as
/// it does without a Postgres: it is asked again.
pub(super) async fn open(
    config: &Config,
    shared: &::aws_config::SdkConfig,
    clock: &Clock,
) -> Result<(Pools, Password), StartError> {
    let pools = Pools::new(&config.database)?;
    let mut password = Password::new(shared, &config.aws, &config.database, clock.clone())?;
    password.renew(&pools).await;
    Ok((pools, password))
}

/// Brings the configured database to this version's shape.
///
/// # Errors
/// When the database cannot be reached or a migration fails.
pub async fn migrate(config: &Config, clock: Clock) -> Result<(), StartError> {
    let shared = aws_config(&config.aws).await;
    let password = Password::new(&shared, &config.aws, &config.database, clock)?;
    Ok(postgres::migrate(password.ways().await?.sessions).await?)
}
