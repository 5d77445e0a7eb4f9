//! The Cognito triggers as Cognito meets them: the real function, as a process of its own, in front of a Lambda runtime API and of
//! DynamoDBs that we did not write. `tests/triggers/run.sh` starts those.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what a test cannot have, it fails for"
)]

mod clock;
mod function;
mod log;
mod outage;
mod parallel;
mod runtime_api;
mod settings;
mod sign_in;
mod sources;
mod table;
mod unfit;
