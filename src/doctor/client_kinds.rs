//! What does each kind of client need of the bucket's CORS rules?

use serde_json::{Value, json};

/// A kind of client, and what its browser asks S3 for.
pub(super) struct ClientKind {
    pub(super) name: &'static str,
    pub(super) methods: &'static [&'static str],
    /// The headers that its page sets by itself.
    pub(super) headers: &'static [&'static str],
    /// It also sends whatever the gateway signed.
    pub(super) sends_signed: bool,
    /// The headers of the answer that its page reads.
    pub(super) reads: &'static [&'static str],
}

/// What `@uppy/aws-s3` 6 sends when the page signs each request by itself.
const UPPY_HEADERS: &[&str] = &["content-type", "if-none-match"];

/// Every kind that the gateway serves.
pub(super) const CLIENT_KINDS: &[ClientKind] = &[
    ClientKind { name: "PUT", methods: &["PUT"], headers: &[], sends_signed: true, reads: &["etag"] },
    ClientKind { name: "form", methods: &["POST"], headers: &[], sends_signed: false, reads: &["etag", "location"] },
    ClientKind { name: "parts", methods: &["PUT"], headers: &[], sends_signed: false, reads: &["etag"] },
    ClientKind { name: "download", methods: &["GET"], headers: &[], sends_signed: false, reads: &[] },
    ClientKind {
        name: "Uppy signRequest",
        methods: &["PUT", "POST", "GET", "DELETE"],
        headers: UPPY_HEADERS,
        sends_signed: false,
        reads: &["etag", "location"],
    },
];

/// The bucket's CORS configuration under which every kind of client works from these origins, as
/// `aws s3api put-bucket-cors --cors-configuration` takes it. `tf/bucket_cors.tf` says the same.
pub(super) fn cors_configuration(origins: &[String], signable: &[&str]) -> Value {
    json!({"CORSRules": [{
        "AllowedOrigins": origins,
        "AllowedMethods": ["GET", "PUT", "POST", "DELETE"],
        "AllowedHeaders": signable,
        "ExposeHeaders": ["ETag", "Location"],
        "MaxAgeSeconds": 3600,
    }]})
}
