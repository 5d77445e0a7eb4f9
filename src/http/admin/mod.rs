//! How do platform admins ask?

pub(super) mod audit;
pub(super) mod changes;
pub(super) mod tenants;
pub(super) mod usage;
mod view;
