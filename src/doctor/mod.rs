//! Does everything that the gateway leans on do what it must? `upload-gateway doctor` asks, before users do.
//!
//! Each check looks at one thing in the live world, and gives findings that say what was seen and what to do. What the gateway may
//! not look at is told as unknown, never as good. To add a check: a file with an `async fn` from [`Neighbours`] to findings, and
//! its line in [`examine`].
//!
//! Nothing is written, but in two cases: where a wall between tenants is down, an object of a few bytes goes through it; and a store
//! that does not compare a Content-MD5 takes one below the prefix of a tenant that nobody is. Either is removed again. In a bucket
//! with versions a removed object stays as a version, until the lifecycle expires it.
//!
//! With the gateway's own credentials, for which none of these is needed to serve, all of them reads:
//!
//! - on the bucket `s3:GetBucketPublicAccessBlock`, `s3:GetBucketOwnershipControls`, `s3:GetEncryptionConfiguration`,
//!   `s3:GetBucketVersioning`, `s3:GetLifecycleConfiguration`, `s3:GetBucketPolicy` and `s3:GetBucketNotification`;
//! - on the event queue `sqs:GetQueueAttributes`;
//! - on each user pool `cognito-idp:DescribeUserPool`, `cognito-idp:ListUserPoolClients` and `cognito-idp:DescribeUserPoolClient`.
//!
//! `sts:GetCallerIdentity` takes no permission. What the upload role may do is tried with its own sessions; whether they may use the
//! KMS key only a real upload shows.

mod app_clients;
mod browsers;
mod bucket;
mod bucket_policy;
mod caller;
mod client_kinds;
mod database;
mod encryption;
mod events;
mod finding;
mod policy_document;
mod probe;
mod report;
mod role;
mod sessions;
mod signing_keys;
mod user_pools;
mod walls;

use crate::adapters::cognito::UserPools;
use crate::adapters::oidc::KeyStore;
use crate::adapters::postgres::Pools;
use crate::adapters::s3::{Bucket, BucketSettings, Objects, Preflights};
use crate::adapters::sqs::EventQueue;
use crate::adapters::sts::RoleAssumer;
use crate::config::Config;
use crate::model::Clock;

pub use finding::{Finding, Outcome};
pub use report::Report;

/// What is looked at, as the composition root made it for the gateway itself.
pub struct Neighbours {
    /// Postgres.
    pub pools: Pools,
    /// The user pools' signing keys.
    pub keys: KeyStore,
    /// The user pools themselves.
    pub user_pools: UserPools,
    /// STS.
    pub assumer: RoleAssumer,
    /// S3, as the gateway's sessions see it.
    pub objects: Objects,
    /// S3, as the gateway itself sees it.
    pub settings: BucketSettings,
    /// The bucket, as browsers see it.
    pub bucket: Bucket,
    /// What asks the bucket as a browser would.
    pub preflights: Preflights,
    /// The queue that S3 sends its events to, if there is one.
    pub queue: Option<EventQueue>,
    /// The pages that may call, and so send their users' files to the bucket.
    pub origins: Vec<String>,
    /// What time it is.
    pub clock: Clock,
    /// What all of it should be.
    pub config: Config,
}

/// Looks at everything, one after the other. What fails keeps nothing else from being looked at.
pub async fn examine(neighbours: &Neighbours) -> Report {
    let mut findings = vec![Finding::ok("configuration", "every setting is within its bounds")];
    findings.extend(database::check(neighbours).await);
    let (standing, seen) = caller::check(neighbours).await;
    findings.extend(seen);
    findings.extend(signing_keys::check(neighbours).await);
    findings.extend(user_pools::check(neighbours).await);
    let (session, seen) = Box::pin(role::check(neighbours, &standing)).await;
    findings.extend(seen);
    findings.extend(Box::pin(walls::check(neighbours, session.as_ref())).await);
    findings.extend(bucket::check(neighbours).await);
    findings.extend(events::check(neighbours).await);
    findings.extend(browsers::check(neighbours).await);
    Report(findings)
}
