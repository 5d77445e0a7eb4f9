//! How do callers ask for uploads?

pub(super) mod complete;
pub(super) mod create;
pub(super) mod list;
pub(super) mod query;
