//! What may the gateway's own key do, besides assuming the role? As `tf/` gives it: use the queue, look for the doctor, and write
//! the policy by which a tenant's sessions are revoked.

use std::fmt;
use std::sync::Arc;

use hyper::http::request::Parts;
use serde_json::json;

use super::identity::Principal;
use super::policy::{Request, Tags, Verdict};
use super::signer::{Unsigned, signer};
use super::sqs::queue_arn;
use super::{Aws, ROLE_ARN, Shared};

/// IAM, for the stand-ins of services that are not on the port of S3, STS and SQS.
#[derive(Clone)]
pub struct Iam(Arc<Shared>);

impl fmt::Debug for Iam {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Iam")
    }
}

impl Iam {
    /// Whether whoever signed a request to that service may do that.
    pub(in crate::sandbox) fn allows(
        &self,
        service: &'static str,
        (parts, body): (&Parts, &[u8]),
        action: &str,
        resource: &str,
    ) -> Result<bool, Unsigned> {
        Ok(match signer(parts, body, service, &self.0)? {
            Principal::Admin => true,
            Principal::Gateway => self.0.gateway_may(action, resource),
            Principal::Session(_) => false,
        })
    }
}

impl Aws {
    /// IAM, to be asked by other stand-ins.
    #[must_use]
    pub fn iam(&self) -> Iam {
        Iam(Arc::clone(&self.shared))
    }
}

impl Shared {
    /// Whether the gateway's own policy allows that.
    pub(super) fn gateway_may(&self, action: &str, resource: &str) -> bool {
        let request = Request { action, resource, prefix: None, customer_key: None, tags: &Tags::new(), issued: None };
        self.set_up.gateway_policy().verdict(&request) == Verdict::Allowed
    }
}

/// What the gateway may do at first.
pub(super) fn gateway_policy(bucket: &str, region: &str) -> String {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Action": [
                "s3:GetBucketPublicAccessBlock",
                "s3:GetBucketOwnershipControls",
                "s3:GetEncryptionConfiguration",
                "s3:GetBucketVersioning",
                "s3:GetLifecycleConfiguration",
                "s3:GetBucketPolicy",
                "s3:GetBucketNotification"
            ],
            "Resource": format!("arn:aws:s3:::{bucket}")
        }, {
            "Effect": "Allow",
            "Action": "sqs:*",
            "Resource": queue_arn(region)
        }, {
            "Effect": "Allow",
            "Action": "iam:PutRolePolicy",
            "Resource": ROLE_ARN
        }, {
            "Effect": "Allow",
            "Action": [
                "cognito-idp:DescribeUserPool",
                "cognito-idp:DescribeUserPoolClient",
                "cognito-idp:ListUserPoolClients"
            ],
            "Resource": format!("arn:aws:cognito-idp:{region}:000000000000:userpool/*")
        }]
    })
    .to_string()
}
