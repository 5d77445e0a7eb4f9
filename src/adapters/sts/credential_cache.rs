//! Which credentials sign for a tenant, or for one subject of it, right now?

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use moka::Expiry;
use moka::future::Cache;
use rand::Rng as _;
use tracing::warn;

use super::{AssumeRoleError, RoleAssumer, TemporaryCredentials};
use crate::metrics::Metrics;
use crate::model::{Clock, Subject, Tenant, TenantId};

/// Credentials of every tenant that was served lately, and of every subject of a tenant that keeps its people apart.
///
/// The first requests of one of them wait for one AssumeRole together. From then on credentials are refreshed in the background
/// when most of their use is over, at a moment that differs between sessions and replicas; while STS is down the old ones
/// go on signing until too little of their life is left for one URL, and only then is a caller refused.
#[derive(Clone)]
pub struct CredentialCache {
    assumer: Arc<RoleAssumer>,
    sessions: Cache<Holder, Arc<Session>>,
    clock: Clock,
    metrics: Metrics,
    /// The life that credentials must have left to sign at all.
    least_life: Duration,
}

/// Whose a session is. To copy a subject is to count one reference more.
type Holder = (TenantId, Option<Subject>);

struct Session {
    credentials: Arc<TemporaryCredentials>,
    /// The Unix time from which on a background refresh is due. Whoever moves it on is the one who refreshes.
    refresh_at: AtomicI64,
    usable_for: Duration,
}

/// A URL must die before the credentials do, also when the clocks differ a little.
const SKEW: Duration = Duration::from_secs(30);
/// How long after a background refresh began the next one may, should it have failed.
const RETRY_AFTER_SECONDS: i64 = 5;
const MOST_SESSIONS: u64 = 100_000;

struct UntilTooShort;

impl Expiry<Holder, Arc<Session>> for UntilTooShort {
    fn expire_after_create(&self, _: &Holder, session: &Arc<Session>, _: Instant) -> Option<Duration> {
        Some(session.usable_for)
    }

    fn expire_after_update(
        &self,
        _: &Holder,
        session: &Arc<Session>,
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(session.usable_for)
    }
}

impl CredentialCache {
    /// An empty one, for URLs that live `url_expiry` at most.
    #[must_use]
    pub fn new(assumer: RoleAssumer, url_expiry: Duration, clock: Clock, metrics: Metrics) -> Self {
        let sessions = Cache::builder().max_capacity(MOST_SESSIONS).expire_after(UntilTooShort).build();
        Self { assumer: Arc::new(assumer), sessions, clock, metrics, least_life: url_expiry + SKEW }
    }

    /// Credentials with enough life left to sign a URL of full length: of the whole tenant, or of that subject alone.
    ///
    /// # Errors
    /// When there are none and STS gives none.
    pub async fn get(
        &self,
        tenant: &Arc<Tenant>,
        subject: Option<&Subject>,
    ) -> Result<Arc<TemporaryCredentials>, Arc<AssumeRoleError>> {
        let holder: Holder = (tenant.id, subject.cloned());
        let mut known = self.sessions.get(&holder).await;
        // The cache's own timer stands still while a machine sleeps, and does not hear of a clock that is set.
        if known.as_ref().is_some_and(|session| session.credentials.expires_at - self.clock.now() < self.least_life) {
            self.sessions.invalidate(&holder).await;
            known = None;
        }
        let session = match known {
            Some(session) => session,
            None => self.sessions.try_get_with_by_ref(&holder, self.open(tenant, subject)).await?,
        };
        let now = self.clock.now().unix_timestamp();
        let due = session.refresh_at.load(Ordering::Relaxed);
        let claim = |from, to| session.refresh_at.compare_exchange(from, to, Ordering::Relaxed, Ordering::Relaxed);
        if now >= due && claim(due, now + RETRY_AFTER_SECONDS).is_ok() {
            self.refresh_in_background(Arc::clone(tenant), subject.cloned());
        }
        Ok(Arc::clone(&session.credentials))
    }

    fn refresh_in_background(&self, tenant: Arc<Tenant>, subject: Option<Subject>) {
        let cache = self.clone();
        tokio::spawn(async move {
            match cache.open(&tenant, subject.as_ref()).await {
                Ok(fresh) => cache.sessions.insert((tenant.id, subject), fresh).await,
                Err(error) => {
                    warn!(tenant.id = %tenant.id, %error, "credentials were not refreshed; the old ones go on")
                }
            }
        });
    }

    async fn open(&self, tenant: &Tenant, subject: Option<&Subject>) -> Result<Arc<Session>, AssumeRoleError> {
        let credentials = self.assumer.assume(tenant, subject).await?;
        let now = self.clock.now();
        let life = Duration::try_from(credentials.expires_at - now).unwrap_or_default();
        self.metrics.sts_credential_remaining_seconds.set(life.as_secs_f64());
        let usable_for = life.checked_sub(self.least_life).ok_or_else(|| AssumeRoleError::too_short(life))?;
        // Between half and three quarters of their use, so that a fleet does not call STS all at once.
        let refresh_at = now + usable_for.mul_f64(rand::rng().random_range(0.5..0.75));
        Ok(Arc::new(Session {
            credentials: Arc::new(credentials),
            refresh_at: AtomicI64::new(refresh_at.unix_timestamp()),
            usable_for,
        }))
    }
}
