//! How is the audit asked for, and how does it look?

mod export;
pub(super) mod list;
pub(super) mod search;
mod view;
