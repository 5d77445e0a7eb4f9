//! Does everything that the gateway leans on do what it must? `upload-gateway doctor` asks, before users do.
//!
//! Each check looks at one thing in the live world, and gives findings that say what was seen and what to do. A check changes
//! nothing. To add one: a file with an `async fn` from [`Neighbours`] to findings, and its line in [`examine`].

mod browsers;
mod client_kinds;
mod database;
mod role;
mod signing_keys;

use std::fmt;

use sqlx::PgPool;

use crate::adapters::oidc::KeyStore;
use crate::adapters::s3::{Bucket, Objects, Preflights};
use crate::adapters::sts::CredentialCache;
use crate::model::Clock;

/// What is looked at, as the composition root made it for the gateway itself.
pub struct Neighbours {
    /// Postgres.
    pub pool: PgPool,
    /// The user pools' signing keys.
    pub keys: KeyStore,
    /// STS.
    pub credentials: CredentialCache,
    /// S3, as the gateway sees it.
    pub objects: Objects,
    /// The bucket, as browsers see it.
    pub bucket: Bucket,
    /// What asks the bucket as a browser would.
    pub preflights: Preflights,
    /// The pages that may call, and so send their users' files to the bucket.
    pub origins: Vec<String>,
    /// What time it is.
    pub clock: Clock,
}

/// How it stands with one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// As it must be.
    Ok,
    /// It works, and somebody should look.
    Warning,
    /// Callers will be refused.
    Failed,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at, in a word.
    pub check: &'static str,
    /// How it stands.
    pub outcome: Outcome,
    /// What was seen, in a line.
    pub seen: String,
    /// What to do about it; it may have several lines.
    pub advice: Option<String>,
}

impl Finding {
    /// All is well there.
    pub fn ok(check: &'static str, seen: impl Into<String>) -> Self {
        Self { check, outcome: Outcome::Ok, seen: seen.into(), advice: None }
    }

    /// Somebody should look there.
    pub fn warning(check: &'static str, seen: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { check, outcome: Outcome::Warning, seen: seen.into(), advice: Some(advice.into()) }
    }

    /// It does not work.
    pub fn failed(check: &'static str, seen: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { check, outcome: Outcome::Failed, seen: seen.into(), advice: Some(advice.into()) }
    }
}

/// Everything that was looked at, in order.
#[derive(Debug, Clone)]
pub struct Report(pub Vec<Finding>);

impl Report {
    /// Did nothing fail?
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.0.iter().all(|finding| finding.outcome != Outcome::Failed)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Finding { check, outcome, seen, advice } in &self.0 {
            let outcome = match outcome {
                Outcome::Ok => "ok",
                Outcome::Warning => "warning",
                Outcome::Failed => "failed",
            };
            writeln!(f, "{outcome:<8} {check:<14} {seen}")?;
            for line in advice.iter().flat_map(|advice| advice.lines()) {
                writeln!(f, "{:<8} {:<14}   {line}", "", "")?;
            }
        }
        Ok(())
    }
}

/// Looks at everything, one after the other. What fails keeps nothing else from being looked at.
pub async fn examine(neighbours: &Neighbours) -> Report {
    let mut findings = vec![Finding::ok("configuration", "every setting is within its bounds")];
    findings.extend(database::check(neighbours).await);
    findings.extend(signing_keys::check(neighbours).await);
    findings.extend(Box::pin(role::check(neighbours)).await);
    findings.extend(browsers::check(neighbours).await);
    Report(findings)
}
