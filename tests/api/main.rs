//! The gateway as its callers, its operators and its attackers meet it. Each test has a database, an S3, an STS and a
//! Cognito of its own.

#![expect(clippy::expect_used, reason = "a harness that cannot be set up fails its test")]

mod bad_input;
mod completion;
mod database;
mod happy_path;
mod harness;
mod signed_url;
mod socket;
mod store;
mod uploads;
mod walls;
