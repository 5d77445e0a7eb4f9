//! How do platform admins ask?

pub(super) mod audit;
pub(super) mod changes;
mod limit_changes;
pub(super) mod limits;
pub(super) mod tenants;
pub(super) mod usage;
mod values;
mod view;
