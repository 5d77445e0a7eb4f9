//! Can the user pools' signing keys be read? Without them no token can be judged.

use super::{Finding, Neighbours};

const CHECK: &str = "signing keys";

pub(super) async fn check(neighbours: &Neighbours) -> Vec<Finding> {
    let read = neighbours.keys.read_each().await;
    let finding = |(issuer, outcome)| match outcome {
        Ok(keys) => Finding::ok(CHECK, format!("{issuer} has {keys} that may sign with RS256")),
        Err(error) => Finding::failed(
            CHECK,
            format!("those of {issuer} cannot be read: {error}"),
            "Look at auth.pools' issuer and jwks_url, and whether this machine may reach them.",
        ),
    };
    read.into_iter().map(finding).collect()
}
