//! How much may a tenant, and everybody, ask for?

use std::num::NonZeroU32;

use super::{ContentTypePattern, FileSize};

/// What one tenant may do, at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The largest object, in bytes.
    pub max_upload_bytes: FileSize,
    /// The media types that may be uploaded.
    pub allowed_content_types: Vec<ContentTypePattern>,
    /// Bytes in a calendar month (UTC); none means no limit.
    pub monthly_bytes: Option<i64>,
    /// Requests in a minute; none means no limit.
    pub requests_per_minute: Option<i32>,
}

/// What holds for the whole gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayLimits {
    /// Of a new tenant that names none of its own.
    pub new_tenants: Limits,
    /// Requests in a minute of one person or client, whatever its tenant; none means no limit.
    pub subject_requests_per_minute: Option<NonZeroU32>,
}
