//! As whom does the gateway come to AWS, and what time is it there?

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_sts::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_sts::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_sts::primitives::{DateTime, DateTimeFormat};
use time::OffsetDateTime;

use super::RoleAssumer;
use crate::adapters::aws_error::LookError;

/// The gateway's own identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// `arn:aws:iam::ACCOUNT:user/NAME`, or `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`.
    pub arn: String,
}

impl Caller {
    /// Is it a session of a role, as every task, function and instance of AWS has one? What it assumes lives an hour at most.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining>
    #[must_use]
    pub fn is_assumed_role(&self) -> bool {
        self.arn.splitn(6, ':').nth(5).is_some_and(|resource| resource.starts_with("assumed-role/"))
    }
}

impl RoleAssumer {
    /// Who we are to STS, and the time of its answer, which a refusal has too. It takes no permission to ask.
    pub async fn caller(&self) -> (Result<Caller, LookError>, Option<OffsetDateTime>) {
        let date = AnswerDate::default();
        let request = self.client.get_caller_identity().customize().interceptor(date.clone());
        let answer = request.send().await.map_err(LookError::from);
        let caller = answer.map(|identity| Caller { arn: identity.arn.unwrap_or_default() });
        (caller, date.read())
    }
}

/// Keeps the `Date` of the latest answer: the SDK's own outputs do not have it.
#[derive(Debug, Clone, Default)]
struct AnswerDate(Arc<Mutex<Option<String>>>);

impl AnswerDate {
    fn read(&self) -> Option<OffsetDateTime> {
        let date = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        let date = DateTime::from_str(&date, DateTimeFormat::HttpDate).ok()?;
        OffsetDateTime::from_unix_timestamp(date.secs()).ok()
    }
}

impl Intercept for AnswerDate {
    fn name(&self) -> &'static str {
        "AnswerDate"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let date = context.response().headers().get("date").map(ToOwned::to_owned);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = date;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_of_a_role_is_told_from_a_user() {
        for (arn, is_assumed_role) in [
            ("arn:aws:sts::123456789012:assumed-role/gateway-task/0af3", true),
            ("arn:aws-us-gov:sts::123456789012:assumed-role/a/b", true),
            ("arn:aws:iam::123456789012:user/assumed-role/me", false),
            ("arn:aws:iam::123456789012:root", false),
            ("", false),
        ] {
            assert_eq!(Caller { arn: arn.to_owned() }.is_assumed_role(), is_assumed_role, "{arn}");
        }
    }
}
