//! Which further requests may a browser make by itself, when it talks to S3 as Uppy 6 does?
//!
//! It begins, lists, completes and aborts a multipart upload, and deletes an object, each by a URL of its own.

use std::time::Duration;

use time::OffsetDateTime;

use super::Bucket;
use super::presign::{Call, PresignedRequest, presign};
use crate::adapters::sts::TemporaryCredentials;
use crate::model::{Grant, MultipartId, ObjectKey};

/// What one of these URLs lets its holder do.
#[derive(Debug, Clone, Copy)]
pub enum Operation<'a> {
    /// Begin a multipart upload of exactly the granted type, encrypted as configured. Whoever asks twice begins two, and
    /// neither knows of the other.
    Begin(&'a Grant),
    /// List the parts that S3 has.
    ListParts(&'a MultipartId),
    /// Make the object of its parts, unless there is one under the key already.
    Complete(&'a MultipartId),
    /// End the multipart upload and free what its parts take.
    Abort(&'a MultipartId),
    /// Delete the object.
    Delete,
}

/// A URL for that operation on that key.
#[must_use]
pub fn presign_operation(
    bucket: &Bucket,
    credentials: &TemporaryCredentials,
    key: &ObjectKey,
    operation: Operation<'_>,
    expires_in: Duration,
    now: OffsetDateTime,
) -> PresignedRequest {
    let of = |id: &MultipartId| vec![("uploadId", id.as_str().to_owned())];
    let (method, query, headers) = match operation {
        // S3 knows the operation by this parameter, which has no value.
        Operation::Begin(grant) => ("POST", vec![("uploads", String::new())], beginning(bucket, grant)),
        Operation::ListParts(id) => ("GET", of(id), Vec::new()),
        Operation::Complete(id) => ("POST", of(id), vec![("if-none-match", "*".to_owned())]),
        Operation::Abort(id) => ("DELETE", of(id), Vec::new()),
        Operation::Delete => ("DELETE", Vec::new(), Vec::new()),
    };
    presign(bucket, credentials, key, Call { method, query: &query, headers }, expires_in, now)
}

/// In the order of their names, as the signature wants them.
fn beginning(bucket: &Bucket, grant: &Grant) -> Vec<(&'static str, String)> {
    let mut headers = vec![("content-type", grant.content_type.as_str().to_owned())];
    headers.extend(bucket.encryption());
    headers
}

#[cfg(test)]
#[path = "presign_multipart_tests.rs"]
mod tests;
