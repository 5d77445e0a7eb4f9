//! Does a session reach where it must not, and where it must? Tried with a few bytes.
//!
//! S3 looks at who asks before it looks at what came: a session that may write a key hears that the digest is wrong, and one
//! that may not hears that alone. So it can be tried without leaving anything behind.

use aws_sdk_s3::config::RequestChecksumCalculation;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
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
/// S3's name of no multipart upload.
const NEVER_BEGUN: &str = "00000000000000000000000000000000";

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

/// What S3 made of another attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tried {
    /// Nothing: the session may not do that there.
    Forbidden,
    /// What was asked, or it would have: the session may.
    Allowed,
    /// Who knows: S3 could not be asked, or said something else.
    Unclear(String),
}

impl Objects {
    /// Tries to list what is below a prefix, such as `acme/`.
    pub async fn try_list(&self, credentials: &TemporaryCredentials, prefix: &str) -> Tried {
        let request = self.client.list_objects_v2().bucket(&self.bucket).prefix(prefix).max_keys(1);
        match Box::pin(request.customize().config_override(session(credentials)).send()).await {
            Ok(_) => Tried::Allowed,
            Err(error) if is_denied(&error) => Tried::Forbidden,
            Err(error) => Tried::Unclear(describe(&error)),
        }
    }

    /// Tries to abort a multipart upload that was never begun.
    pub async fn try_abort(&self, credentials: &TemporaryCredentials, key: &ObjectKey) -> Tried {
        let request =
            self.client.abort_multipart_upload().bucket(&self.bucket).key(key.as_str()).upload_id(NEVER_BEGUN);
        match Box::pin(request.customize().config_override(session(credentials)).send()).await {
            Ok(_) => Tried::Allowed,
            Err(error) if is_denied(&error) => Tried::Forbidden,
            Err(error) if error.code() == Some("NoSuchUpload") => Tried::Allowed,
            Err(error) => Tried::Unclear(describe(&error)),
        }
    }

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
            Err(error) if is_denied(&error) => Written::Forbidden,
            Err(error) if matches!(error.code(), Some("BadDigest" | "InvalidDigest")) => Written::Broken,
            Err(error) => Written::Unclear(describe(&error)),
        }
    }
}

/// Other refusals with that status are of the key or the signature, and say nothing of the wall.
fn is_denied<E>(error: &SdkError<E, HttpResponse>) -> bool
where
    SdkError<E, HttpResponse>: ProvideErrorMetadata,
{
    status(error) == Some(403) && error.code() == Some("AccessDenied")
}
