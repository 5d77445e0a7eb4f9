//! How much may a tenant, and everybody, ask for?

use std::num::NonZeroU32;

use super::{ContentType, FileSize, Invalid};

/// What one tenant may do, at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The largest object, in bytes.
    pub max_upload_bytes: FileSize,
    /// The media types that may be uploaded.
    pub allowed_content_types: Box<[ContentTypePattern]>,
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

/// A media type that a tenant allows: `image/png`, `image/*` or `*/*`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ContentTypePattern(Box<str>);

impl ContentTypePattern {
    /// Takes `type/subtype`, `type/*` or `*/*`, without parameters.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text.to_ascii_lowercase();
        let concrete = match text.as_str() {
            "*/*" => "any/any".to_owned(),
            _ => text.strip_suffix("/*").map_or_else(|| text.clone(), |kind| format!("{kind}/any")),
        };
        match ContentType::parse(&concrete) {
            Ok(parsed) if parsed.essence() == concrete && !concrete.contains('*') => Ok(Self(text.into())),
            _ => Err(Invalid::rule("must be a media type such as image/png, or image/*, or */*")),
        }
    }

    /// Does this pattern allow that media type? Parameters do not count.
    #[must_use]
    pub fn allows(&self, content_type: &ContentType) -> bool {
        let essence = content_type.essence();
        match self.0.strip_suffix('*') {
            Some("*/") => true,
            Some(kind) => essence.starts_with(kind),
            None => *essence == *self.0,
        }
    }

    /// The text of the pattern.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
