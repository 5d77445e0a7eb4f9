//! How is taken back what a tenant's people were handed out?

use std::time::Duration;

use serde_json::json;
use sqlx::PgPool;
use time::OffsetDateTime;
use tracing::warn;

use super::administer::{self, Desk};
use crate::adapters::iam::{RevokeError, UploadRole};
use crate::adapters::postgres::{self, audit, tenants};
use crate::domain::Error;
use crate::model::{Clock, Slug, Tenant, TenantId, TenantStatus};

/// Another replica may hear of a suspension so much later, and have a session begun meanwhile.
const UNTIL_ALL_KNOW: Duration = Duration::from_secs(1);
/// Each time, another tenant was revoked meanwhile.
const MOST_TIMES: usize = 5;

/// What became of the wish to take back what was handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revocation {
    /// Nobody wished it.
    NotAsked,
    /// The role's policy denies the sessions.
    Made,
    /// The gateway may not write the role's policy.
    NotPermitted,
    /// IAM did not do it. Asking again may help.
    Failed,
}

/// Takes back sessions.
#[derive(Debug, Clone)]
pub struct Revoker {
    pool: PgPool,
    role: UploadRole,
    clock: Clock,
    /// The clocks may differ by so much.
    leeway: Duration,
    /// A session that began before is over by itself.
    longest_session: Duration,
}

impl Revoker {
    /// For sessions of that length, between clocks that differ by `leeway` at most.
    #[must_use]
    pub const fn new(
        pool: PgPool,
        role: UploadRole,
        clock: Clock,
        leeway: Duration,
        longest_session: Duration,
    ) -> Self {
        Self { pool, role, clock, leeway, longest_session }
    }

    /// The moment at which a session must begin that is not to be taken back: so late that what is handed out until now, here or by a
    /// replica that does not know yet, begins before it by everybody's clock. In whole seconds, as a policy has them.
    fn cut(&self) -> OffsetDateTime {
        let moment = self.clock.now() + self.leeway + UNTIL_ALL_KNOW + Duration::from_secs(1);
        moment.truncate_to_second()
    }

    /// Suspends a tenant, and takes back what its people were handed out if that is wished. The suspension stands whatever comes of that.
    ///
    /// # Errors
    /// When there is no such tenant, or Postgres does not answer.
    pub async fn suspend(&self, desk: &Desk<'_>, id: TenantId, revoke: bool) -> Result<(Tenant, Revocation), Error> {
        let change = administer::change(*desk, id, "tenant.suspended", |tenant| {
            tenant.status = TenantStatus::Suspended;
            if revoke {
                tenant.sessions_from = Some(self.cut());
            }
            Ok(())
        });
        let tenant = change.await?;
        let revocation = if revoke { self.revoke(desk, &tenant).await } else { Revocation::NotAsked };
        Ok((tenant, revocation))
    }

    /// Writes into the role's policy what is on record: this tenant's sessions, and those that were revoked lately and might still
    /// live.
    async fn revoke(&self, desk: &Desk<'_>, tenant: &Tenant) -> Revocation {
        match self.put(desk, tenant).await {
            Ok(revocation) => revocation,
            Err(error) => {
                warn!(tenant.id = %tenant.id, %error, "what was handed out was not taken back");
                Revocation::Failed
            }
        }
    }

    async fn put(&self, desk: &Desk<'_>, tenant: &Tenant) -> Result<Revocation, Error> {
        let revocation = match self.take_back().await? {
            Ok(()) => Revocation::Made,
            Err(error) => {
                warn!(tenant.id = %tenant.id, %error, "what was handed out was not taken back");
                match error {
                    RevokeError::NotPermitted(_) => Revocation::NotPermitted,
                    RevokeError::Failed(_) => Revocation::Failed,
                }
            }
        };
        let detail = json!({"slug": tenant.slug.as_str(), "result": revocation.as_str()});
        let mut transaction = postgres::begin(&self.pool).await?;
        audit::record(&mut *transaction, &desk.event("tenant.sessions_revoked", Some(tenant.id), detail)).await?;
        transaction.commit().await?;
        Ok(revocation)
    }

    /// The policy is written whole, and another replica may have written at the same time what it knew. So whoever wrote looks again:
    /// the last to write has seen whatever was on record before.
    async fn take_back(&self) -> Result<Result<(), RevokeError>, Error> {
        let mut sessions = self.on_record().await?;
        for _ in 0..MOST_TIMES {
            if let Err(error) = self.role.take_back(&sessions).await {
                return Ok(Err(error));
            }
            let now = self.on_record().await?;
            // What has ended meanwhile may stay in.
            if now.iter().all(|session| sessions.contains(session)) {
                return Ok(Ok(()));
            }
            sessions = now;
        }
        Ok(Err(RevokeError::Failed("others write the policy all the time".to_owned())))
    }

    async fn on_record(&self) -> Result<Vec<(Slug, OffsetDateTime)>, Error> {
        Ok(tenants::revoked_since(&self.pool, self.clock.now() - self.longest_session).await?)
    }
}

impl Revocation {
    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotAsked => "not-asked",
            Self::Made => "made",
            Self::NotPermitted => "not-permitted",
            Self::Failed => "failed",
        }
    }
}
