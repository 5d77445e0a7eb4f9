//! How do we talk to S3?
//!
//! With a tenant's session alone, never with the gateway's own credentials. IAM actions used, all below the tenant's
//! prefix: `s3:PutObject` (by the client, through the presigned URL) and `s3:GetObject` (`HeadObject` when an upload completes).

mod bucket;
pub mod notification;
mod objects;
mod presign;

pub use bucket::Bucket;
pub use objects::{ObjectError, Objects};
pub use presign::{PresignedRequest, presign_put};
