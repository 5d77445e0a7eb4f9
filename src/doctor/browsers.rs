//! May the pages of each allowed origin send files to the bucket? The bucket is asked as a browser asks it.
//!
//! Only the bucket's own answer counts: who may read its rules is another question, and a store that is not AWS may have its
//! own way to set them.

use std::collections::BTreeSet;

use super::client_kinds::{CLIENT_KINDS, ClientKind, cors_configuration};
use super::{Finding, Neighbours};
use crate::adapters::s3::{Allowance, CORS_HEADERS, PreflightError, signable_headers};

const CHECK: &str = "bucket CORS";

pub(super) async fn check(neighbours: &Neighbours) -> Vec<Finding> {
    if neighbours.origins.is_empty() {
        return vec![Finding::ok(
            CHECK,
            "server.allowed_origins is empty and there is no portal: no web page may call, so none is asked for",
        )];
    }
    let mut findings = Vec::new();
    for origin in &neighbours.origins {
        findings.extend(of_origin(neighbours, origin).await);
    }
    if findings.iter().any(|finding| finding.advice.is_some()) {
        let rule = cors_configuration(&neighbours.origins, &CORS_HEADERS);
        let advice = format!(
            "aws s3api put-bucket-cors --bucket {} --cors-configuration file://cors.json, with cors.json:\n{rule:#}",
            neighbours.bucket.name()
        );
        findings.push(Finding::warning(CHECK, "this is the rule that every kind of client works under", advice));
    }
    findings
}

/// A line for each kind that does not work, and one with those that do.
async fn of_origin(neighbours: &Neighbours, origin: &str) -> Vec<Finding> {
    let (mut findings, mut working) = (Vec::new(), Vec::new());
    // S3 knows `http://localhost:*` too, but a browser names a port.
    let page = origin.replace('*', "8080");
    for kind in CLIENT_KINDS {
        match missing(neighbours, &page, kind).await {
            Ok(missing) if missing.is_empty() => working.push(kind.name),
            Ok(missing) => {
                let missing = missing.into_iter().collect::<Vec<_>>().join(", ");
                let seen = format!("{origin}: {} will not work: the bucket does not {missing}", kind.name);
                findings.push(Finding::failed(CHECK, seen, "Set the rule below."));
            }
            Err(error) => {
                let advice = "Look at aws.s3_public_endpoint_url, and whether this machine may reach what browsers do.";
                return vec![Finding::failed(CHECK, format!("{origin}: the bucket does not answer: {error}"), advice)];
            }
        }
    }
    if !working.is_empty() {
        findings.push(Finding::ok(CHECK, format!("{origin}: {} will work", working.join(", "))));
    }
    findings
}

/// What the bucket does not do for that kind of client: `allow PUT`, `expose etag`.
async fn missing(neighbours: &Neighbours, origin: &str, kind: &ClientKind) -> Result<BTreeSet<String>, PreflightError> {
    let signed = if kind.sends_signed { signable_headers(&neighbours.bucket) } else { Vec::new() };
    let headers: Vec<&str> = kind.headers.iter().copied().chain(signed).collect();
    let ask = async |method: &str, headers: &[&str]| {
        neighbours.preflights.ask(&neighbours.bucket, origin, method, headers).await
    };
    let mut missing = BTreeSet::new();
    for method in kind.methods {
        let allowance = match ask(method, &headers).await? {
            Some(allowance) => Some(allowance),
            None => {
                let bare = ask(method, &[]).await?;
                if bare.is_none() {
                    missing.insert(format!("allow {method} from there"));
                }
                // S3 says no to all of them when it says no to one.
                for header in headers.iter().filter(|_| bare.is_some()) {
                    if ask(method, &[*header]).await?.is_none() {
                        missing.insert(format!("allow the header {header}"));
                    }
                }
                bare
            }
        };
        let exposes = |header: &str| allowance.as_ref().is_none_or(|allowance: &Allowance| allowance.exposes(header));
        missing.extend(kind.reads.iter().filter(|header| !exposes(header)).map(|header| format!("expose {header}")));
    }
    Ok(missing)
}
