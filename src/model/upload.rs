//! What is an upload, from its grant to its end?

use time::OffsetDateTime;

use super::{Checksum, Collection, ContentType, FileName, FileSize, Invalid, Metadata, ObjectKey, Subject, UploadId};

/// How the bytes travel to S3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// One presigned PUT.
    Put,
    /// One form POST under a signed policy.
    Post,
    /// Parts, each with a presigned PUT of its own.
    Multipart,
}

impl Method {
    /// The name on the wire and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Put => "put",
            Self::Post => "post",
            Self::Multipart => "multipart",
        }
    }

    /// Reads what [`Self::as_str`] wrote.
    ///
    /// # Errors
    /// When it is none of `put`, `post` and `multipart`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match text {
            "put" => Ok(Self::Put),
            "post" => Ok(Self::Post),
            "multipart" => Ok(Self::Multipart),
            _ => Err(Invalid::rule("must be put, post or multipart")),
        }
    }
}

/// Where an upload stands: `pending` → `completed` | `failed` | `expired` | `aborted`; `completed` → `deleted`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

impl UploadStatus {
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

/// What a caller is allowed to write: one object, once, of this size and type.
#[derive(Debug, Clone)]
pub struct Grant {
    /// The upload that the grant begins.
    pub id: UploadId,
    /// Who may write it.
    pub subject: Subject,
    /// Where it goes.
    pub key: ObjectKey,
    /// The folder it is filed under.
    pub collection: Collection,
    /// Its name for people.
    pub file_name: FileName,
    /// Its media type, signed.
    pub content_type: ContentType,
    /// Its size in bytes, signed.
    pub size: FileSize,
    /// Its checksum, signed, when the caller knows it.
    pub checksum: Option<Checksum>,
    /// What the caller wants remembered.
    pub metadata: Metadata,
    /// How the bytes travel.
    pub method: Method,
}

/// What S3 says it holds under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredObject {
    /// Bytes.
    pub size: i64,
    /// The entity tag, with its quotes taken off.
    pub etag: String,
    /// The media type.
    pub content_type: Option<String>,
    /// The checksum, when S3 computed one that we know.
    pub checksum: Option<Checksum>,
}

/// In which way does a stored object break its grant?
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// More or fewer bytes than granted.
    #[error("S3 holds {stored} bytes where {granted} were granted")]
    Size {
        /// Bytes granted.
        granted: i64,
        /// Bytes held.
        stored: i64,
    },
    /// Another checksum than granted.
    #[error("S3 holds another {algorithm} checksum than the one granted")]
    Checksum {
        /// S3's name of the algorithm.
        algorithm: &'static str,
    },
}

/// An upload as it is on record.
#[derive(Debug, Clone)]
pub struct Upload {
    /// What was granted.
    pub grant: Grant,
    /// Where it stands.
    pub status: UploadStatus,
    /// When it was granted.
    pub created_at: OffsetDateTime,
    /// Until when the URL that was handed out works.
    pub expires_at: OffsetDateTime,
    /// When S3 was first seen to hold it.
    pub completed_at: Option<OffsetDateTime>,
    /// What S3 held then.
    pub stored: Option<StoredObject>,
}

impl Upload {
    /// Does S3 hold what was granted? A checksum is compared only when both sides know one of the same algorithm.
    ///
    /// # Errors
    /// When the size or the checksum differs.
    pub fn accepts(&self, stored: &StoredObject) -> Result<(), Violation> {
        let granted = self.grant.size.bytes();
        if stored.size != granted {
            return Err(Violation::Size { granted, stored: stored.size });
        }
        match (&self.grant.checksum, &stored.checksum) {
            (Some(granted), Some(held)) if granted.algorithm == held.algorithm && granted.value != held.value => {
                Err(Violation::Checksum { algorithm: granted.algorithm.as_str() })
            }
            _ => Ok(()),
        }
    }
}
