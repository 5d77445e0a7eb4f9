//! Which forms of values do several sections share?

use std::str::FromStr as _;
use std::time::Duration;

use url::Url;

use crate::model::{FileSize, Invalid};

pub(super) const SECOND: Duration = Duration::from_secs(1);
pub(super) const MINUTE: Duration = Duration::from_secs(60);
pub(super) const HOUR: Duration = Duration::from_secs(3600);

pub(super) fn not_empty(text: &str) -> Result<String, Invalid> {
    if text.is_empty() { Err(Invalid::rule("must not be empty; leave it out instead")) } else { Ok(text.to_owned()) }
}

pub(super) fn size(text: &str) -> Result<FileSize, Invalid> {
    let bytes = bytesize::ByteSize::from_str(text).map_err(Invalid::from)?;
    FileSize::parse(i64::try_from(bytes.as_u64()).unwrap_or(i64::MAX))
}

/// Any web address.
pub(super) fn web_url(text: &str) -> Result<Url, Invalid> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(url),
        _ => Err(Invalid::rule("must be an http:// or https:// URL")),
    }
}

/// Without a slash at the end.
pub(super) fn trimmed(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}
