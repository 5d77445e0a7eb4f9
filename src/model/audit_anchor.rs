//! What is remembered of the audit where nobody can change it? Where each chain stood at a time.

use time::OffsetDateTime;

use super::audit_walk::Head;

/// Where the chains stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// When.
    pub at: OffsetDateTime,
    /// Each chain that had begun.
    pub heads: Vec<Head>,
}
