//! Which credentials sign for a tenant, or for one subject of it, right now?

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use moka::Expiry;
use moka::future::Cache;
use rand::Rng as _;
use time::OffsetDateTime;
use tracing::{Instrument as _, warn};

use super::{AssumeRoleError, Reach, RoleAssumer, TemporaryCredentials};
use crate::model::{Clock, Tenant, TenantId};
use crate::trace;

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
    least_life: LeastLife,
}

/// The life that credentials must have left to sign at all, and to be handed out.
#[derive(Debug, Clone, Copy)]
struct LeastLife {
    to_sign: Duration,
    to_hand_out: Duration,
}

impl LeastLife {
    const fn of(self, reach: &Reach) -> Duration {
        match reach {
            Reach::Tenant | Reach::Subject(_) => self.to_sign,
            Reach::HandedOut { .. } => self.to_hand_out,
        }
    }
}

/// Whose a session is. To copy a subject is to count one reference more.
type Holder = (TenantId, Reach);

/// Credentials that are good for now, and when others should be there.
pub struct Session {
    credentials: TemporaryCredentials,
    /// The Unix time from which on a background refresh is due. Whoever moves it on is the one who refreshes.
    refresh_at: AtomicI64,
}

impl Deref for Session {
    type Target = TemporaryCredentials;

    fn deref(&self) -> &TemporaryCredentials {
        &self.credentials
    }
}

/// A URL must die before the credentials do, also when the clocks differ a little.
const SKEW: Duration = Duration::from_secs(30);
/// How long after a background refresh began the next one may, should it have failed.
const RETRY_AFTER_SECONDS: i64 = 5;
const MOST_SESSIONS: u64 = 100_000;

struct UntilTooShort {
    least_life: LeastLife,
    clock: Clock,
}

impl Expiry<Holder, Arc<Session>> for UntilTooShort {
    fn expire_after_create(&self, (_, reach): &Holder, session: &Arc<Session>, _: Instant) -> Option<Duration> {
        let usable_for = session.expires_at - self.clock.now() - self.least_life.of(reach);
        Some(usable_for.try_into().unwrap_or_default())
    }

    fn expire_after_update(
        &self,
        holder: &Holder,
        session: &Arc<Session>,
        updated_at: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        self.expire_after_create(holder, session, updated_at)
    }
}

impl CredentialCache {
    /// An empty one, for URLs that live `url_expiry` at most, of sessions that live `session_duration`.
    #[must_use]
    pub fn new(assumer: RoleAssumer, url_expiry: Duration, session_duration: Duration, clock: Clock) -> Self {
        // Of an hour 20 minutes: botocore asks for new credentials when 15 are left.
        let least_life = LeastLife { to_sign: url_expiry + SKEW, to_hand_out: session_duration / 3 };
        let until = UntilTooShort { least_life, clock: clock.clone() };
        let sessions = Cache::builder().max_capacity(MOST_SESSIONS).expire_after(until).build();
        Self { assumer: Arc::new(assumer), sessions, clock, least_life }
    }

    /// Credentials that reach so far, with enough life left to sign a URL of full length, or to be worth handing out.
    ///
    /// # Errors
    /// When there are none and STS gives none.
    pub async fn get(&self, tenant: &Arc<Tenant>, reach: &Reach) -> Result<Arc<Session>, Arc<AssumeRoleError>> {
        let holder: Holder = (tenant.id, reach.clone());
        let least_life = self.least_life.of(reach);
        // Not the very second either: when a session began is told by when it ends.
        let is_revoked = |session: &Session| tenant.sessions_from.is_some_and(|from| session.began_at() <= from);
        let mut known = self.sessions.get(&holder).await;
        // The cache's own timer stands still while a machine sleeps, and does not hear of a clock that is set.
        if known
            .as_ref()
            .is_some_and(|session| session.expires_at - self.clock.now() < least_life || is_revoked(session))
        {
            Box::pin(self.sessions.invalidate(&holder)).await;
            known = None;
        }
        let session = match known {
            Some(session) => session,
            // Boxed, so that every request does not carry what only the first one needs.
            None => Box::pin(self.sessions.try_get_with_by_ref(&holder, self.open(tenant, reach))).await?,
        };
        if let Some(from) = tenant.sessions_from.filter(|_| is_revoked(&session)) {
            return Err(Arc::new(AssumeRoleError::revoked(from)));
        }
        let now = self.clock.now().unix_timestamp();
        let due = session.refresh_at.load(Ordering::Relaxed);
        let claim = |from, to| session.refresh_at.compare_exchange(from, to, Ordering::Relaxed, Ordering::Relaxed);
        if now >= due && claim(due, now + RETRY_AFTER_SECONDS).is_ok() {
            self.refresh_in_background(Arc::clone(tenant), reach.clone());
        }
        Ok(session)
    }

    /// How many sessions are remembered, and the life that the first of them to end has left, in seconds.
    #[must_use]
    pub fn remembered(&self) -> (usize, Option<f64>) {
        let now = self.clock.now();
        let ends = self.sessions.iter().map(|(_, session)| session.expires_at);
        let (count, first) = ends.fold((0, None), |(count, first): (usize, Option<OffsetDateTime>), end| {
            (count + 1, Some(first.map_or(end, |first| first.min(end))))
        });
        (count, first.map(|first| (first - now).as_seconds_f64().max(0.0)))
    }

    fn refresh_in_background(&self, tenant: Arc<Tenant>, reach: Reach) {
        let cache = self.clone();
        let refresh = async move {
            trace::note_tenant(&tenant);
            match cache.open(&tenant, &reach).await {
                Ok(fresh) => cache.sessions.insert((tenant.id, reach), fresh).await,
                Err(error) => {
                    warn!(%error, "credentials were not refreshed; the old ones go on")
                }
            }
        };
        tokio::spawn(refresh.instrument(trace::detached_work("refresh credentials")));
    }

    async fn open(&self, tenant: &Tenant, reach: &Reach) -> Result<Arc<Session>, AssumeRoleError> {
        let credentials = self.assumer.assume(tenant, reach).await?;
        let now = self.clock.now();
        let life = Duration::try_from(credentials.expires_at - now).unwrap_or_default();
        let usable_for = life.checked_sub(self.least_life.of(reach)).ok_or_else(|| AssumeRoleError::too_short(life))?;
        // Not at the same moment everywhere, so that a fleet does not call STS all at once; and late enough that a session of an
        // hour for URLs of five minutes makes two calls an hour at most.
        let refresh_at = now + usable_for.mul_f64(rand::rng().random_range(0.6..0.75));
        Ok(Arc::new(Session { credentials, refresh_at: AtomicI64::new(refresh_at.unix_timestamp()) }))
    }
}
