//! With which certificate are callers answered, when the gateway itself speaks TLS?

mod pair;
mod validity;

use std::error::Error as _;
use std::sync::{Arc, PoisonError, RwLock};

use prometheus::IntGaugeVec;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

pub use pair::TlsError;

use crate::config::{self, Config};
use pair::Pair;

/// Can the configured certificate be served with? So it can where there is none.
///
/// # Errors
/// When a file cannot be read, or the two do not fit together.
pub async fn check_certificate(config: &Config) -> Result<(), TlsError> {
    Certificate::of(config).await.map(|_certificate| ())
}

/// What two files hold, for as long as they hold nothing newer that fits together.
pub(super) struct Certificate {
    files: config::Tls,
    current: RwLock<Pair>,
    asked: Arc<Notify>,
}

impl Certificate {
    /// Reads it for the first time; there is none where somebody else speaks TLS for us.
    pub(super) async fn of(config: &Config) -> Result<Option<Arc<Self>>, TlsError> {
        let Some(files) = &config.server.tls else { return Ok(None) };
        let pair = Pair::read(files).await?;
        tell(files, &pair);
        let current = RwLock::new(pair);
        Ok(Some(Arc::new(Self { files: files.clone(), current, asked: Arc::default() })))
    }

    /// Whoever notifies this has the files looked at now.
    pub(super) fn asked(&self) -> Arc<Notify> {
        Arc::clone(&self.asked)
    }

    /// How the public listener speaks: TLS 1.2 and 1.3, whatever the process has set up for its own calls.
    pub(super) fn server(self: &Arc<Self>) -> Result<ServerConfig, TlsError> {
        let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()));
        let builder = builder.with_protocol_versions(&[&TLS13, &TLS12]).map_err(TlsError::Protocol)?;
        Ok(builder.with_no_client_auth().with_cert_resolver(Arc::clone(self) as Arc<dyn ResolvesServerCert>))
    }

    /// Looks at the files again and again. New connections get what is new in them; others go on as they are. What cannot be
    /// served with is left alone until it can.
    pub(super) async fn watch_until(self: Arc<Self>, stop: CancellationToken, not_after: IntGaugeVec) {
        loop {
            let ends = self.current.read().unwrap_or_else(PoisonError::into_inner).not_after;
            not_after.with_label_values::<&str>(&[]).set(ends.unix_timestamp());
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(self.files.reload) => {}
                () = self.asked.notified() => {}
            }
            match Pair::read(&self.files).await {
                Ok(pair) => self.take(pair),
                Err(refused) => error!(
                    error = %refused,
                    cause = refused.source().map(tracing::field::display),
                    "what the files of the certificate hold is not served with, but what they held before"
                ),
            }
        }
    }

    fn take(&self, pair: Pair) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if current.digest != pair.digest {
            tell(&self.files, &pair);
            *current = pair;
        }
    }
}

fn tell(files: &config::Tls, pair: &Pair) {
    info!(path = %files.certificate.display(), not_after = %pair.not_after, "a certificate was read");
    if pair.is_open {
        warn!(path = %files.key.display(), "anybody on this machine can read the certificate's key");
    }
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificate").field("files", &self.files).finish_non_exhaustive()
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner).certified))
    }
}
