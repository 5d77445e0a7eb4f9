//! How is the permission to make one request to S3 written into a URL?
//!
//! Signature Version 4 in the query string:
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>. This is the hot path, so it is ours:
//! the day's key is cached with the credentials, and one signature costs one hash and one HMAC. A test holds it against
//! `aws-sigv4` and against AWS's documented example.

use std::fmt::{self, Write as _};
use std::time::Duration;

use time::OffsetDateTime;

use super::Bucket;
use crate::adapters::sigv4::{encode, timestamp};
use crate::adapters::sts::TemporaryCredentials;
use crate::model::{Grant, ObjectKey, PartNumber};

/// A request that a client may make without credentials of its own, until it expires.
#[derive(Clone)]
pub struct PresignedRequest {
    /// The HTTP method.
    pub method: &'static str,
    /// The URL; whoever holds it may make the request, so it is a secret.
    pub url: String,
    /// The headers that are signed and that the client must send, without `host`.
    pub headers: Vec<(&'static str, String)>,
    /// When S3 stops taking it.
    pub expires_at: OffsetDateTime,
}

impl fmt::Debug for PresignedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PresignedRequest")
            .field("method", &self.method)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// Every header that [`presign_put`] may sign and that a page sets by itself, for the bucket's CORS rules.
pub const CORS_HEADERS: [&str; 7] = [
    "content-type",
    "if-none-match",
    "x-amz-checksum-crc32c",
    "x-amz-checksum-crc64nvme",
    "x-amz-checksum-sha256",
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
];

/// Those that a page may have to send to this bucket.
#[must_use]
pub fn signable_headers(bucket: &Bucket) -> Vec<&'static str> {
    let is_encryption = |name: &str| name.starts_with("x-amz-server-side-encryption");
    CORS_HEADERS.into_iter().filter(|name| bucket.kms_key_arn.is_some() || !is_encryption(name)).collect()
}

/// A PUT of exactly what was granted: key, size, type, checksum and encryption are signed, and `If-None-Match: *` makes it write once.
///
/// Where the size was not known beforehand, the client is one that sends no header but the type, so that nothing else is signed:
/// it may write again until the URL expires, and the bucket's own encryption applies.
#[must_use]
pub fn presign_put(
    bucket: &Bucket,
    credentials: &TemporaryCredentials,
    grant: &Grant,
    expires_in: Duration,
    now: OffsetDateTime,
) -> PresignedRequest {
    // In the order of their names, as the signature wants them.
    let mut headers: Vec<(&'static str, String)> = Vec::with_capacity(6);
    let content_type = ("content-type", grant.content_type.as_str().to_owned());
    let Some(size) = grant.size.exact() else {
        let call = Call { method: "PUT", query: &[], headers: vec![content_type] };
        return presign(bucket, credentials, &grant.key, call, expires_in, now);
    };
    headers.push(("content-length", size.bytes().to_string()));
    headers.push(content_type);
    headers.push(("if-none-match", "*".to_owned()));
    if let Some(checksum) = &grant.checksum {
        headers.push((checksum.algorithm.header(), checksum.value.clone()));
    }
    headers.extend(bucket.encryption());
    presign(bucket, credentials, &grant.key, Call { method: "PUT", query: &[], headers }, expires_in, now)
}

/// A PUT of one part, again and again until it expires: the part that came last counts. Its size is signed when it is known
/// beforehand; type and encryption were settled when the multipart upload began.
#[must_use]
#[expect(clippy::too_many_arguments, reason = "each of them is signed, and none is said by another")]
pub fn presign_part(
    bucket: &Bucket,
    credentials: &TemporaryCredentials,
    key: &ObjectKey,
    multipart_id: &str,
    number: PartNumber,
    size: Option<i64>,
    expires_in: Duration,
    now: OffsetDateTime,
) -> PresignedRequest {
    let headers = size.map(|bytes| ("content-length", bytes.to_string())).into_iter().collect();
    let query = [("partNumber", number.get().to_string()), ("uploadId", multipart_id.to_owned())];
    presign(bucket, credentials, key, Call { method: "PUT", query: &query, headers }, expires_in, now)
}

/// A GET of one object, answered with that `Content-Disposition` and `Content-Type` whatever is stored with it. Both are
/// signed, so the holder of the URL cannot have the bytes shown as something else.
#[must_use]
pub fn presign_get(
    bucket: &Bucket,
    credentials: &TemporaryCredentials,
    key: &ObjectKey,
    disposition: &str,
    content_type: &str,
    expires_in: Duration,
    now: OffsetDateTime,
) -> PresignedRequest {
    let query =
        [("response-content-disposition", disposition.to_owned()), ("response-content-type", content_type.to_owned())];
    presign(bucket, credentials, key, Call { method: "GET", query: &query, headers: Vec::new() }, expires_in, now)
}

/// What is signed of a request besides its address.
pub(super) struct Call<'a> {
    pub(super) method: &'static str,
    /// The parameters of the operation, by name. Each name must sort after `X-Amz-…`, as every name in lower case does.
    pub(super) query: &'a [(&'static str, String)],
    /// By name, without `host`.
    pub(super) headers: Vec<(&'static str, String)>,
}

pub(super) fn presign(
    bucket: &Bucket,
    credentials: &TemporaryCredentials,
    key: &ObjectKey,
    call: Call<'_>,
    expires_in: Duration,
    now: OffsetDateTime,
) -> PresignedRequest {
    let Call { method, query: parameters, headers } = call;
    let day_key = credentials.day_key(now);
    let timestamp = timestamp(now);
    let path = bucket.path(key);
    let signed = signed_header_names(&headers);
    let seconds = expires_in.as_secs();

    let token = credentials.encoded_token();
    let mut query = String::with_capacity(token.len() + 400);
    query.push_str("X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=");
    query.push_str(&credentials.access_key_id);
    query.push_str("%2F");
    query.extend(encode(day_key.scope()));
    query.push_str("&X-Amz-Date=");
    query.push_str(&timestamp);
    let _ = write!(query, "&X-Amz-Expires={seconds}&X-Amz-Security-Token=");
    query.push_str(token);
    query.push_str("&X-Amz-SignedHeaders=");
    query.extend(encode(&signed));
    for (name, value) in parameters {
        let _ = write!(query, "&{name}={}", encode(value));
    }

    let mut canonical = String::with_capacity(query.len() + path.len() + 512);
    for line in [method, &path, &query] {
        canonical.push_str(line);
        canonical.push('\n');
    }
    push_canonical_headers(&mut canonical, bucket.host(), &headers);
    canonical.push('\n');
    canonical.push_str(&signed);
    canonical.push_str("\nUNSIGNED-PAYLOAD");
    let signature = day_key.sign(&timestamp, &canonical);

    let url = [bucket.origin(), &path, "?", &query, "&X-Amz-Signature=", &signature].concat();
    // S3 counts from the second in the timestamp, so the fraction does not count.
    let signed_at = now.replace_nanosecond(0).unwrap_or(now);
    PresignedRequest { method, url, headers, expires_at: signed_at + Duration::from_secs(seconds) }
}

/// The names of the signed headers with `host` among them, as `SignedHeaders` lists them.
fn signed_header_names(headers: &[(&'static str, String)]) -> String {
    let mut names: Vec<&str> = headers.iter().map(|(name, _)| *name).chain(["host"]).collect();
    names.sort_unstable();
    names.join(";")
}

fn push_canonical_headers(out: &mut String, host: &str, headers: &[(&'static str, String)]) {
    let mut lines: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    lines.push(("host", host));
    lines.sort_unstable();
    for (name, value) in lines {
        out.push_str(name);
        out.push(':');
        // Runs of spaces count as one; the values that we sign come trimmed.
        let mut words = value.split(' ').filter(|word| !word.is_empty());
        out.push_str(words.next().unwrap_or_default());
        for word in words {
            out.push(' ');
            out.push_str(word);
        }
        out.push('\n');
    }
}

#[cfg(test)]
#[path = "presign_tests.rs"]
pub(super) mod tests;
