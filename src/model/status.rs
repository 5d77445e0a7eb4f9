//! Where does an upload stand, and where may it go from there?

use super::Invalid;

/// Where an upload stands: `pending` → `completed` | `failed` | `expired` | `aborted`; `completed` → `deleted`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UploadStatus {
    /// Granted; S3 has not been seen to hold the object.
    Pending,
    /// S3 holds what was granted.
    Completed,
    /// S3 held something else than what was granted.
    Failed,
    /// The grant ran out and S3 holds nothing.
    Expired,
    /// The caller gave it up.
    Aborted,
    /// Completed once, deleted since.
    Deleted,
}

/// What was found out about an upload, or decided about it, by the client, by an event of S3's or by the reconciler.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Finding {
    /// S3 holds what was granted.
    Whole,
    /// S3 holds something else.
    Broken,
    /// The grant ran out, and S3 holds nothing.
    Absent,
    /// Its owner takes it back.
    Withdrawn,
}

impl UploadStatus {
    /// The whole life of an upload. Nothing means that nothing changes: whoever comes first wins, and the others find it settled.
    #[must_use]
    pub const fn after(self, finding: Finding) -> Option<Self> {
        match (self, finding) {
            (Self::Pending, Finding::Whole) => Some(Self::Completed),
            (Self::Pending, Finding::Broken) => Some(Self::Failed),
            (Self::Pending, Finding::Absent) => Some(Self::Expired),
            (Self::Pending, Finding::Withdrawn) => Some(Self::Aborted),
            (Self::Completed, Finding::Withdrawn) => Some(Self::Deleted),
            (Self::Completed, Finding::Whole | Finding::Broken | Finding::Absent)
            | (Self::Failed | Self::Expired | Self::Aborted | Self::Deleted, _) => None,
        }
    }

    /// Every status, in the order of an upload's life.
    pub const ALL: [Self; 6] =
        [Self::Pending, Self::Completed, Self::Failed, Self::Expired, Self::Aborted, Self::Deleted];

    /// The name on the wire and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::Aborted => "aborted",
            Self::Deleted => "deleted",
        }
    }

    /// Reads what [`Self::as_str`] wrote.
    ///
    /// # Errors
    /// When it is no status's name.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let found = Self::ALL.into_iter().find(|status| status.as_str() == text);
        found.ok_or(Invalid::rule("must be pending, completed, failed, expired, aborted or deleted"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_five_documented_transitions_exist() {
        let mut found = Vec::new();
        for status in UploadStatus::ALL {
            for finding in [Finding::Whole, Finding::Broken, Finding::Absent, Finding::Withdrawn] {
                found.extend(status.after(finding).map(|next| format!("{} → {}", status.as_str(), next.as_str())));
            }
        }
        let documented = [
            "pending → completed",
            "pending → failed",
            "pending → expired",
            "pending → aborted",
            "completed → deleted",
        ];
        assert_eq!(found, documented);
    }
}
