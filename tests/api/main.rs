//! The gateway as its callers, its operators and its attackers meet it. Each test has a database, an S3, an STS and a
//! Cognito of its own.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what a test cannot have, it fails for"
)]

mod admin;
mod admin_refusals;
mod bad_input;
mod bulk;
mod collections;
mod completion;
mod credentials;
mod database;
mod explain;
mod faults;
mod first_requests;
mod forge;
mod forged_tokens;
mod happy_path;
mod harness;
mod listing;
mod log;
mod me;
mod operations;
mod problems;
mod rate_limits;
mod refusals;
mod signed_url;
mod signing_keys;
mod socket;
mod store;
mod suspension;
mod tenancy;
mod token_claims;
mod tokens;
mod uploads;
mod walls;
