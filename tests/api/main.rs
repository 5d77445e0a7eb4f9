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
mod adoption;
mod adoption_again;
mod adoption_keys;
mod agreement;
mod audit;
mod audit_export;
mod bad_input;
mod bulk;
mod collections;
mod completion;
mod credentials;
mod database;
mod database_password;
mod docs;
mod doctor;
mod doctor_cors;
mod doctor_faults;
mod doctor_settings;
mod doctor_ward;
mod downloads;
mod event_listener;
mod events;
mod explain;
mod faults;
mod first_requests;
mod forge;
mod forged_tokens;
mod forms;
mod happy_path;
mod harness;
mod healthcheck;
mod holder;
mod identity_providers;
mod interleavings;
mod late_news;
mod ledger_recovery;
mod listing;
mod log;
mod login;
mod looks;
mod me;
mod migrations;
mod multipart;
mod openapi;
mod operations;
mod outstanding;
mod own_process;
mod parts;
mod portal;
mod post_form;
mod problems;
mod quotas;
mod rate_limits;
mod reconciling;
mod refusals;
mod repeatable;
mod scene;
mod scripted;
mod seeding;
mod signed_url;
mod signing_keys;
mod socket;
mod stage;
mod stopping;
mod store;
mod suspension;
mod temporary_credentials;
mod tenancy;
mod terraform;
mod tls;
mod token_claims;
mod tokens;
mod transactions;
mod turns;
mod tutorial;
mod uploads;
mod uppy;
mod uppy_browser;
mod uppy_companion;
mod uppy_ends;
mod uppy_refusals;
mod uppy_sessions;
mod uppy_sign;
mod usage_days;
mod user_isolation;
mod walls;
