//! How does it stand with one thing that was looked at?

use serde::Serialize;

use crate::adapters::LookError;

/// How it stands with one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// As it must be.
    Ok,
    /// It works, and somebody should look.
    Warning,
    /// Callers will be refused, or let in where they must not be.
    Failed,
    /// It could not be looked at. That is no good news, and no bad news.
    Unknown,
}

impl Outcome {
    /// In a word, as the table has it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at, in a word or two.
    pub check: &'static str,
    /// How it stands.
    pub outcome: Outcome,
    /// What was seen, in a line.
    pub seen: String,
    /// What to do about it; it may have several lines.
    pub advice: Option<String>,
}

impl Finding {
    /// All is well there.
    pub fn ok(check: &'static str, seen: impl Into<String>) -> Self {
        Self { check, outcome: Outcome::Ok, seen: seen.into(), advice: None }
    }

    /// Somebody should look there.
    pub fn warning(check: &'static str, seen: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { check, outcome: Outcome::Warning, seen: seen.into(), advice: Some(advice.into()) }
    }

    /// It does not work.
    pub fn failed(check: &'static str, seen: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { check, outcome: Outcome::Failed, seen: seen.into(), advice: Some(advice.into()) }
    }

    /// It could not be looked at.
    pub fn unknown(check: &'static str, seen: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { check, outcome: Outcome::Unknown, seen: seen.into(), advice: Some(advice.into()) }
    }

    /// It could not be looked at for that reason; the look takes this permission.
    pub(super) fn unseen(check: &'static str, action: &str, error: &LookError) -> Self {
        match error {
            LookError::Denied(said) => Self::unknown(
                check,
                format!("the gateway may not look: {said}"),
                format!("Allow the gateway's own role {action}, or look yourself: nothing is known of it."),
            ),
            LookError::Unknown(said) => Self::unknown(
                check,
                format!("whoever answers does not know the question: {said}"),
                format!(
                    "A store that is not AWS may have another way to set this up ({action} is AWS's): look yourself."
                ),
            ),
            LookError::Missing(said) | LookError::Unavailable(said) => Self::unknown(
                check,
                format!("it cannot be asked: {said}"),
                format!("It is asked with the gateway's own credentials, and takes {action}."),
            ),
        }
    }
}
