//! What is an upload, from its grant to its end?

use time::OffsetDateTime;

use super::{
    Checksum, Collection, ContentType, FileName, FileSize, Invalid, Metadata, ObjectKey, PartPlan, Sequencer, Subject,
    UploadId, UploadStatus,
};

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

/// How many bytes may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantedSize {
    /// So many, no more and no fewer.
    Exactly(FileSize),
    /// 1 byte to so many: the caller could not say.
    AtMost(FileSize),
}

impl GrantedSize {
    /// The most bytes that may be written; what is reserved.
    #[must_use]
    pub const fn most(self) -> FileSize {
        match self {
            Self::Exactly(size) | Self::AtMost(size) => size,
        }
    }

    /// The size, when it is known beforehand.
    #[must_use]
    pub const fn exact(self) -> Option<FileSize> {
        match self {
            Self::Exactly(size) => Some(size),
            Self::AtMost(_) => None,
        }
    }

    /// The fewest bytes that may be written.
    #[must_use]
    pub const fn least(self) -> i64 {
        match self {
            Self::Exactly(size) => size.bytes(),
            Self::AtMost(_) => 1,
        }
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
    pub size: GrantedSize,
    /// Its checksum, signed, when the caller knows it.
    pub checksum: Option<Checksum>,
    /// What the caller wants remembered.
    pub metadata: Metadata,
    /// How the bytes travel.
    pub method: Method,
    /// How it is cut, when it travels in parts and its size is known.
    pub parts: Option<PartPlan>,
}

impl Grant {
    /// May the object be replaced by another one while nobody's permission is overstepped? Only a PUT of a known size is
    /// signed so that it writes once.
    #[must_use]
    pub fn may_be_written_again(&self) -> bool {
        match self.method {
            Method::Post => true,
            Method::Put => self.size.exact().is_none(),
            Method::Multipart => false,
        }
    }

    /// Was it never granted, but found in the bucket under a key of its writer's choice?
    #[must_use]
    pub fn is_adopted(&self) -> bool {
        ObjectKey::upload_of(self.key.as_str()) != Some(self.id)
    }
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

impl StoredObject {
    /// Are they the same bytes, as far as S3 tells?
    #[must_use]
    pub fn is_same_as(&self, other: &Self) -> bool {
        (self.size, &self.etag) == (other.size, &other.etag)
    }
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
    /// More bytes than granted, or none, where the size was not known beforehand.
    #[error("S3 holds {stored} bytes where 1 to {most} were granted")]
    Range {
        /// The most bytes granted.
        most: i64,
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
    /// Until when the last URL that was handed out works, or parts are waited for.
    pub expires_at: OffsetDateTime,
    /// When S3 was first seen to hold it.
    pub completed_at: Option<OffsetDateTime>,
    /// What S3 held then.
    pub stored: Option<StoredObject>,
    /// What S3 calls its multipart upload, once there is one.
    pub multipart_id: Option<String>,
    /// Of the last event of S3's that was heeded.
    pub sequencer: Option<Sequencer>,
}

impl Upload {
    /// Does S3 hold what was granted? A checksum is compared only when both sides know one of the same algorithm.
    ///
    /// # Errors
    /// When the size or the checksum differs.
    pub fn accepts(&self, stored: &StoredObject) -> Result<(), Violation> {
        let stored_size = stored.size;
        match self.grant.size {
            GrantedSize::Exactly(granted) if stored_size != granted.bytes() => {
                return Err(Violation::Size { granted: granted.bytes(), stored: stored_size });
            }
            GrantedSize::AtMost(most) if !(1..=most.bytes()).contains(&stored_size) => {
                return Err(Violation::Range { most: most.bytes(), stored: stored_size });
            }
            GrantedSize::Exactly(_) | GrantedSize::AtMost(_) => {}
        }
        match (&self.grant.checksum, &stored.checksum) {
            (Some(granted), Some(held)) if granted.algorithm == held.algorithm && granted.value != held.value => {
                Err(Violation::Checksum { algorithm: granted.algorithm.as_str() })
            }
            _ => Ok(()),
        }
    }
}
