//! How do we talk to S3?
//!
//! With a tenant's session alone, never with the gateway's own credentials, except where the doctor looks at how the bucket is
//! set up (`settings.rs`). IAM actions used, all below the session's
//! prefix: `s3:PutObject` (by the client, through presigned URLs or a form, and by the gateway to begin and to complete a
//! multipart upload), `s3:GetObject` (`HeadObject`, and downloads by presigned URL), `s3:DeleteObject`,
//! `s3:AbortMultipartUpload` and `s3:ListMultipartUploadParts` (by the gateway, and by Uppy 6 through URLs); and `s3:ListBucket` for that prefix, to tell a missing object
//! from a forbidden one.

mod bucket;
mod multipart;
pub mod notification;
mod objects;
mod post_policy;
mod preflight;
mod presign;
mod presign_multipart;
mod settings;
mod trial;

pub use bucket::Bucket;
pub use objects::{ObjectError, Objects};
pub use post_policy::{SignedForm, sign_form};
pub use preflight::{Allowance, PreflightError, Preflights};
pub use presign::{CORS_HEADERS, PresignedRequest, presign_get, presign_part, presign_put, signable_headers};
pub use presign_multipart::{Operation, presign_operation};
pub use settings::{BucketSettings, DefaultEncryption, QueueNotification};
pub use trial::{Tried, Written};
