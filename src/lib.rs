//! upload-gateway: a caller proves who it is with a Cognito token, the token names a tenant, and the gateway hands back
//! a short-lived URL that can write exactly one object under that tenant's prefix, after the grant is on record.

pub mod adapters;
pub mod app;
#[cfg(feature = "lambda")]
pub mod cognito;
pub mod config;
pub mod doctor;
pub mod domain;
pub mod event_listener;
pub mod healthcheck;
pub mod http;
pub mod metrics;
pub mod model;
mod reconciler;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod telemetry;
pub mod trace;
mod usage_keeper;
