//! May the signer of a request do what it asks? IAM's part in each S3 call.

use std::sync::Arc;

use s3s::access::{S3Access, S3AccessContext};
use s3s::dto::PutObjectInput;
use s3s::path::S3Path;
use s3s::{S3Error, S3Request, S3Result, s3_error};

use super::Shared;
use super::identity::Principal;
use super::policy::Request;
use super::signature::{UnverifiedSignature, parameter};

/// Brings a key of the caller's own along (SSE-C).
const CUSTOMER_KEY: &str = "x-amz-server-side-encryption-customer-algorithm";

/// What a request says that a policy's conditions may ask about.
#[derive(Clone, Copy, Default)]
struct Particulars<'a> {
    prefix: Option<&'a str>,
    customer_key: Option<&'a str>,
}

/// Asks the policies before s3s serves a call.
pub(super) struct Access(pub(super) Arc<Shared>);

/// Marks a request whose signer may list the bucket, and so may learn that a key is not there.
#[derive(Clone)]
pub(super) struct MayList;

/// The session token among the fields of a POST form, where s3s does not look for it.
#[derive(Clone)]
pub(super) struct FormToken(pub(super) Option<String>);

#[async_trait::async_trait]
impl S3Access for Access {
    async fn check(&self, cx: &mut S3AccessContext<'_>) -> S3Result<()> {
        let credentials = cx.credentials().ok_or_else(denied)?;
        let operation = cx.s3_op().name();
        if operation == "PostObject" {
            // The key and the token are fields of the form, which is read later: see `put_object`.
            return Ok(());
        }
        let signature = UnverifiedSignature::read(cx.uri(), cx.headers()).ok_or_else(|| {
            s3_error!(
                InvalidRequest,
                "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
            )
        })?;
        signature.check_headers(cx.headers())?;
        let principal = self.0.identities.identify(&credentials.access_key, signature.token.as_deref())?;

        let action = action(operation).ok_or_else(denied)?;
        let resource = match cx.s3_path() {
            S3Path::Root => "*".to_owned(),
            S3Path::Bucket { bucket } => format!("arn:aws:s3:::{bucket}"),
            S3Path::Object { bucket, key } => format!("arn:aws:s3:::{bucket}/{key}"),
        };
        let prefix = parameter(cx.uri(), "prefix");
        let customer_key = cx.headers().get(CUSTOMER_KEY).and_then(|value| value.to_str().ok());
        self.require(&principal, action, &resource, Particulars { prefix: prefix.as_deref(), customer_key })?;
        if action == "s3:PutObject" {
            let sent = |name: &str| cx.headers().contains_key(name) || parameter(cx.uri(), name).is_some();
            let grants = cx.headers().keys().any(|name| name.as_str().starts_with("x-amz-grant-"));
            self.require_extras(&principal, &resource, sent("x-amz-tagging"), grants || sent("x-amz-acl"))?;
        }
        if action == "s3:GetObject"
            && let S3Path::Object { bucket, .. } = cx.s3_path()
            && self.allowed(&principal, "s3:ListBucket", &format!("arn:aws:s3:::{bucket}"), Particulars::default())
        {
            cx.extensions_mut().insert(MayList);
        }
        Ok(())
    }

    /// s3s asks this for `PutObject`, which `check` has dealt with, and for `PostObject`.
    async fn put_object(&self, request: &mut S3Request<PutObjectInput>) -> S3Result<()> {
        let Some(FormToken(token)) = request.extensions.get() else { return Ok(()) };
        let credentials = request.credentials.as_ref().ok_or_else(denied)?;
        let principal = self.0.identities.identify(&credentials.access_key, token.as_deref())?;
        let input = &request.input;
        let resource = format!("arn:aws:s3:::{}/{}", input.bucket, input.key);
        let customer_key = input.sse_customer_algorithm.as_deref();
        self.require(&principal, "s3:PutObject", &resource, Particulars { prefix: None, customer_key })?;
        self.require_extras(&principal, &resource, input.tagging.is_some(), input.acl.is_some())
    }
}

impl Access {
    fn require(&self, who: &Principal, action: &str, resource: &str, asked: Particulars<'_>) -> S3Result<()> {
        self.allowed(who, action, resource, asked).then_some(()).ok_or_else(denied)
    }

    /// To tag an object or to set its access list while writing it takes a permission of its own.
    fn require_extras(&self, who: &Principal, resource: &str, tagging: bool, acl: bool) -> S3Result<()> {
        for (asked, action) in [(tagging, "s3:PutObjectTagging"), (acl, "s3:PutObjectAcl")] {
            if asked {
                self.require(who, action, resource, Particulars::default())?;
            }
        }
        Ok(())
    }

    fn allowed(&self, who: &Principal, action: &str, resource: &str, asked: Particulars<'_>) -> bool {
        match who {
            Principal::Admin => true,
            Principal::Gateway => self.0.gateway_may(action, resource),
            Principal::Session(session) => {
                let Particulars { prefix, customer_key } = asked;
                let (tags, issued) = (&session.tags, Some(session.issued));
                let request = Request { action, resource, prefix, customer_key, tags, issued };
                self.0.set_up.role_allows(session.policy.as_ref(), &request)
            }
        }
    }
}

/// The IAM action of each operation that the sandbox serves. Source: service authorization reference, Amazon S3.
fn action(operation: &str) -> Option<&'static str> {
    match operation {
        "PutObject" | "CreateMultipartUpload" | "UploadPart" | "CompleteMultipartUpload" => Some("s3:PutObject"),
        "GetObject" | "HeadObject" => Some("s3:GetObject"),
        "DeleteObject" => Some("s3:DeleteObject"),
        "AbortMultipartUpload" => Some("s3:AbortMultipartUpload"),
        "ListParts" => Some("s3:ListMultipartUploadParts"),
        "ListObjectsV2" | "HeadBucket" => Some("s3:ListBucket"),
        "GetPublicAccessBlock" => Some("s3:GetBucketPublicAccessBlock"),
        "GetBucketOwnershipControls" => Some("s3:GetBucketOwnershipControls"),
        "GetBucketEncryption" => Some("s3:GetEncryptionConfiguration"),
        "GetBucketVersioning" => Some("s3:GetBucketVersioning"),
        "GetBucketLifecycleConfiguration" => Some("s3:GetLifecycleConfiguration"),
        "GetBucketPolicy" => Some("s3:GetBucketPolicy"),
        "GetBucketNotificationConfiguration" => Some("s3:GetBucketNotification"),
        _ => None,
    }
}

fn denied() -> S3Error {
    s3_error!(AccessDenied, "Access Denied")
}
