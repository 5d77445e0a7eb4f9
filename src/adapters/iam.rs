//! How are a tenant's sessions of the upload role taken back, with every URL that they signed?
//!
//! As the console's "revoke active sessions" does it, for one tag: an inline policy of the role denies everything to sessions of that
//! tag that began too early.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html>
//!
//! IAM action that the gateway needs for it, and for nothing else: `iam:PutRolePolicy` on the upload role. Whoever has that may write
//! any policy into the role, so give the role a permissions boundary with it, as `tf/` does.

use aws_sdk_iam::config::BehaviorVersion;
use aws_sdk_iam::error::ProvideErrorMetadata as _;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::aws_calls::{CallCounter, Service};
use super::aws_error::describe;
use super::sts::TENANT_TAG;
use super::trace_headers::TraceHeaders;
use super::whole_answers::WholeAnswers;
use crate::config;
use crate::metrics::Metrics;
use crate::model::Slug;

/// The inline policy's name. Nothing else may write it: each time it is written whole.
const POLICY: &str = "revoked-by-upload-gateway";

/// The sessions were not taken back.
#[derive(Debug, thiserror::Error)]
pub enum RevokeError {
    /// The gateway was not given the permission.
    #[error("IAM does not let the gateway: {0}")]
    NotPermitted(String),
    /// IAM cannot be reached, refuses for another reason, or the policy would be longer than a role's policies may be.
    #[error("IAM did not take the policy: {0}")]
    Failed(String),
}

/// The upload role, as IAM knows it.
#[derive(Debug, Clone)]
pub struct UploadRole {
    client: aws_sdk_iam::Client,
    name: String,
}

impl UploadRole {
    /// With the gateway's own credentials, which come with `shared`.
    #[must_use]
    pub fn new(shared: &aws_config::SdkConfig, aws: &config::Aws, upload: &config::Upload, metrics: &Metrics) -> Self {
        let mut builder = aws_sdk_iam::config::Builder::from(shared)
            .behavior_version(BehaviorVersion::latest())
            .interceptor(CallCounter::new(Service::Iam, metrics))
            .interceptor(WholeAnswers)
            .interceptor(TraceHeaders);
        builder
            .set_endpoint_url(aws.iam_endpoint_url.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned()));
        // An ARN has the path before the name, and IAM is asked by the name alone.
        let name = upload.role_arn.rsplit('/').next().unwrap_or_default().to_owned();
        Self { client: aws_sdk_iam::Client::from_conf(builder.build()), name }
    }

    /// From now on each of these tenants' sessions must have begun at its moment or after it, or S3 refuses them. Who is not named is
    /// not held back any more. It takes IAM some seconds to tell all of S3, for which AWS states no bound.
    ///
    /// # Errors
    /// When IAM does not allow it or does not answer.
    pub async fn take_back(&self, sessions: &[(Slug, OffsetDateTime)]) -> Result<(), RevokeError> {
        let asked = self
            .client
            .put_role_policy()
            .role_name(&self.name)
            .policy_name(POLICY)
            .policy_document(policy(sessions)?)
            .send()
            .await;
        asked.map(|_| ()).map_err(|error| match error.code() {
            Some("AccessDenied") => RevokeError::NotPermitted(describe(&error)),
            Some(_) | None => RevokeError::Failed(describe(&error)),
        })
    }
}

/// All policies of a role may have 10,240 characters together, which is room for about forty tenants:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
fn policy(sessions: &[(Slug, OffsetDateTime)]) -> Result<String, RevokeError> {
    let statements = sessions.iter().map(|(slug, from)| {
        let from = from.format(&Rfc3339).map_err(|error| RevokeError::Failed(error.to_string()))?;
        Ok(json!({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {
            "StringEquals": {format!("aws:PrincipalTag/{TENANT_TAG}"): slug.as_str()},
            "DateLessThan": {"aws:TokenIssueTime": from},
        }}))
    });
    let statements = statements.collect::<Result<Vec<Value>, RevokeError>>()?;
    Ok(json!({"Version": "2012-10-17", "Statement": statements}).to_string())
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn each_tenant_is_named_with_its_own_moment() {
        let sessions = [
            (Slug::parse("acme").unwrap(), datetime!(2026-01-01 12:00:31 UTC)),
            (Slug::parse("globex").unwrap(), datetime!(2026-01-01 11:30:00 UTC)),
        ];
        let written: Value = serde_json::from_str(&policy(&sessions).unwrap()).unwrap();
        let of = |at: usize, condition: &str| written["Statement"][at]["Condition"][condition].clone();
        assert_eq!(of(0, "StringEquals"), json!({"aws:PrincipalTag/customerName": "acme"}));
        assert_eq!(of(0, "DateLessThan"), json!({"aws:TokenIssueTime": "2026-01-01T12:00:31Z"}));
        assert_eq!(of(1, "StringEquals"), json!({"aws:PrincipalTag/customerName": "globex"}));
        assert_eq!(of(1, "DateLessThan"), json!({"aws:TokenIssueTime": "2026-01-01T11:30:00Z"}));
    }

    #[test]
    fn forty_tenants_of_ordinary_names_fit_beside_the_role_s_own_policy() {
        let moment = datetime!(2026-01-01 12:00:31 UTC);
        let sessions: Vec<_> =
            (0..40).map(|number| (Slug::parse(&format!("customer-{number:04}")).unwrap(), moment)).collect();
        let length = policy(&sessions).unwrap().len();
        assert!(length < 10_240 - 1_200, "{length}");
    }
}
