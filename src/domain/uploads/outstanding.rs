//! What goes on working of what a tenant's people were handed out, when nothing is done about it?

use std::time::Duration;

use sqlx::PgPool;
use time::OffsetDateTime;
use tracing::warn;

use super::Uploads;
use crate::adapters::postgres::audit;
use crate::model::Tenant;

/// Until when at most what was handed out until now can work. S3 and STS know nothing of our tenants, so only the role's policy
/// could end it sooner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outstanding {
    /// The URLs and forms.
    pub urls_until: OffsetDateTime,
    /// The credentials; none when none can be out.
    pub credentials_until: Option<OffsetDateTime>,
}

impl Uploads {
    /// What may be outstanding of the tenant's.
    pub async fn outstanding(&self, tenant: &Tenant) -> Outstanding {
        Outstanding::of(&self.pool, tenant, self.clock.now(), self.url_expiry, self.session_duration).await
    }
}

impl Outstanding {
    /// The same, where URLs and sessions live so long.
    pub async fn of(
        pool: &PgPool,
        tenant: &Tenant,
        now: OffsetDateTime,
        url_expiry: Duration,
        session_duration: Duration,
    ) -> Self {
        let longest = now + session_duration;
        let credentials_until = if tenant.credential_vending {
            Some(longest)
        } else {
            // It may have been allowed until a minute ago, and each hand-out is on record.
            match audit::credentials_until(pool, tenant, now - session_duration).await {
                Ok(until) => until.filter(|until| *until > now),
                // The tenant is suspended already, so this is no reason to refuse; it is one to expect the most.
                Err(error) => {
                    warn!(tenant.id = %tenant.id, %error, "it is not known whether credentials are out");
                    Some(longest)
                }
            }
        };
        Self { urls_until: now + url_expiry, credentials_until }
    }
}
