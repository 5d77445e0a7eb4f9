//! How is the upload role assumed for one tenant, or for one subject of it?

use std::time::Duration;

use aws_sdk_sts::config::BehaviorVersion;
use aws_sdk_sts::error::ProvideErrorMetadata as _;
use aws_sdk_sts::types::Tag;
use secrecy::ExposeSecret as _;
use time::OffsetDateTime;
use tracing::field::Empty;
use tracing::info_span;

use super::Reach;
use super::credentials::TemporaryCredentials;
use super::session_policy::session_policy;
use crate::adapters::aws_calls::{CallCounter, Service};
use crate::adapters::aws_error::describe;
use crate::adapters::sigv4::Scope;
use crate::adapters::trace_headers::TraceHeaders;
use crate::adapters::whole_answers::WholeAnswers;
use crate::config;
use crate::metrics::Metrics;
use crate::model::{Subject, Tenant};
use crate::trace;

/// The session tag that the role's own policy goes by: `${aws:PrincipalTag/customerName}`.
pub(in crate::adapters) const TENANT_TAG: &str = "customerName";
/// The session tag of a session that one subject has to itself.
const SUBJECT_TAG: &str = "subject";

/// STS did not hand out credentials.
#[derive(Debug, thiserror::Error)]
#[error("the upload role could not be assumed: {message}")]
pub struct AssumeRoleError {
    message: String,
    /// What STS calls its refusal, when it was one.
    code: Option<String>,
}

impl AssumeRoleError {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: None }
    }

    /// STS answered, but its credentials would die before a URL that they sign.
    pub(super) fn too_short(life: Duration) -> Self {
        Self::new(format!("the session lives only {} s, less than one URL", life.as_secs()))
    }

    /// STS answered, but its credentials began before the moment up to which the tenant's sessions are revoked.
    pub(super) fn revoked(from: OffsetDateTime) -> Self {
        Self::new(format!("the tenant's sessions were revoked, and those that begin before {from} are worth nothing"))
    }

    /// Did a policy say no, the role's trust policy as a rule?
    #[must_use]
    pub fn is_denied(&self) -> bool {
        self.code.as_deref() == Some("AccessDenied")
    }

    /// Was a longer session asked for than this role, or this caller, may have? AWS has no code for it alone.
    #[must_use]
    pub fn is_of_duration(&self) -> bool {
        self.code.as_deref() == Some("ValidationError") && self.message.to_ascii_lowercase().contains("durationseconds")
    }
}

/// What a session is asked for.
pub(super) struct Wish<'a> {
    pub(super) name: &'a str,
    pub(super) tags: &'a [(&'a str, &'a str)],
    pub(super) policy: Option<String>,
    pub(super) duration: Duration,
}

/// Assumes the upload role with a tenant's tag and session policy.
pub struct RoleAssumer {
    pub(super) client: aws_sdk_sts::Client,
    metrics: Metrics,
    scope: Scope,
    pub(super) upload: config::Upload,
}

impl RoleAssumer {
    /// With the gateway's own credentials, which come with `shared`.
    #[must_use]
    pub fn new(shared: &aws_config::SdkConfig, aws: &config::Aws, upload: &config::Upload, metrics: Metrics) -> Self {
        let mut builder = aws_sdk_sts::config::Builder::from(shared)
            .behavior_version(BehaviorVersion::latest())
            .interceptor(CallCounter::new(Service::Sts, &metrics))
            .interceptor(WholeAnswers)
            .interceptor(TraceHeaders);
        builder
            .set_endpoint_url(aws.sts_endpoint_url.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned()));
        Self {
            client: aws_sdk_sts::Client::from_conf(builder.build()),
            metrics,
            scope: Scope::new(&aws.region, "s3"),
            upload: upload.clone(),
        }
    }

    /// One call to STS. The slug is the tag, the session's name and the policy's prefix; the raw claim is none of them. A
    /// session for one subject carries it in a second tag, in the prefix, and as its name.
    ///
    /// # Errors
    /// When STS refuses, cannot be reached, or answers without credentials.
    pub async fn assume(&self, tenant: &Tenant, reach: &Reach) -> Result<TemporaryCredentials, AssumeRoleError> {
        let span = info_span!("AssumeRole", otel.kind = "client", otel.failed = Empty);
        let result = trace::step(span, Box::pin(self.call(tenant, reach))).await;
        self.metrics.sts_calls.with_label_values(&[if result.is_ok() { "ok" } else { "error" }]).inc();
        result
    }

    async fn call(&self, tenant: &Tenant, reach: &Reach) -> Result<TemporaryCredentials, AssumeRoleError> {
        let (slug, subject) = (&tenant.slug, reach.subject());
        let mut tags = vec![(TENANT_TAG, slug.as_str())];
        tags.extend(subject.map(|subject| (SUBJECT_TAG, subject.as_str())));
        let policy = (!cfg!(feature = "walls-off-for-tests")).then(|| session_policy(&self.upload, slug, reach));
        let name = subject.map_or_else(|| slug.as_str().to_owned(), session_name);
        self.ask(Wish { name: &name, tags: &tags, policy, duration: self.upload.session_duration }).await
    }

    /// Asks STS for a session.
    pub(super) async fn ask(&self, wish: Wish<'_>) -> Result<TemporaryCredentials, AssumeRoleError> {
        let answer = self
            .client
            .assume_role()
            .role_arn(&self.upload.role_arn)
            .role_session_name(wish.name)
            .duration_seconds(i32::try_from(wish.duration.as_secs()).unwrap_or(3600))
            .set_tags(Some(wish.tags.iter().map(|(key, value)| tag(key, value)).collect::<Result<_, _>>()?))
            .set_policy(wish.policy)
            .set_external_id(self.upload.external_id.as_ref().map(|id| id.expose_secret().to_owned()))
            .send()
            .await
            .map_err(|error| AssumeRoleError {
                message: describe(&error),
                code: error.code().map(ToOwned::to_owned),
            })?;
        // Credentials of another session would be handed out as these.
        if let Some(assumed) = answer.assumed_role_user
            && assumed.arn.rsplit('/').next() != Some(wish.name)
        {
            return Err(AssumeRoleError::new(format!("the answer is about another session: {}", assumed.arn)));
        }
        let given = answer.credentials.ok_or_else(|| AssumeRoleError::new("the answer holds no credentials"))?;
        let expires_at = OffsetDateTime::from_unix_timestamp(given.expiration.secs())
            .map_err(|error| AssumeRoleError::new(format!("the answer's expiration is no time: {error}")))?;
        Ok(TemporaryCredentials::new(
            given.access_key_id.into(),
            given.secret_access_key.into(),
            given.session_token.into(),
            self.scope.clone(),
            wish.duration,
            expires_at,
        ))
    }
}

fn tag(key: &str, value: &str) -> Result<Tag, AssumeRoleError> {
    Tag::builder().key(key).value(value).build().map_err(|error| AssumeRoleError::new(error.to_string()))
}

/// The subject within the 2 to 64 characters that STS takes for a name, for those who read CloudTrail. It tells nobody apart:
/// the tag and the policy do, and they have the subject whole.
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
fn session_name(subject: &Subject) -> String {
    format!("{:_<2.64}", subject.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_named_after_its_subject_as_far_as_sts_lets_it() {
        let long = "s".repeat(128);
        for (subject, name) in
            [("a", "a_"), ("ab", "ab"), ("0f7c-11_A.b", "0f7c-11_A.b"), (long.as_str(), &"s".repeat(64))]
        {
            assert_eq!(session_name(&Subject::parse(subject).unwrap()), name);
        }
    }
}
