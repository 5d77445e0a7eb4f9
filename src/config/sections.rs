//! What does each section of the configuration hold?

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use secrecy::SecretString;
use url::Url;

use crate::model::FileSize;

/// Listeners and their manners.
#[derive(Debug, Clone)]
pub struct Server {
    /// Where callers come in.
    pub public_address: SocketAddr,
    /// Metrics and probes.
    pub internal_address: SocketAddr,
    /// How callers reach the public address, without a slash at the end, when it is not by that address: see [`Self::url`].
    pub public_url: Option<String>,
    /// What the public listener speaks TLS with, when it is not left to whoever is in front of it.
    pub tls: Option<Tls>,
    /// Web origins that may call.
    pub allowed_origins: Vec<String>,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Threads that serve requests, if not one for each core but one.
    pub workers: Option<usize>,
    /// How long an idle connection is kept.
    pub keep_alive: Duration,
    /// How long a request may take, its body's arrival included.
    pub request_timeout: Duration,
    /// How long requests are served as ever once a stop was asked for, so that whoever sends them notices.
    pub drain: Duration,
    /// How long requests in flight may take after that.
    pub shutdown_grace: Duration,
}

impl Server {
    /// How callers reach us, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        self.public_url.clone().unwrap_or_else(|| format!("{scheme}://{}", self.public_address))
    }
}

/// A certificate and its key, in PEM files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// The chain, the server's own certificate first.
    pub certificate: PathBuf,
    /// The private key of the first.
    pub key: PathBuf,
    /// How often the files are looked at.
    pub reload: Duration,
}

/// The Postgres that holds tenants, uploads and the audit.
#[derive(Debug, Clone)]
pub struct Database {
    /// A `postgres://` URL, with a password unless that comes from elsewhere.
    pub url: SecretString,
    /// Where sessions are had, for what needs one, when the other URL leads through a pooler in transaction mode.
    pub session_url: Option<SecretString>,
    /// Where the password comes from.
    pub password: DatabasePassword,
    /// Connections for reads and administration.
    pub max_connections: u32,
    /// How long a caller waits for a connection.
    pub connect_timeout: Duration,
    /// How long Postgres works on one statement.
    pub statement_timeout: Duration,
}

/// Where the database's password comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabasePassword {
    /// From its URL, if it needs any.
    InUrl,
    /// It is a token of RDS, which the gateway signs with its own AWS credentials.
    Iam,
    /// From Secrets Manager, as RDS itself keeps and rotates it.
    Secret {
        /// Which secret.
        arn: String,
    },
}

/// The group-commit writer.
#[derive(Debug, Clone)]
pub struct Ledger {
    /// Grants that may wait.
    pub queue: usize,
    /// Grants in one transaction.
    pub batch: usize,
    /// How long a grant may wait.
    pub deadline: Duration,
}

/// What a token may be used for, by its `token_use` claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenUse {
    /// An ID token; its audience is the `aud` claim.
    Id,
    /// An access token; its audience is the `client_id` claim.
    Access,
}

/// One Cognito user pool.
#[derive(Debug, Clone)]
pub struct Pool {
    /// The exact `iss` of its tokens.
    pub issuer: String,
    /// The app clients whose tokens are taken.
    pub client_ids: Vec<String>,
    /// The kinds of tokens that are taken.
    pub token_uses: Vec<TokenUse>,
    /// Where its signing keys are.
    pub jwks_url: Url,
    /// Where its people sign in, without a slash at the end.
    pub hosted_ui: Option<String>,
    /// The app client with which people of identity providers sign in there.
    pub hosted_ui_client_id: String,
    /// The app client with which people of the pool itself sign in there.
    pub native_client_id: String,
}

/// Whose tokens are taken, and how.
#[derive(Debug, Clone)]
pub struct Auth {
    /// The claim that names the tenant.
    pub tenant_claim: String,
    /// The group of platform admins.
    pub platform_admin_group: String,
    /// The group of tenant admins.
    pub tenant_admin_group: String,
    /// Clock difference that is forgiven.
    pub leeway: Duration,
    /// Verified tokens remembered.
    pub token_cache: u64,
    /// How often keys are read again.
    pub jwks_refresh: Duration,
    /// How long known keys serve when they cannot be read again.
    pub jwks_stale: Duration,
    /// How often an unknown key id may make them be read again.
    pub jwks_cool_down: Duration,
    /// The user pools.
    pub pools: Vec<Pool>,
}

/// How long tenants are remembered.
#[derive(Debug, Clone)]
pub struct Tenants {
    /// Claim values remembered.
    pub cache: u64,
    /// How long a tenant is remembered.
    pub cache_ttl: Duration,
    /// How long it is remembered that a claim value names none.
    pub unknown_ttl: Duration,
    /// How often changes are looked for.
    pub poll: Duration,
}

/// A long-term key, where the AWS credential chain is not wanted.
#[derive(Debug, Clone)]
pub struct StaticKey {
    /// The access key id.
    pub access_key_id: SecretString,
    /// The secret access key.
    pub secret_access_key: SecretString,
}

/// Region, endpoints and keys.
#[derive(Debug, Clone)]
pub struct Aws {
    /// The bucket's and the role's Region.
    pub region: String,
    /// Where the gateway finds S3, when not at AWS.
    pub s3_endpoint_url: Option<Url>,
    /// Where the gateway finds STS, when not at AWS.
    pub sts_endpoint_url: Option<Url>,
    /// Where the gateway finds SQS, when not at AWS.
    pub sqs_endpoint_url: Option<Url>,
    /// Where the gateway finds IAM, when not at AWS.
    pub iam_endpoint_url: Option<Url>,
    /// Where the doctor finds Cognito's API, when not at AWS.
    pub cognito_endpoint_url: Option<Url>,
    /// Where the gateway finds Secrets Manager, when not at AWS.
    pub secretsmanager_endpoint_url: Option<Url>,
    /// Where clients find S3, when not where the gateway does.
    pub s3_public_endpoint_url: Option<Url>,
    /// The bucket's name goes into the path instead of the host.
    pub force_path_style: bool,
    /// The key that may assume the role.
    pub key: Option<StaticKey>,
    /// How long one call may take.
    pub timeout: Duration,
}

/// Bucket, role and lifetimes.
#[derive(Debug, Clone)]
pub struct Upload {
    /// The bucket that holds every tenant's prefix.
    pub bucket: String,
    /// The role that each tenant's session assumes.
    pub role_arn: String,
    /// `sts:ExternalId` of the role's trust policy.
    pub external_id: Option<SecretString>,
    /// How long a session lives.
    pub session_duration: Duration,
    /// How long a presigned URL lives.
    pub url_expiry: Duration,
    /// Files larger than this go in parts, in bytes.
    pub multipart_threshold: FileSize,
    /// The size of a part, unless the file needs larger ones.
    pub part_size: FileSize,
    /// How long after parts were last asked for a multipart upload counts as abandoned.
    pub multipart_expiry: Duration,
    /// How long a request may be repeated under its idempotency key.
    pub idempotency_expiry: Duration,
    /// Objects that break their grant, and those of uploads that have ended otherwise, are deleted.
    pub delete_broken: bool,
    /// The KMS key that each upload must be encrypted with.
    pub kms_key_arn: Option<String>,
}

/// How the ledger is kept in step with what S3 holds.
#[derive(Debug, Clone)]
pub struct Reconcile {
    /// How often due uploads are looked for.
    pub interval: Duration,
    /// Uploads that are claimed at once.
    pub batch: u32,
    /// How long a claim keeps other replicas away.
    pub lease: Duration,
    /// How long after its URL's end an upload may still land.
    pub grace: Duration,
    /// How long after its URL's end an ended upload is looked for once more.
    pub last_look: Duration,
}

/// Where S3 tells of created objects.
#[derive(Debug, Clone)]
pub struct Events {
    /// The SQS queue, when there is one.
    pub queue_url: Option<Url>,
    /// How long one question to the queue waits for an answer.
    pub wait: Duration,
}

/// What Uppy's own routes need.
#[derive(Debug, Clone)]
pub struct Uppy {
    /// How long a session lives whose secret is in the path.
    pub session_expiry: Duration,
}

/// How often callers may call.
#[derive(Debug, Clone)]
pub struct Rate {
    /// Requests a minute of one subject.
    pub subject_requests_per_minute: Option<u32>,
}
