//! What does a caller say about the file that it wants to upload?

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Invalid;

/// The file's name as its owner wrote it, in any script. It lives in Postgres, never in an object key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileName(pub(super) String);

impl FileName {
    const LONGEST_SAFE: usize = 100;

    /// Takes 1 to 255 characters of any script, without control characters, `/` and `\`.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let length = text.chars().count();
        if length == 0 || length > 255 {
            return Err(Invalid::rule("must be 1 to 255 characters"));
        }
        if text.chars().any(|c| c.is_control() || c == '/' || c == '\\') {
            return Err(Invalid::rule("must not hold control characters, '/' or '\\'"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The name as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as a segment of an object key: at most 100 of the characters that need no encoding anywhere.
    /// What it loses is kept in Postgres; the extension survives, because tools that read the bucket go by it.
    #[must_use]
    pub fn safe(&self) -> String {
        let (stem, extension) = match self.0.rsplit_once('.') {
            Some((stem, extension)) if !stem.is_empty() && (1..=16).contains(&extension.len()) => {
                (stem, Some(extension))
            }
            _ => (self.0.as_str(), None),
        };
        let extension = extension.map(|e| plain(e, 16)).filter(|e| !e.is_empty()).map(|e| format!(".{e}"));
        let extension = extension.unwrap_or_default();
        let mut stem = plain(stem, Self::LONGEST_SAFE - extension.len());
        if stem.is_empty() {
            stem.push_str("file");
        }
        stem + &extension
    }
}

/// Letters, digits, `.`, `_` and `-`; every run of anything else becomes one `_`; no dots or underscores around it.
fn plain(text: &str, longest: usize) -> String {
    let mut out = String::with_capacity(text.len().min(longest));
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || c == '-' || c == '.' {
            out.push(c);
        } else if !out.ends_with('_') {
            out.push('_');
        }
    }
    let trimmed = out.trim_start_matches(['.', '_']);
    let cut = trimmed.get(..longest).unwrap_or(trimmed);
    cut.trim_end_matches(['.', '_']).to_owned()
}

/// A media type (RFC 9110 §8.3.1), kept letter for letter because it is signed and the client must send the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentType(pub(super) String);

impl ContentType {
    /// Takes `type/subtype`, with or without parameters, in at most 255 visible ASCII characters.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        const RULE: Invalid = Invalid::rule("must be a media type such as image/jpeg, in at most 255 ASCII characters");
        if text.len() > 255 || !text.bytes().all(|b| (0x20..0x7f).contains(&b)) || text.trim() != text {
            return Err(RULE);
        }
        let mut pieces = text.split(';');
        let essence = pieces.next().unwrap_or_default().trim_end();
        let named = matches!(essence.split_once('/'), Some((kind, sub)) if is_token(kind) && is_token(sub));
        let parameters = pieces.all(|piece| match piece.trim().split_once('=') {
            Some((name, value)) => is_token(name) && (is_token(value) || is_quoted(value)),
            None => false,
        });
        if named && parameters { Ok(Self(text.to_owned())) } else { Err(RULE) }
    }

    /// The media type as it was sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `type/subtype` in lower case, without parameters.
    #[must_use]
    pub fn essence(&self) -> String {
        self.0.split(';').next().unwrap_or_default().trim_end().to_ascii_lowercase()
    }
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

fn is_quoted(text: &str) -> bool {
    let inner = text.strip_prefix('"').and_then(|t| t.strip_suffix('"'));
    inner.is_some_and(|t| !t.contains(['"', '\\']))
}

/// A size in bytes: at least 1, at most S3's largest object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileSize(i64);

impl FileSize {
    /// The largest object that S3 holds: 48.8 TiB (10,000 parts of 5 GiB), since December 2025.
    pub const LARGEST: i64 = 10_000 * Self::LARGEST_PUT;
    /// The largest body that one PUT may carry: 5 GiB.
    pub const LARGEST_PUT: i64 = 5 << 30;
    /// The same, as a size.
    pub const ONE_REQUEST: Self = Self(Self::LARGEST_PUT);

    /// Takes 1 byte to 48.8 TiB.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn parse(bytes: i64) -> Result<Self, Invalid> {
        match bytes {
            ..1 => Err(Invalid::rule("must be at least 1 byte")),
            1..=Self::LARGEST => Ok(Self(bytes)),
            _ => Err(Invalid::rule("must be at most 53687091200000 bytes (48.8 TiB), S3's largest object")),
        }
    }

    /// The size in bytes.
    #[must_use]
    pub const fn bytes(self) -> i64 {
        self.0
    }
}

/// The checksums that S3 verifies on arrival and that we sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChecksumAlgorithm {
    /// SHA-256.
    Sha256,
    /// CRC-32C (Castagnoli).
    Crc32c,
    /// CRC-64/NVME.
    Crc64nvme,
}

impl ChecksumAlgorithm {
    /// Takes S3's names: `SHA256`, `CRC32C`, `CRC64NVME`.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match text {
            "SHA256" => Ok(Self::Sha256),
            "CRC32C" => Ok(Self::Crc32c),
            "CRC64NVME" => Ok(Self::Crc64nvme),
            _ => Err(Invalid::rule("must be SHA256, CRC32C or CRC64NVME")),
        }
    }

    /// S3's name of the algorithm.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sha256 => "SHA256",
            Self::Crc32c => "CRC32C",
            Self::Crc64nvme => "CRC64NVME",
        }
    }

    /// The request header that carries the value.
    #[must_use]
    pub const fn header(self) -> &'static str {
        match self {
            Self::Sha256 => "x-amz-checksum-sha256",
            Self::Crc32c => "x-amz-checksum-crc32c",
            Self::Crc64nvme => "x-amz-checksum-crc64nvme",
        }
    }

    const fn length(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Crc32c => 4,
            Self::Crc64nvme => 8,
        }
    }
}

/// A checksum of the whole object, in base64 as S3 wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checksum {
    /// How it was computed.
    pub algorithm: ChecksumAlgorithm,
    /// Its base64 text.
    pub value: String,
}

impl Checksum {
    /// Takes a base64 text of exactly the algorithm's length.
    ///
    /// # Errors
    /// When it is not base64, or not of that length.
    pub fn parse(algorithm: ChecksumAlgorithm, value: &str) -> Result<Self, Invalid> {
        match STANDARD.decode(value) {
            Ok(bytes) if bytes.len() == algorithm.length() => Ok(Self { algorithm, value: value.to_owned() }),
            _ => Err(format!("must be the base64 of {} bytes for {}", algorithm.length(), algorithm.as_str()).into()),
        }
    }
}

/// The folder that a caller files its uploads under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collection(String);

impl Collection {
    /// Takes `[A-Za-z0-9][A-Za-z0-9._-]{0,63}`.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
        let first = text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
        if first && text.len() <= 64 && text.bytes().all(plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Invalid::rule("must be 1 to 64 letters, digits, '.', '_' and '-', starting with a letter or digit"))
        }
    }

    /// The text of the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Collection {
    fn default() -> Self {
        Self("default".to_owned())
    }
}

impl fmt::Display for Collection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the caller wants to remember with the upload: names and values, at most 2 KiB together, kept in Postgres.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Metadata(pub(crate) BTreeMap<String, String>);

impl Metadata {
    const LARGEST: usize = 2048;

    /// Takes names and values whose bytes add up to at most 2 KiB, without NUL (Postgres cannot hold it) and without empty names.
    ///
    /// # Errors
    /// When they are anything else.
    pub fn parse(entries: BTreeMap<String, String>) -> Result<Self, Invalid> {
        if entries.iter().map(|(k, v)| k.len() + v.len()).sum::<usize>() > Self::LARGEST {
            return Err(Invalid::rule("must be at most 2048 bytes, names and values together"));
        }
        if entries.iter().any(|(k, v)| k.is_empty() || k.contains('\0') || v.contains('\0')) {
            return Err(Invalid::rule("must not hold an empty name or a NUL character"));
        }
        Ok(Self(entries))
    }

    /// The names and values.
    #[must_use]
    pub const fn entries(&self) -> &BTreeMap<String, String> {
        &self.0
    }
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
