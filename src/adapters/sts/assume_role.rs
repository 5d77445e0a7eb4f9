//! How is the upload role assumed for one tenant?

use std::time::Duration;

use aws_sdk_sts::config::BehaviorVersion;
use aws_sdk_sts::types::Tag;
use secrecy::ExposeSecret as _;
use time::OffsetDateTime;

use super::credentials::TemporaryCredentials;
use super::session_policy::for_tenant;
use crate::adapters::aws_error::describe;
use crate::config;
use crate::metrics::Metrics;
use crate::model::Tenant;

/// The session tag that the role's own policy goes by: `${aws:PrincipalTag/customerName}`.
const TENANT_TAG: &str = "customerName";

/// STS did not hand out credentials.
#[derive(Debug, thiserror::Error)]
#[error("the upload role could not be assumed: {0}")]
pub struct AssumeRoleError(String);

impl AssumeRoleError {
    /// STS answered, but its credentials would die before a URL that they sign.
    pub(super) fn too_short(life: Duration) -> Self {
        Self(format!("the session lives only {} s, less than one URL", life.as_secs()))
    }
}

/// Assumes the upload role with a tenant's tag and session policy.
pub struct RoleAssumer {
    client: aws_sdk_sts::Client,
    metrics: Metrics,
    region: String,
    upload: config::Upload,
}

impl RoleAssumer {
    /// With the gateway's own credentials, which come with `shared`.
    #[must_use]
    pub fn new(shared: &aws_config::SdkConfig, aws: &config::Aws, upload: &config::Upload, metrics: Metrics) -> Self {
        let mut builder = aws_sdk_sts::config::Builder::from(shared).behavior_version(BehaviorVersion::latest());
        builder
            .set_endpoint_url(aws.sts_endpoint_url.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned()));
        Self {
            client: aws_sdk_sts::Client::from_conf(builder.build()),
            metrics,
            region: aws.region.clone(),
            upload: upload.clone(),
        }
    }

    /// One call to STS. The slug is the tag, the session's name and the policy's prefix; the raw claim is none of them.
    ///
    /// # Errors
    /// When STS refuses, cannot be reached, or answers without credentials.
    pub async fn assume(&self, tenant: &Tenant) -> Result<TemporaryCredentials, AssumeRoleError> {
        let result = self.call(tenant).await;
        self.metrics.sts_calls.with_label_values(&[if result.is_ok() { "ok" } else { "error" }]).inc();
        result
    }

    async fn call(&self, tenant: &Tenant) -> Result<TemporaryCredentials, AssumeRoleError> {
        let tag = Tag::builder().key(TENANT_TAG).value(tenant.slug.as_str()).build();
        let tag = tag.map_err(|error| AssumeRoleError(error.to_string()))?;
        let policy = (!cfg!(feature = "walls-off-for-tests")).then(|| for_tenant(&self.upload, &tenant.slug));
        let answer = self
            .client
            .assume_role()
            .role_arn(&self.upload.role_arn)
            .role_session_name(tenant.slug.as_str())
            .duration_seconds(i32::try_from(self.upload.session_duration.as_secs()).unwrap_or(3600))
            .tags(tag)
            .set_policy(policy)
            .set_external_id(self.upload.external_id.as_ref().map(|id| id.expose_secret().to_owned()))
            .send()
            .await
            .map_err(|error| AssumeRoleError(describe(&error)))?;
        let given = answer.credentials.ok_or_else(|| AssumeRoleError("the answer holds no credentials".to_owned()))?;
        let expires_at = OffsetDateTime::from_unix_timestamp(given.expiration.secs())
            .map_err(|error| AssumeRoleError(format!("the answer's expiration is no time: {error}")))?;
        Ok(TemporaryCredentials::new(
            given.access_key_id,
            given.secret_access_key.into(),
            given.session_token.into(),
            &self.region,
            expires_at,
        ))
    }
}
