//! How do a certificate and its key get from two files to what connections are answered with?

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_lc_rs::digest::{Context, SHA256};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use time::OffsetDateTime;
use tokio::io::AsyncReadExt as _;

use super::validity::not_after;
use crate::config;

/// Bytes that either file may have. A chain has a few KiB.
const LARGEST: u64 = 1 << 20;

/// The certificate or its key cannot be served with.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file is not there, or not for us.
    #[error("{setting}: {} cannot be read", path.display())]
    Unreadable {
        /// The setting that names it.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is there, and is not what it must be.
    #[error("{setting}: {} {rule}", path.display())]
    Unfit {
        /// The setting that names it.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// What it must be, or must not.
        rule: &'static str,
    },
    /// Both files are well, and not of one another.
    #[error("server.tls_key: {} is not the key of the first certificate in {}", key.display(), certificate.display())]
    Mismatch {
        /// The file of the chain.
        certificate: PathBuf,
        /// The file of the key.
        key: PathBuf,
    },
    /// The library has no protocol version for us, which its features rule out.
    #[error("TLS cannot be set up")]
    Protocol(#[source] rustls::Error),
}

/// A chain and the key of its first certificate, which fit together.
pub(super) struct Pair {
    pub(super) certified: Arc<CertifiedKey>,
    /// Until when the first certificate holds.
    pub(super) not_after: OffsetDateTime,
    /// Of both files, so that the same is known again without the key's being kept twice.
    pub(super) digest: Vec<u8>,
    /// Anybody on this machine can read the key.
    pub(super) is_open: bool,
}

impl Pair {
    /// Reads both files, each of which may be in the middle of being written.
    pub(super) async fn read(files: &config::Tls) -> Result<Self, TlsError> {
        let (certificate, key) = (File::CERTIFICATE.read(files).await?, File::KEY.read(files).await?);
        let mut digest = Context::new(&SHA256);
        digest.update(&certificate);
        digest.update(&key);
        let chain = CertificateDer::pem_slice_iter(&certificate).collect::<Result<Vec<_>, _>>();
        // The parser's own message may repeat lines of the file.
        let chain = chain.map_err(|_line| File::CERTIFICATE.unfit(files, "is not whole: it must be PEM"))?;
        let key = PrivateKeyDer::from_pem_slice(&key);
        let key = key.map_err(|_line| File::KEY.unfit(files, KEY_RULE))?;
        let first = chain.first().ok_or_else(|| File::CERTIFICATE.unfit(files, "has no certificate in PEM"))?;
        let not_after = not_after(first).ok_or_else(|| File::CERTIFICATE.unfit(files, CERTIFICATE_RULE))?;
        let certified = CertifiedKey::from_der(chain, key, &default_provider()).map_err(|error| {
            if matches!(error, rustls::Error::InconsistentKeys(_)) {
                TlsError::Mismatch { certificate: files.certificate.clone(), key: files.key.clone() }
            } else if matches!(error, rustls::Error::InvalidCertificate(_)) {
                File::CERTIFICATE.unfit(files, CERTIFICATE_RULE)
            } else {
                File::KEY.unfit(files, KEY_RULE)
            }
        })?;
        Ok(Self {
            certified: Arc::new(certified),
            not_after,
            digest: digest.finish().as_ref().to_vec(),
            is_open: tokio::fs::metadata(&files.key).await.is_ok_and(|key| key.permissions().mode() & 0o004 != 0),
        })
    }
}

const CERTIFICATE_RULE: &str = "has something else for a certificate";
const KEY_RULE: &str =
    "must hold a private key in PEM (PKCS#8, PKCS#1 or SEC1; RSA, ECDSA or Ed25519), without a passphrase";

/// One of the two.
struct File {
    setting: &'static str,
    path: fn(&config::Tls) -> &Path,
}

impl File {
    const CERTIFICATE: Self = Self { setting: "server.tls_certificate", path: |files| &files.certificate };
    const KEY: Self = Self { setting: "server.tls_key", path: |files| &files.key };

    async fn read(&self, files: &config::Tls) -> Result<Vec<u8>, TlsError> {
        let path = (self.path)(files);
        let unreadable = |source| TlsError::Unreadable { setting: self.setting, path: path.to_owned(), source };
        let file = tokio::fs::File::open(path).await.map_err(unreadable)?;
        let mut content = Vec::new();
        file.take(LARGEST + 1).read_to_end(&mut content).await.map_err(unreadable)?;
        if content.len() as u64 > LARGEST { Err(self.unfit(files, "is larger than 1 MiB")) } else { Ok(content) }
    }

    fn unfit(&self, files: &config::Tls, rule: &'static str) -> TlsError {
        TlsError::Unfit { setting: self.setting, path: (self.path)(files).to_owned(), rule }
    }
}

#[cfg(test)]
#[path = "pair_tests.rs"]
mod tests;
