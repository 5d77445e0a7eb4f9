//! How does a tenant, or one subject of it, get its own short-lived credentials?
//!
//! IAM actions that the gateway itself needs: `sts:AssumeRole` and `sts:TagSession` on the upload role, nothing else.

mod assume_role;
mod caller;
mod credential_cache;
mod credentials;
mod reach;
pub mod session_policy;
mod trial;

pub(super) use assume_role::TENANT_TAG;
pub use assume_role::{AssumeRoleError, RoleAssumer};
pub use caller::Caller;
pub use credential_cache::{CredentialCache, Session};
pub use credentials::TemporaryCredentials;
pub use reach::Reach;
pub use trial::{SHORTEST_SESSION, Trial};
