//! Does a session reach where it must not, and where it must? Tried with a few bytes.
//!
//! S3 looks at who asks before it looks at what came: a session that may write a key hears that the digest is wrong, and one
//! that may not hears that alone. So it can be tried without leaving anything behind.

use aws_sdk_s3::config::RequestChecksumCalculation;
use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ServerSideEncryption;

use super::objects::{Objects, session, status};
use crate::adapters::aws_error::describe;
use crate::adapters::sts::TemporaryCredentials;
use crate::model::ObjectKey;

/// What is written when a wall is down.
const BODY: &[u8] = b"upload-gateway doctor";
/// The MD5 of something else.
const WRONG_MD5: &str = "AAAAAAAAAAAAAAAAAAAAAA==";

/// What S3 made of an attempt to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// Nothing: the session may not write there.
    Forbidden,
    /// Nothing, though the session may: what came was not what its digest says.
    Broken,
    /// The object: it is there now.
    Stored,
    /// Who knows: S3 could not be asked, or said something else.
    Unclear(String),
}

impl Objects {
    /// Tries to write a new object, encrypted as configured.
    pub async fn try_write(&self, credentials: &TemporaryCredentials, key: &ObjectKey) -> Written {
        self.attempt(credentials, key, None).await
    }

    /// Tries to write what no store takes: the permission is asked for, and nothing is left behind.
    pub async fn try_broken_write(&self, credentials: &TemporaryCredentials, key: &ObjectKey) -> Written {
        self.attempt(credentials, key, Some(WRONG_MD5)).await
    }

    async fn attempt(&self, credentials: &TemporaryCredentials, key: &ObjectKey, md5: Option<&str>) -> Written {
        let encryption = self.kms_key_arn.as_ref().map(|_| ServerSideEncryption::AwsKms);
        let request = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(key.as_str())
            .if_none_match("*")
            .set_content_md5(md5.map(ToOwned::to_owned))
            .set_server_side_encryption(encryption)
            .set_ssekms_key_id(self.kms_key_arn.clone())
            .body(ByteStream::from_static(BODY));
        // A digest of the SDK's own, which would be right, is not wanted.
        let settings = session(credentials).request_checksum_calculation(RequestChecksumCalculation::WhenRequired);
        match Box::pin(request.customize().config_override(settings).send()).await {
            Ok(_) => Written::Stored,
            // Other refusals with that status are of the key or the signature, and say nothing of the wall.
            Err(error) if status(&error) == Some(403) && error.code() == Some("AccessDenied") => Written::Forbidden,
            Err(error) if matches!(error.code(), Some("BadDigest" | "InvalidDigest")) => Written::Broken,
            Err(error) => Written::Unclear(describe(&error)),
        }
    }
}
