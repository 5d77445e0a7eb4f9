//! How do we know that a token is the user pool's own?
//!
//! The keys are cached by a store of ours: the `jwks-client` crate is from 2020, brings vulnerable TLS, and never forgets a revoked key.

mod claims;
mod jwks;
mod key_store;
mod members;
mod origin;
mod refusal;
mod verifier;

pub use claims::VerifiedToken;
pub use key_store::{KeyError, KeyStore, SigningKey};
pub use members::Members;
pub use refusal::VerifyError;
pub use verifier::TokenVerifier;
