//! How far does a session reach?

use crate::model::{ObjectKey, Slug, Subject};

/// What of a tenant a session opens, and to do what.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Reach {
    /// All of the tenant; the gateway's own, which signs.
    Tenant,
    /// One subject's prefix; the gateway's own, for a tenant that keeps its people apart.
    Subject(Subject),
    /// One subject's prefix; handed out to the subject itself.
    HandedOut {
        /// Whose prefix, and in whose hands.
        subject: Subject,
        /// It may also read and list what is below the prefix.
        may_read: bool,
    },
}

impl Reach {
    /// The gateway's own session for that subject, or for the whole tenant.
    #[must_use]
    pub fn of(subject: Option<&Subject>) -> Self {
        subject.map_or(Self::Tenant, |subject| Self::Subject(subject.clone()))
    }

    /// Whom it is narrowed to.
    #[must_use]
    pub const fn subject(&self) -> Option<&Subject> {
        match self {
            Self::Tenant => None,
            Self::Subject(subject) | Self::HandedOut { subject, .. } => Some(subject),
        }
    }

    /// The prefix that holds all that it reaches.
    #[must_use]
    pub fn prefix(&self, slug: &Slug) -> String {
        self.subject().map_or_else(|| ObjectKey::prefix(slug), |subject| ObjectKey::subject_prefix(slug, subject))
    }
}
