//! Which tenant does a claim value mean, or an id, or the domain of an e-mail address? Asked by every request, so it is remembered.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use moka::Expiry;
use moka::future::Cache;
use sqlx::PgPool;

use crate::adapters::postgres::{DatabaseError, tenants};
use crate::config;
use crate::domain::Error;
use crate::model::{ClaimValue, EmailDomain, Tenant, TenantId};

/// Tenants by their names, read once for however many wait, and forgotten as soon as any tenant changes.
#[derive(Clone)]
pub struct Directory {
    pool: PgPool,
    /// Keyed by the epoch too, so that an answer that was under way when a tenant changed is never found again.
    known: Cache<(u64, Name), Option<Arc<Tenant>>>,
    epoch: Arc<AtomicU64>,
}

/// By what a tenant is asked for. A claim value may look like an id, and is none.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Name {
    Claim(Box<str>),
    Id(TenantId),
    EmailDomain(EmailDomain),
}

struct Remember {
    tenant: Duration,
    unknown: Duration,
}

impl Expiry<(u64, Name), Option<Arc<Tenant>>> for Remember {
    fn expire_after_create(&self, _: &(u64, Name), found: &Option<Arc<Tenant>>, _: Instant) -> Option<Duration> {
        Some(if found.is_some() { self.tenant } else { self.unknown })
    }
}

impl Directory {
    /// An empty one.
    #[must_use]
    pub fn new(pool: PgPool, settings: &config::Tenants) -> Self {
        let remember = Remember { tenant: settings.cache_ttl, unknown: settings.unknown_ttl };
        let known = Cache::builder().max_capacity(settings.cache).expire_after(remember).build();
        Self { pool, known, epoch: Arc::default() }
    }

    /// The tenant that this claim value means, if any.
    ///
    /// # Errors
    /// When it is not remembered and Postgres does not answer.
    pub async fn find_by_claim(&self, claim: &str) -> Result<Option<Arc<Tenant>>, Error> {
        // What no tenant can have as a claim value needs no question, and no place among the answers.
        if ClaimValue::parse(claim).is_err() {
            return Ok(None);
        }
        self.remembered(Name::Claim(claim.into()), || tenants::find_by_claim(&self.pool, claim)).await
    }

    /// The tenant of that id, if any.
    ///
    /// # Errors
    /// When it is not remembered and Postgres does not answer.
    pub async fn find(&self, id: TenantId) -> Result<Option<Arc<Tenant>>, Error> {
        self.remembered(Name::Id(id), || tenants::find(&self.pool, id)).await
    }

    /// The tenant whose people have their e-mail addresses in that domain, if any.
    ///
    /// # Errors
    /// When it is not remembered and Postgres does not answer.
    pub async fn find_by_email_domain(&self, domain: &EmailDomain) -> Result<Option<Arc<Tenant>>, Error> {
        self.remembered(Name::EmailDomain(domain.clone()), || tenants::find_by_email_domain(&self.pool, domain)).await
    }

    /// What is known under that name, or else what `load` reads.
    async fn remembered<Loading: Future<Output = Result<Option<Tenant>, DatabaseError>>>(
        &self,
        name: Name,
        load: impl FnOnce() -> Loading,
    ) -> Result<Option<Arc<Tenant>>, Error> {
        let key = (self.epoch.load(Ordering::Acquire), name);
        if let Some(found) = self.known.get(&key).await {
            return Ok(found);
        }
        let load = async { load().await.map(|found| found.map(Arc::new)) };
        // Boxed, so that every request does not carry what only the first one needs.
        Box::pin(self.known.try_get_with(key, load)).await.map_err(Error::DatabaseUnavailable)
    }

    /// A tenant changed, or may have: ask again about every one.
    pub fn forget(&self) {
        self.epoch.fetch_add(1, Ordering::AcqRel);
    }
}
