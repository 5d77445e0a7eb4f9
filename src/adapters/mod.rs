//! How do we talk to the outside? Each folder here knows one other program and nothing of HTTP callers.

pub mod anchors;
mod aws_calls;
mod aws_error;
pub mod cognito;
#[cfg(feature = "lambda")]
pub mod dynamodb;
pub mod iam;
pub mod oidc;
pub mod otlp;
pub mod postgres;
pub mod s3;
pub mod sigv4;
pub mod sqs;
pub mod sts;
mod trace_headers;
mod whole_answers;

pub use aws_error::LookError;
