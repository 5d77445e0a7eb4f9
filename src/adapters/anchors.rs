//! How is it kept where nobody who reaches the database can change it, where the audit's chains stood? As JWS (RFC 7515) signed with
//! Ed25519 (RFC 8037), each an object of its own in a bucket, which had better have Object Lock.

use std::path::Path;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use aws_sdk_s3::config::BehaviorVersion;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{PrivatePkcs8KeyDer, SubjectPublicKeyInfoDer};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::macros::format_description;
use uuid::Uuid;

use super::aws_calls::{CallCounter, Service};
use super::aws_error::describe;
use super::whole_answers::WholeAnswers;
use crate::config;
use crate::metrics::Metrics;
use crate::model::audit_anchor::Anchor;
use crate::model::audit_walk::Head;

/// An anchor cannot be signed, kept, or believed.
#[derive(Debug, thiserror::Error)]
pub enum AnchorError {
    /// The key's file is none.
    #[error("{file} holds no Ed25519 key in PEM: {problem}")]
    Key {
        /// Which file.
        file: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Only the public key is known.
    #[error("an anchor cannot be signed")]
    Sign(#[source] jsonwebtoken::errors::Error),
    /// S3 did not take it, or not give it.
    #[error("the anchors' bucket cannot be used: {0}")]
    Store(String),
    /// It is not what the key signed.
    #[error("the anchor {name} is not signed by the key")]
    Forged {
        /// Which one.
        name: String,
        /// Why.
        source: jsonwebtoken::errors::Error,
    },
}

/// What an anchor says.
#[derive(Serialize, Deserialize)]
struct Claims {
    iat: i64,
    chains: Vec<ChainClaim>,
}

#[derive(Serialize, Deserialize)]
struct ChainClaim {
    chain: i16,
    number: i64,
    seal: String,
}

/// What signs anchors, or only tells the good ones.
pub struct AnchorKey {
    signs: Option<EncodingKey>,
    verifies: DecodingKey,
}

impl AnchorKey {
    /// From a PEM file with a private key (PKCS #8) or a public one (SubjectPublicKeyInfo), as `openssl genpkey -algorithm ed25519` and
    /// `openssl pkey -pubout` write them.
    ///
    /// # Errors
    /// When it holds neither.
    pub fn read(file: &Path) -> Result<Self, AnchorError> {
        let fault = |problem: String| AnchorError::Key { file: file.display().to_string(), problem };
        let pem = std::fs::read(file).map_err(|error| fault(error.to_string()))?;
        if let Ok(private) = PrivatePkcs8KeyDer::from_pem_slice(&pem) {
            let der = private.secret_pkcs8_der();
            let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).map_err(|error| fault(error.to_string()))?;
            return Ok(Self {
                signs: Some(EncodingKey::from_ed_der(der)),
                verifies: DecodingKey::from_ed_der(pair.public_key().as_ref()),
            });
        }
        let public = SubjectPublicKeyInfoDer::from_pem_slice(&pem).map_err(|error| fault(error.to_string()))?;
        // RFC 8410 §4: its header has twelve bytes, and the key thirty-two.
        let key = public.strip_prefix(&PUBLIC_KEY_HEADER).filter(|key| key.len() == 32);
        let key = key.ok_or_else(|| fault("it is a public key of another kind".to_owned()))?;
        Ok(Self { signs: None, verifies: DecodingKey::from_ed_der(key) })
    }

    /// The anchor as a text.
    ///
    /// # Errors
    /// When this is a public key.
    pub fn sign(&self, anchor: &Anchor) -> Result<String, AnchorError> {
        let chain = |head: &Head| ChainClaim {
            chain: head.chain,
            number: head.number,
            seal: URL_SAFE_NO_PAD.encode(&head.seal),
        };
        let claims = Claims { iat: anchor.at.unix_timestamp(), chains: anchor.heads.iter().map(chain).collect() };
        let key = self
            .signs
            .as_ref()
            .ok_or_else(|| AnchorError::Sign(jsonwebtoken::errors::ErrorKind::InvalidKeyFormat.into()))?;
        jsonwebtoken::encode(&header(), &claims, key).map_err(AnchorError::Sign)
    }

    /// What the text says, when the key signed it.
    ///
    /// # Errors
    /// When it did not.
    pub fn read_anchor(&self, name: &str, text: &str) -> Result<Anchor, AnchorError> {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        let forged = |source| AnchorError::Forged { name: name.to_owned(), source };
        let claims = jsonwebtoken::decode::<Claims>(text.trim(), &self.verifies, &validation).map_err(forged)?.claims;
        let malformed = || forged(jsonwebtoken::errors::ErrorKind::InvalidToken.into());
        let head = |claim: ChainClaim| {
            let seal = URL_SAFE_NO_PAD.decode(claim.seal).map_err(|_no_base64| malformed())?;
            Ok(Head { chain: claim.chain, number: claim.number, seal })
        };
        Ok(Anchor {
            at: OffsetDateTime::from_unix_timestamp(claims.iat).map_err(|_no_time| malformed())?,
            heads: claims.chains.into_iter().map(head).collect::<Result<_, _>>()?,
        })
    }
}

const PUBLIC_KEY_HEADER: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

fn header() -> Header {
    Header { typ: Some("audit-anchor+jwt".to_owned()), ..Header::new(Algorithm::EdDSA) }
}

/// The bucket.
#[derive(Clone)]
pub struct AnchorStore {
    client: aws_sdk_s3::Client,
    bucket: String,
    prefix: String,
}

impl AnchorStore {
    /// With the gateway's own credentials.
    #[must_use]
    pub fn new(
        shared: &aws_config::SdkConfig,
        aws: &config::Aws,
        anchors: &config::Anchors,
        metrics: &Metrics,
    ) -> Self {
        let mut builder = aws_sdk_s3::config::Builder::from(shared)
            .behavior_version(BehaviorVersion::latest())
            .force_path_style(aws.force_path_style)
            .interceptor(WholeAnswers)
            .interceptor(CallCounter::new(Service::S3, metrics));
        builder.set_endpoint_url(aws.s3_endpoint_url.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned()));
        let client = aws_sdk_s3::Client::from_conf(builder.build());
        Self { client, bucket: anchors.bucket.clone(), prefix: anchors.prefix.clone() }
    }

    /// Keeps a signed anchor. Names are in the order of time.
    ///
    /// # Errors
    /// When S3 does not take it.
    pub async fn keep(&self, at: OffsetDateTime, text: String) -> Result<(), AnchorError> {
        let time = at.format(format_description!("[year]-[month]-[day]T[hour][minute][second]Z")).unwrap_or_default();
        let key = format!("{}{time}-{}.jws", self.prefix, Uuid::new_v4());
        // What is there stays, and Object Lock wants a sum of what comes.
        let put = self.client.put_object().bucket(&self.bucket).key(key).body(text.into_bytes().into());
        let put = put
            .content_type("application/jose")
            .if_none_match("*")
            .checksum_algorithm(aws_sdk_s3::types::ChecksumAlgorithm::Sha256);
        Box::pin(put.send()).await.map(drop).map_err(|error| AnchorError::Store(describe(&error)))
    }

    /// Every anchor that the key signed, from the first on.
    ///
    /// # Errors
    /// When S3 does not give them, or one is somebody else's.
    pub async fn all(&self, key: &AnchorKey) -> Result<Vec<Anchor>, AnchorError> {
        let pages = self.client.list_objects_v2().bucket(&self.bucket).prefix(&self.prefix).into_paginator().send();
        let mut pages = pages;
        let mut anchors = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| AnchorError::Store(describe(&error)))?;
            for name in page.contents.unwrap_or_default().into_iter().filter_map(|object| object.key) {
                let got = Box::pin(self.client.get_object().bucket(&self.bucket).key(&name).send()).await;
                let got = got.map_err(|error| AnchorError::Store(describe(&error)))?;
                let bytes = got.body.collect().await.map_err(|error| AnchorError::Store(error.to_string()))?;
                let text = String::from_utf8_lossy(&bytes.into_bytes()).into_owned();
                anchors.push(key.read_anchor(&name, &text)?);
            }
        }
        Ok(anchors)
    }
}

/// The anchors in a directory, as somebody copied them out of the bucket.
///
/// # Errors
/// When the directory cannot be read, or one of them is not the key's.
pub fn of_directory(directory: &Path, key: &AnchorKey) -> Result<Vec<Anchor>, AnchorError> {
    let fault = |error: std::io::Error| AnchorError::Store(format!("{}: {error}", directory.display()));
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(fault)? {
        let path = entry.map_err(fault)?.path();
        if path.extension().is_some_and(|extension| extension == "jws") {
            files.push(path);
        }
    }
    files.sort();
    let read = |path: &std::path::PathBuf| {
        let text = std::fs::read_to_string(path).map_err(fault)?;
        key.read_anchor(&path.display().to_string(), &text)
    };
    files.iter().map(read).collect()
}
