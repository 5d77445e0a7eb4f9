//! Which tenants are there, and how do platform admins change them?

pub mod administer;
mod directory;

pub use directory::Directory;
