//! Which tenants are there, and how do platform admins change them?

pub mod administer;
mod directory;
pub mod revoke;

pub use directory::Directory;
