//! How do S3, STS, SQS and IAM behave, on loopback? One server with real signatures, sessions and policies.
//!
//! The protocol is s3s's (SigV4 and the S3 operations' wire format). The rest is here: the checks that AWS makes and
//! s3s does not, temporary credentials, the enforcement of IAM policies, and objects in files.

mod access;
mod checksum;
mod cors;
mod edge;
mod form;
mod iam;
mod identity;
mod policy;
mod role_policies;
mod s3;
mod server;
mod set_up;
mod signature;
mod signer;
mod sqs;
mod store;
mod sts;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

pub use self::cors::CorsRule;
use self::edge::Edge;
pub use self::iam::Iam;
use self::identity::{ADMIN, GATEWAY, Identities};
use self::s3::Bucket;
use self::server::Server;
use self::set_up::SetUp;
pub use self::set_up::{BucketSettings, QueueSettings, Trust};
pub(super) use self::signer::Unsigned;
use self::sqs::Sqs;
use self::store::Store;
use crate::model::Clock;

const ROLE_ARN: &str = "arn:aws:iam::000000000000:role/upload-gateway";

/// How a sandbox is set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the objects live. It is made if it is not there.
    pub directory: PathBuf,
    /// The port on 127.0.0.1, or 0 for any free one.
    pub port: u16,
    /// The region that requests have to be signed for.
    pub region: String,
    /// The one bucket. It is made if it is not there.
    pub bucket: String,
    /// When sessions expire and received messages are seen again. Signatures are checked against the machine's own
    /// clock, which is s3s's doing.
    pub clock: Clock,
    /// What the trust policy of the role demands as `sts:ExternalId`, if anything.
    pub external_id: Option<String>,
}

/// Why a sandbox could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The port is taken, or the machine has no loopback.
    #[error("the sandbox's S3 cannot listen on 127.0.0.1:{port}; is another sandbox running there?")]
    Listen {
        /// The port that was asked for.
        port: u16,
        /// What the machine said.
        #[source]
        source: io::Error,
    },
    /// The bucket's name is not one that S3 allows.
    #[error("{0:?} is not a valid bucket name")]
    BucketName(String),
    /// The directory cannot be used.
    #[error("the sandbox's S3 cannot keep its objects in {}", directory.display())]
    Store {
        /// Where the bucket would live.
        directory: PathBuf,
        /// What the machine said.
        #[source]
        source: io::Error,
    },
    /// The policy is malformed, or says what the sandbox does not know.
    #[error("the policy was refused")]
    Policy(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// How a service fails, for tests of what the gateway then does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fault {
    /// It does not.
    #[default]
    None,
    /// Every request is answered with 503.
    Unavailable,
    /// No request is answered until the fault changes; those that wait are then dealt with according to the new one.
    Hanging,
}

/// An AssumeRole request that was well formed and signed by someone known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssumeRoleCall {
    /// `RoleSessionName`
    pub session_name: String,
    /// The session policy as it was sent.
    pub policy: Option<String>,
    /// The session tags, in their order.
    pub tags: Vec<(String, String)>,
    /// `DurationSeconds`, or its default.
    pub duration_seconds: u32,
    /// Whether the trust policy let the caller have the role.
    pub granted: bool,
}

/// S3, STS, SQS and IAM on 127.0.0.1. Dropping it stops it; `stop` does so gently.
pub struct Aws {
    url: String,
    shared: Arc<Shared>,
    store: Arc<Store>,
    server: Server,
}

/// What the server's tasks and its handle both see.
struct Shared {
    clock: Clock,
    region: String,
    external_id: Option<String>,
    identities: Arc<Identities>,
    set_up: SetUp,
    s3_fault: watch::Sender<Fault>,
    sts_fault: watch::Sender<Fault>,
    sqs: Sqs,
    assume_role_calls: AtomicU64,
    history: Mutex<Vec<AssumeRoleCall>>,
}

impl Aws {
    /// Starts the server. It answers when this returns.
    ///
    /// # Errors
    ///
    /// When the port is taken, the directory cannot be used, or the bucket's name is invalid.
    pub async fn start(options: Options) -> Result<Self, Error> {
        if !::s3s::path::check_bucket_name(&options.bucket) {
            return Err(Error::BucketName(options.bucket));
        }
        let port = options.port;
        let (listener, address) = server::bind(port).await.map_err(|source| Error::Listen { port, source })?;
        let directory = options.directory.join(&options.bucket);
        let sqs = Sqs::new(&options.bucket, &options.region, options.clock.clone());
        let store = Store::open(&directory, options.clock.clone(), Arc::clone(&sqs.notifications))
            .await
            .map_err(|source| Error::Store { directory, source })?;
        let shared = Arc::new(Shared {
            identities: Arc::new(Identities::new(options.clock.clone())),
            set_up: SetUp::new(&options.bucket, &options.region)?,
            clock: options.clock,
            region: options.region.clone(),
            external_id: options.external_id,
            s3_fault: watch::Sender::new(Fault::None),
            sts_fault: watch::Sender::new(Fault::None),
            sqs,
            assume_role_calls: AtomicU64::new(0),
            history: Mutex::default(),
        });
        let store = Arc::new(store);
        let (region, shared_with) = (options.region, Arc::clone(&shared));
        let bucket = Bucket { name: options.bucket, region, store: Arc::clone(&store), shared: shared_with };
        let url = format!("http://{address}");
        let server = Server::start(listener, Edge::new(Arc::clone(&shared), bucket, url.clone()));
        Ok(Self { url, shared, store, server })
    }

    /// Where S3, STS and SQS answer: `http://127.0.0.1:PORT`. S3 takes path-style requests.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The role that the gateway assumes.
    #[must_use]
    pub fn role_arn(&self) -> &str {
        ROLE_ARN
    }

    /// The gateway's own key id and secret. They may assume the role, use the queue and look how
    /// everything is set up, and do nothing with objects.
    #[must_use]
    pub fn gateway_credentials(&self) -> (&str, &str) {
        GATEWAY
    }

    /// A key id and secret that may do everything in S3, and use the queue.
    #[must_use]
    pub fn admin_credentials(&self) -> (&str, &str) {
        ADMIN
    }

    /// How many AssumeRole requests came in, whatever became of them.
    #[must_use]
    pub fn assume_role_calls(&self) -> u64 {
        self.shared.assume_role_calls.load(Ordering::Relaxed)
    }

    /// The well-formed AssumeRole requests, in the order in which they were answered.
    #[must_use]
    pub fn assume_role_history(&self) -> Vec<AssumeRoleCall> {
        lock(&self.shared.history).clone()
    }

    /// How many multipart uploads were neither completed nor aborted.
    pub async fn unfinished_uploads(&self) -> usize {
        self.store.unfinished().await
    }

    /// Makes STS fail, or work again.
    pub fn set_sts_fault(&self, fault: Fault) {
        self.shared.sts_fault.send_replace(fault);
    }

    /// Makes S3 fail, or work again.
    pub fn set_s3_fault(&self, fault: Fault) {
        self.shared.s3_fault.send_replace(fault);
    }

    /// Lets the requests in flight end, for two seconds at most, and frees the port.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}

impl fmt::Debug for Aws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Aws").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Shared {
    fn count_assume_role(&self) {
        self.assume_role_calls.fetch_add(1, Ordering::Relaxed);
    }

    fn record(&self, call: AssumeRoleCall) {
        lock(&self.history).push(call);
    }
}

/// No holder of these locks can leave its value half changed.
fn lock<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}
