//! Which keys do the user pools sign with right now?
//!
//! Keys are read at start and again in the background. A key id that nobody knows makes them be read at once, but at
//! most once in a cool-down, however many callers come with how many ids; those who come inside the cool-down wait for
//! the next reading together, so noise can put off a real rotation by one cool-down and no more. How many wait is bounded
//! by the listener's connections.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use jsonwebtoken::DecodingKey;
use rand::Rng as _;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, info, warn};
use url::Url;

use super::jwks;
use crate::config;
use crate::metrics::Metrics;
use crate::trace;

/// A JWKS answer larger than this is not read to its end; Cognito's has 1 KiB.
const LARGEST_ANSWER: usize = 256 << 10;
const FETCH_TIMEOUT: Duration = Duration::from_secs(3);

/// Why there is no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The issuer is none of the configured pools.
    #[error("the issuer is not one of the configured user pools")]
    UnknownIssuer,
    /// The pool's keys are known and this is none of them.
    #[error("the user pool has no key of this id")]
    UnknownKey,
    /// The pool's keys are not known.
    #[error("the user pool's signing keys cannot be read")]
    Unavailable,
}

/// The signing keys of every configured pool.
pub struct KeyStore {
    pools: HashMap<Arc<str>, Arc<Pool>>,
}

/// A key that a pool signs with. Every token that is remembered points to one, so it is there once for all of them.
#[derive(Debug)]
pub struct SigningKey {
    pub(super) issuer: Arc<str>,
    pub(super) id: String,
    pub(super) public: DecodingKey,
}

struct Pool {
    issuer: Arc<str>,
    url: Url,
    client: reqwest::Client,
    keys: RwLock<Option<Arc<KeySet>>>,
    /// The latest reading. Whoever holds the lock is the one who reads.
    latest: Arc<Mutex<Option<Reading>>>,
    refresh: Duration,
    stale: Duration,
    cool_down: Duration,
    metrics: Metrics,
}

#[derive(Clone, Copy)]
struct Reading {
    began: Instant,
    succeeded: bool,
}

struct KeySet {
    keys: HashMap<String, Arc<SigningKey>>,
    read_at: Instant,
}

impl KeyStore {
    /// An empty store; [`Self::refresh_until`] fills it.
    ///
    /// # Errors
    /// When the HTTP client's TLS cannot be set up.
    pub fn new(auth: &config::Auth, metrics: &Metrics) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .timeout(FETCH_TIMEOUT)
            .connect_timeout(FETCH_TIMEOUT / 2)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        let pool = |pool: &config::Pool| Pool {
            issuer: pool.issuer.as_str().into(),
            url: pool.jwks_url.clone(),
            client: client.clone(),
            keys: RwLock::new(None),
            latest: Arc::default(),
            refresh: auth.jwks_refresh,
            stale: auth.jwks_stale,
            cool_down: auth.jwks_cool_down,
            metrics: metrics.clone(),
        };
        let pools = auth.pools.iter().map(|settings| Arc::new(pool(settings)));
        Ok(Self { pools: pools.map(|pool| (Arc::clone(&pool.issuer), pool)).collect() })
    }

    /// The key of that id, from memory or else from the pool.
    ///
    /// # Errors
    /// When the issuer or the key is unknown, or the pool's keys cannot be read.
    pub async fn key(&self, issuer: &str, kid: &str) -> Result<Arc<SigningKey>, KeyError> {
        let pool = self.pools.get(issuer).ok_or(KeyError::UnknownIssuer)?;
        match pool.known(kid) {
            Ok(key) => Ok(key),
            Err(_unknown_or_stale) => pool.read_for(kid).await,
        }
    }

    /// Does its pool still sign with this key, as far as is known? A token remembered as verified must not outlive its key.
    #[must_use]
    pub(super) fn holds(&self, key: &SigningKey) -> bool {
        self.pools.get(&key.issuer).is_some_and(|pool| pool.known(&key.id).is_ok())
    }

    /// Are the keys of every pool known?
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.pools.values().all(|pool| pool.fresh_keys().is_some())
    }

    /// How long ago each issuer's keys were read, of those that ever were.
    pub fn ages(&self) -> impl Iterator<Item = (&str, Duration)> {
        self.pools.iter().filter_map(|(issuer, pool)| {
            let keys = pool.keys.read().unwrap_or_else(PoisonError::into_inner);
            Some((&**issuer, keys.as_ref()?.read_at.elapsed()))
        })
    }

    /// Reads every pool's keys once, and says for each issuer how many there are or why they cannot be read.
    pub async fn read_each(&self) -> Vec<(&str, Result<String, String>)> {
        let mut read = Vec::with_capacity(self.pools.len());
        for (issuer, pool) in &self.pools {
            read.push((&**issuer, pool.fetch().await.map(|keys| format!("{} keys", keys.len()))));
        }
        read.sort_by_key(|(issuer, _)| *issuer);
        read
    }

    /// Reads every pool's keys now and again until stopped.
    pub async fn refresh_until(&self, stop: CancellationToken) {
        let loops = self.pools.values().map(|pool| pool.refresh_until(&stop));
        futures_util::future::join_all(loops).await;
    }
}

impl Pool {
    fn fresh_keys(&self) -> Option<Arc<KeySet>> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner).clone();
        keys.filter(|set| set.read_at.elapsed() <= self.stale)
    }

    fn known(&self, kid: &str) -> Result<Arc<SigningKey>, KeyError> {
        let set = self.fresh_keys().ok_or(KeyError::Unavailable)?;
        set.keys.get(kid).cloned().ok_or(KeyError::UnknownKey)
    }

    async fn read_for(self: &Arc<Self>, kid: &str) -> Result<Arc<SigningKey>, KeyError> {
        let arrived = Instant::now();
        let mut latest = Arc::clone(&self.latest).lock_owned().await;
        // A reading that began after we came has seen whatever we could see.
        let succeeded = match *latest {
            Some(reading) if reading.began >= arrived => reading.succeeded,
            earlier if self.known(kid).is_err() => {
                let pool = Arc::clone(self);
                // On its own, because a caller that hangs up must not take the reading of all the others along.
                let reading = tokio::spawn(
                    async move {
                        if let Some(reading) = earlier {
                            tokio::time::sleep_until((reading.began + pool.cool_down).into()).await;
                        }
                        pool.read_as(&mut latest).await
                    }
                    .in_current_span(),
                );
                reading.await.unwrap_or(false)
            }
            _known_meanwhile => true,
        };
        match self.known(kid) {
            // Only a list that was read can tell that a key is not on it.
            Err(KeyError::UnknownKey) if !succeeded => Err(KeyError::Unavailable),
            known => known,
        }
    }

    /// Reads the keys, and leaves word of how it went for those who wait.
    async fn read_as(&self, latest: &mut Option<Reading>) -> bool {
        let began = Instant::now();
        *latest = Some(Reading { began, succeeded: false });
        let succeeded = self.read().await;
        *latest = Some(Reading { began, succeeded });
        succeeded
    }

    async fn refresh_until(&self, stop: &CancellationToken) {
        let mut wait = Duration::ZERO;
        let mut failures = 0;
        while stop.run_until_cancelled(tokio::time::sleep(wait)).await.is_some() {
            let reading = async { self.read_as(&mut *self.latest.lock().await).await };
            let read = reading.instrument(trace::detached_work("read signing keys")).await;
            // After a failure soon again, then less and less often; jitter keeps a fleet from asking all at once.
            failures = if read { 0 } else { failures + 1 };
            let base = if read { self.refresh } else { self.refresh.min(Duration::from_secs(1 << failures.min(6))) };
            wait = base.mul_f64(rand::rng().random_range(0.8..1.0));
        }
    }

    /// Reads the keys once. What is known stays known when that fails.
    async fn read(&self) -> bool {
        match self.fetch().await {
            Ok(keys) => {
                let mut held = self.keys.write().unwrap_or_else(PoisonError::into_inner);
                if held.is_none() {
                    info!(jwks.url = %self.url, jwks.keys = keys.len(), "signing keys were read");
                }
                *held = Some(Arc::new(KeySet { keys, read_at: Instant::now() }));
                self.metrics.jwks_fetches.with_label_values(&["ok"]).inc();
                true
            }
            Err(error) => {
                warn!(jwks.url = %self.url, error, "signing keys could not be read");
                self.metrics.jwks_fetches.with_label_values(&["error"]).inc();
                false
            }
        }
    }

    async fn fetch(&self) -> Result<HashMap<String, Arc<SigningKey>>, String> {
        let mut request = self.client.get(self.url.clone());
        for (name, value) in trace::outgoing() {
            request = request.header(name, value);
        }
        let answer = request.send().await;
        let mut answer = answer.and_then(reqwest::Response::error_for_status).map_err(|e| with_sources(&e))?;
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|e| with_sources(&e))? {
            if body.len() + chunk.len() > LARGEST_ANSWER {
                return Err(format!("the answer is larger than {LARGEST_ANSWER} bytes"));
            }
            body.extend_from_slice(&chunk);
        }
        if answer.status() != reqwest::StatusCode::OK {
            return Err(format!("the answer's status is {}", answer.status()));
        }
        let keys = jwks::parse(&body).map_err(|error| error.to_string())?.into_iter();
        let key = |id: String, public| SigningKey { issuer: Arc::clone(&self.issuer), id, public };
        Ok(keys.map(|(id, public)| (id.clone(), Arc::new(key(id, public)))).collect())
    }
}

fn with_sources(error: &reqwest::Error) -> String {
    let sources = std::iter::successors(std::error::Error::source(error), |e| e.source());
    sources.fold(error.to_string(), |text, source| format!("{text}: {source}"))
}
