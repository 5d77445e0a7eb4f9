//! How often may a caller call? Two limits, the tenant's and the subject's; a request passes when it has room in both.

use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use moka::policy::EvictionPolicy;
use moka::sync::Cache;

use super::Error;
use super::gcra::{Bucket, Standing};
use crate::metrics::Metrics;
use crate::model::{Clock, Principal, Subject, TenantId};

/// Callers that are remembered, of each kind. Who called least recently is forgotten first.
const REMEMBERED: u64 = 100_000;

/// After a minute without a request a bucket is full, so that forgetting it changes nothing.
const IDLE: Duration = Duration::from_secs(60);

/// A limit by what it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// All of a tenant's people together.
    Tenant,
    /// One person or client.
    Subject,
}

impl Counted {
    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::Subject => "subject",
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Tenant => "tenant_requests",
            Self::Subject => "subject_requests",
        }
    }
}

/// What became of a request.
#[derive(Debug)]
pub struct Verdict {
    /// How its caller stands with each limit that there is, the tenant's first.
    pub standings: Vec<(Counted, Standing)>,
    /// Whether it may pass.
    pub outcome: Result<(), Error>,
}

/// How often one person or client may call in a minute, while it may change. Cloning shares it.
#[derive(Clone)]
pub struct SubjectLimit(Arc<AtomicU32>);

impl SubjectLimit {
    /// This one; none means no limit.
    #[must_use]
    pub fn new(limit: Option<NonZeroU32>) -> Self {
        Self(Arc::new(AtomicU32::new(limit.map_or(0, NonZeroU32::get))))
    }

    /// From now on.
    pub fn set(&self, limit: Option<NonZeroU32>) {
        self.0.store(limit.map_or(0, NonZeroU32::get), Ordering::Relaxed);
    }

    fn get(&self) -> Option<NonZeroU32> {
        NonZeroU32::new(self.0.load(Ordering::Relaxed))
    }
}

type Buckets<K> = Cache<K, Arc<Bucket>>;

/// Who called how often, as this replica knows it.
pub struct RateLimits {
    /// Keyed by the limit too: a changed one begins with a full bucket, at once.
    tenants: Buckets<(TenantId, NonZeroU32)>,
    subjects: Buckets<(TenantId, Subject, NonZeroU32)>,
    subject_limit: SubjectLimit,
    clock: Clock,
    metrics: Metrics,
}

impl RateLimits {
    /// Nobody has called yet.
    #[must_use]
    pub fn new(subject_limit: SubjectLimit, clock: Clock, metrics: Metrics) -> Self {
        Self { tenants: buckets(), subjects: buckets(), subject_limit, clock, metrics }
    }

    /// Counts one request of the principal's. One that is refused by either limit counts for neither.
    #[must_use]
    pub fn admit(&self, principal: &Principal) -> Verdict {
        let tenant = &principal.tenant;
        let limit =
            tenant.limits.requests_per_minute.and_then(|limit| u32::try_from(limit).ok()).and_then(NonZeroU32::new);
        let of_tenant = limit.map(|limit| bucket(&self.tenants, (tenant.id, limit), limit));
        let of_subject = self.subject_limit.get();
        let of_subject =
            of_subject.map(|limit| bucket(&self.subjects, (tenant.id, principal.subject.clone(), limit), limit));
        // The subject's first, so that one who will not stop never touches what the others of the tenant have left.
        let subject = of_subject.map(|bucket| (Counted::Subject, bucket));
        let tenant = of_tenant.map(|bucket| (Counted::Tenant, bucket));
        let limits: Vec<(Counted, Arc<Bucket>)> = subject.into_iter().chain(tenant).collect();
        let now = self.clock.now();
        let refusing = limits.iter().position(|(_, bucket)| !bucket.take(now));
        if let Some(refusing) = refusing {
            limits.iter().take(refusing).for_each(|(_, bucket)| bucket.give_back());
        }
        let mut standings: Vec<_> = limits.iter().map(|(counted, bucket)| (*counted, bucket.look(now))).collect();
        let outcome = match refusing.and_then(|refusing| standings.get(refusing)) {
            None => Ok(()),
            Some((counted, standing)) => {
                self.metrics.quota_rejections.with_label_values(&[counted.label()]).inc();
                Err(Error::RateLimited { counted: counted.as_str(), limit: standing.limit, next_in: standing.next_in })
            }
        };
        standings.reverse();
        Verdict { standings, outcome }
    }
}

fn buckets<K: Hash + Eq + Send + Sync + 'static>() -> Buckets<K> {
    // Least recently used, and not moka's own policy, which may refuse to remember a newcomer.
    Cache::builder().max_capacity(REMEMBERED).eviction_policy(EvictionPolicy::lru()).time_to_idle(IDLE).build()
}

fn bucket<K: Hash + Eq + Send + Sync + 'static>(buckets: &Buckets<K>, key: K, limit: NonZeroU32) -> Arc<Bucket> {
    buckets.get_with(key, || Arc::new(Bucket::new(limit)))
}
