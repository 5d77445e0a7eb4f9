//! What do the parts of a policy document have in common?

use serde::Deserialize;

/// Why a policy document was refused.
#[derive(Debug, thiserror::Error)]
#[error("malformed policy document: {reason}")]
pub(in super::super) struct Malformed {
    pub(super) reason: String,
    #[source]
    pub(super) source: Option<serde_json::Error>,
}

impl Malformed {
    pub(super) fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), source: None }
    }
}

/// IAM lets a list of one be written without its brackets.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    pub(super) fn into_vec(self) -> Vec<T> {
        match self {
            Self::One(one) => vec![one],
            Self::Many(many) => many,
        }
    }
}
