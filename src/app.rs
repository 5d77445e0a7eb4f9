//! How is everything put together? The one place where state is composed: configuration in, running listeners out.

mod audit;
mod aws;
mod database;
mod examination;
mod listeners;
mod standing;
mod start_error;
mod tls;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::web::Data;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use crate::adapters::iam::UploadRole;
use crate::adapters::oidc::{KeyStore, TokenVerifier};
use crate::adapters::postgres::{Pools, audit_writer, ledger, tenant_changes::Watch};
use crate::adapters::s3::{Bucket, Objects};
use crate::adapters::sqs::EventQueue;
use crate::adapters::sts::{CredentialCache, RoleAssumer};
use crate::config::Config;
use crate::domain::authenticate::Authenticator;
use crate::domain::gateway_limits::LimitsInForce;
use crate::domain::login::Login;
use crate::domain::rate_limits::RateLimits;
use crate::domain::reconcile::Reconciler;
use crate::domain::refusals::Refusals;
use crate::domain::tenants::Directory;
use crate::domain::tenants::revoke::Revoker;
use crate::domain::uploads::Uploads;
use crate::domain::uppy_sessions::UppySessions;
use crate::http::{self, State};
use crate::metrics::Metrics;
use crate::model::{Clock, ObjectCreated, Provenance};
use crate::{event_listener, reconciler, trace, usage_keeper};
pub use audit::{AuditError, ExportOptions, KnownAnchors, export_audit, verify_audit};
use aws::aws_config;
pub use database::migrate;
pub use examination::{examine, session_policy};
pub use standing::{Standing, StandingError, change_standing};
pub use start_error::StartError;
use tls::Certificate;
pub use tls::{TlsError, check_certificate};

/// How long each step of the end may take, when nobody waits for an answer any more.
const LAST_STEP: Duration = Duration::from_secs(2);

/// Everything but the listeners: the state that handlers share, and the work that goes on behind them.
pub struct Composition {
    /// What handlers are given.
    pub state: Data<State>,
    background: JoinSet<()>,
    ledger: oneshot::Receiver<()>,
    stop: CancellationToken,
    pools: Pools,
}

impl Composition {
    /// Composes the state and starts the background work. Dependencies that are away are no error: they may come back.
    ///
    /// # Errors
    /// When a part cannot be set up.
    pub async fn new(config: &Config, clock: Clock) -> Result<Self, StartError> {
        if cfg!(feature = "walls-off-for-tests") {
            error!("this is the test build whose walls between tenants are down: never serve anybody with it");
        }
        let metrics = Metrics::with_tenants(config.metrics.tenants)?;
        let shared = aws_config(&config.aws).await;
        let (pools, password) = database::open(config, &shared, &clock).await?;
        let pool = &pools.pool;
        let stop = CancellationToken::new();
        let mut background = JoinSet::new();
        background.spawn(password.renew_until(pools.clone(), stop.clone()));

        let keys = Arc::new(KeyStore::new(&config.auth, &metrics)?);
        let (refreshed, refresh_stop) = (Arc::clone(&keys), stop.clone());
        background.spawn(async move { refreshed.refresh_until(refresh_stop).await });

        let directory = Directory::new(pool.clone(), &config.tenants);
        let limits = LimitsInForce::new(pool.clone(), config.gateway_limits());
        background.spawn(limits.clone().follow_until(stop.clone()));
        let (forgetful, look_again, told) = (directory.clone(), limits.clone(), metrics.tenant_changes.clone());
        let changed = move || {
            forgetful.forget();
            look_again.look_again();
        };
        background.spawn(Watch::new(pools.clone(), config.tenants.poll, told, changed).run_until(stop.clone()));

        let (entrance, writer) = ledger::open(pools.sessions.clone(), &config.ledger, metrics.clone());
        background.spawn(usage_keeper::keep_until(pool.clone(), writer.recorded(), stop.clone()));
        let ledger = writer.start().map_err(StartError::Thread)?;

        let (events, writer) = audit_writer::open(pool.clone(), metrics.audit_dropped.clone());
        background.spawn(writer.run_until(stop.clone()));

        if let Some((anchors, interval)) = audit::anchors_of(config, &shared, pool, &clock, &metrics)? {
            background.spawn(anchors.keep_until(interval, stop.clone()));
        }

        let role = UploadRole::new(&shared, &config.aws, &config.upload, &metrics);
        let assumer = RoleAssumer::new(&shared, &config.aws, &config.upload, metrics.clone());
        let (url_expiry, session_duration) = (config.upload.url_expiry, config.upload.session_duration);
        let credentials = CredentialCache::new(assumer, url_expiry, session_duration, clock.clone());
        let bucket = Bucket::new(&config.aws, &config.upload);
        let pages = http::Pages::new(&config.auth.pools, &bucket.url());
        let uploads = Arc::new(Uploads {
            ledger: entrance,
            audit: events.clone(),
            pool: pool.clone(),
            credentials,
            bucket,
            bucket_name: config.upload.bucket.clone(),
            objects: Objects::new(&shared, &config.aws, &config.upload, &metrics),
            url_expiry,
            session_duration,
            multipart_threshold: config.upload.multipart_threshold,
            part_size: config.upload.part_size,
            multipart_expiry: config.upload.multipart_expiry,
            idempotency_expiry: config.upload.idempotency_expiry,
            delete_broken: config.upload.delete_broken,
            grace: config.reconcile.grace,
            last_look: config.reconcile.last_look,
            lease: config.reconcile.lease,
            clock: clock.clone(),
            metrics: metrics.clone(),
        });
        let reconciler = Reconciler::new(Arc::clone(&uploads), config.reconcile.clone(), config.audit.retention);
        background.spawn(reconciler::sweep_until(reconciler, config.reconcile.interval, stop.clone()));

        if let Some(queue) = EventQueue::new(&shared, &config.aws, &config.events, &metrics) {
            let (told, clock) = (Arc::clone(&uploads), clock.clone());
            let notice = move |event: ObjectCreated| {
                let (told, provenance) = (Arc::clone(&told), Provenance::of_gateway(clock.now(), trace::id()));
                async move { told.notice(&event, provenance).await.map(|_noticed| ()) }
            };
            background.spawn(event_listener::listen_until(queue, stop.clone(), metrics.clone(), notice));
        }
        let verifier = TokenVerifier::new(config.auth.clone(), Arc::clone(&keys));
        let state = Data::new(State {
            authenticator: Authenticator::new(verifier, directory.clone(), clock.clone(), metrics.clone()),
            login: Login::new(&config.auth, &config.server.url(), directory.clone()),
            revoker: Revoker::new(pool.clone(), role, clock.clone(), config.auth.leeway, session_duration),
            refusals: Refusals::new(events, clock.clone()),
            rate_limits: RateLimits::new(limits.subject_limit(), clock.clone(), metrics.clone()),
            uploads,
            uppy_sessions: UppySessions::new(
                pool.clone(),
                directory.clone(),
                config.uppy.session_expiry,
                clock.clone(),
            ),
            public_url: config.server.url(),
            directory,
            pool: pool.clone(),
            pools: pools.clone(),
            limits,
            keys,
            trusted_proxies: config.server.trusted_proxies.clone(),
            request_timeout: config.server.request_timeout,
            draining: AtomicBool::new(false),
            clock,
            metrics,
            pages,
        });
        Ok(Self { state, background, ledger, stop, pools })
    }

    /// Ends the background work, once the handlers are gone. With them goes every entrance to the ledger, so its writer
    /// writes what it still holds and comes to its end.
    pub async fn finish(self) {
        drop(self.state);
        self.stop.cancel();
        let _late = tokio::time::timeout(LAST_STEP, self.background.join_all()).await;
        let _late = tokio::time::timeout(LAST_STEP, self.ledger).await;
        let _late = tokio::time::timeout(LAST_STEP, self.pools.close()).await;
    }
}

/// A gateway whose listeners are bound, ready to run.
pub struct Application {
    public: Server,
    internal: Server,
    public_address: SocketAddr,
    internal_address: SocketAddr,
    composition: Composition,
    certificate: Option<Arc<Certificate>>,
    drain: Duration,
}

impl Application {
    /// Binds both listeners and composes the rest. Nothing is served before [`Self::run_until`].
    ///
    /// # Errors
    /// When an address cannot be bound, or a part cannot be set up.
    pub async fn build(mut config: Config, clock: Clock) -> Result<Self, StartError> {
        let certificate = Certificate::of(&config).await?;
        let (public, public_address) = listeners::listen(config.server.public_address)?;
        config.server.public_address = public_address;
        let server = &config.server;
        let (internal, internal_address) = listeners::listen(server.internal_address)?;
        // Boxed, as it is the largest part of this future.
        let mut composition = Box::pin(Composition::new(&config, clock)).await?;
        let tls = certificate.as_ref().map(Certificate::server).transpose()?;
        if let Some(certificate) = certificate.clone() {
            let not_after = composition.state.metrics.tls_certificate_not_after_seconds.clone();
            composition.background.spawn(certificate.watch_until(composition.stop.clone(), not_after));
        }
        Ok(Self {
            public: listeners::serve_public(public, server, composition.state.clone(), tls)?,
            internal: listeners::serve_internal(internal, server, composition.state.clone())?,
            public_address,
            internal_address,
            composition,
            certificate,
            drain: server.drain,
        })
    }

    /// Where callers come in; the port that was given when the configuration asked for any.
    #[must_use]
    pub const fn public_address(&self) -> SocketAddr {
        self.public_address
    }

    /// Where probes and Prometheus come in.
    #[must_use]
    pub const fn internal_address(&self) -> SocketAddr {
        self.internal_address
    }

    /// Whoever notifies this has the files of the certificate looked at now; none when somebody else speaks TLS for us.
    #[must_use]
    pub fn certificate_reload(&self) -> Option<Arc<Notify>> {
        self.certificate.as_deref().map(Certificate::asked)
    }

    /// Serves until `shutdown`, and for `server.drain` longer; then stops taking requests, finishes those in flight, and
    /// records what the ledger still holds. After `server.drain` and `server.shutdown_grace` it ends within ten seconds,
    /// whatever hangs.
    ///
    /// # Errors
    /// When a listener breaks.
    pub async fn run_until(self, shutdown: CancellationToken) -> std::io::Result<()> {
        let (public, internal) = (self.public.handle(), self.internal.handle());
        info!(public.address = %self.public_address, internal.address = %self.internal_address, "serving");
        let state = self.composition.state.clone();
        let stopping = async move {
            shutdown.cancelled().await;
            state.drain();
            // The last of the handlers is to be the last who holds an entrance to the ledger.
            drop(state);
            info!(drain_s = self.drain.as_secs(), "stopping");
            tokio::time::sleep(self.drain).await;
            // Connections that idle end here and now. The probes answer until the last request is through.
            public.stop(true).await;
            internal.stop(true).await;
        };
        let (served, probed, ()) = tokio::join!(self.public, self.internal, stopping);
        self.composition.finish().await;
        info!("stopped");
        served.and(probed)
    }
}
