//! What does the gateway do? Each file here is one story, told in order, with no word of HTTP.

pub mod access;
pub mod audit;
pub mod audit_anchors;
pub mod audit_months;
pub mod audit_proof;
pub mod authenticate;
pub mod credentials;
mod error;
pub mod gateway_limits;
mod gcra;
#[cfg(feature = "lambda")]
pub mod lockout;
pub mod login;
pub mod rate_limits;
pub mod reconcile;
pub mod refusals;
pub mod tenants;
pub mod uploads;
pub mod uppy_sessions;

pub use error::Error;
pub use gcra::Standing;
