//! How do callers ask for uploads?

pub(super) mod complete;
pub(super) mod create;
pub(super) mod download;
pub(super) mod list;
pub(super) mod parts;
pub(super) mod query;
pub(super) mod withdraw;
