//! The gateway as its callers, its operators and its attackers meet it. Each test has a database, an S3, an STS and a
//! Cognito of its own.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "what a test cannot have, it fails for")]

mod admin;
mod admin_refusals;
mod bad_input;
mod completion;
mod database;
mod happy_path;
mod harness;
mod me;
mod operations;
mod problems;
mod signed_url;
mod socket;
mod store;
mod tenancy;
mod uploads;
mod walls;
