//! How is the audit asked for, and how does it look?

pub(super) mod export;
pub(super) mod list;
pub(super) mod search;
mod view;
