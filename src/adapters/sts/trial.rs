//! What does the role's trust policy make of a session that nobody should get?

use std::time::Duration;

use super::assume_role::{TENANT_TAG, Wish};
use super::session_policy::session_policy;
use super::{AssumeRoleError, Reach, RoleAssumer, TemporaryCredentials};
use crate::model::Slug;

/// The shortest session that STS gives: a trial's outlives it by little.
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
pub const SHORTEST_SESSION: Duration = Duration::from_secs(900);

/// A session, asked for in one of the ways that tell a good role from a bad one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trial<'a> {
    /// As the gateway does it, with the tenant's tag and policy, for so long.
    Whole(&'a Slug, Duration),
    /// With the tag alone: what the session then reaches is up to the role.
    TagAlone(&'a Slug),
    /// Without any tag.
    Untagged,
    /// With a tag that names nobody.
    EmptyTag,
    /// With the tag, and another of a key that is none of the gateway's.
    ForeignTag(&'a Slug),
}

impl RoleAssumer {
    /// Asks STS for such a session.
    ///
    /// # Errors
    /// When STS refuses, as it should for some of them, or cannot be reached.
    pub async fn attempt(&self, trial: Trial<'_>) -> Result<TemporaryCredentials, AssumeRoleError> {
        const NAME: &str = "upload-gateway-doctor";
        let tagged: Vec<(&str, &str)> = match trial {
            Trial::Whole(slug, _) | Trial::TagAlone(slug) => vec![(TENANT_TAG, slug.as_str())],
            Trial::Untagged => Vec::new(),
            Trial::EmptyTag => vec![(TENANT_TAG, "")],
            Trial::ForeignTag(slug) => vec![(TENANT_TAG, slug.as_str()), (NAME, "1")],
        };
        let (policy, duration) = match trial {
            Trial::Whole(slug, duration) => (Some(session_policy(&self.upload, slug, &Reach::Tenant)), duration),
            Trial::TagAlone(_) | Trial::Untagged | Trial::EmptyTag | Trial::ForeignTag(_) => (None, SHORTEST_SESSION),
        };
        self.ask(Wish { name: NAME, tags: &tagged, policy, duration }).await
    }
}
