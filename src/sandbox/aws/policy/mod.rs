//! Does an IAM policy allow a request? A pure function over the part of the policy language that the sandbox knows.
//!
//! Whatever is outside that part is refused when the policy is parsed, so that a policy is never enforced more
//! loosely than it was written. Source: IAM user guide, `reference_policies_evaluation-logic` and
//! `reference_policies_variables`.

mod condition;
mod document;
mod json;
mod pattern;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use time::OffsetDateTime;

use self::condition::Condition;
use self::document::Effect;
use self::pattern::Pattern;

pub(super) use self::json::Malformed;

/// The tags of a principal. The keys are in lower case: IAM compares tag keys without regard to case.
pub(super) type Tags = BTreeMap<String, String>;

/// What a principal asks for.
#[derive(Debug)]
pub(super) struct Request<'a> {
    /// For example `s3:PutObject`.
    pub(super) action: &'a str,
    /// For example `arn:aws:s3:::uploads/acme/photo.jpg`.
    pub(super) resource: &'a str,
    /// The `s3:prefix` of a listing.
    pub(super) prefix: Option<&'a str>,
    /// How the object is encrypted with a key that the request brings along (SSE-C), if it is.
    pub(super) customer_key: Option<&'a str>,
    /// The tags of the principal that asks.
    pub(super) tags: &'a Tags,
    /// When its session began (`aws:TokenIssueTime`), if it is one.
    pub(super) issued: Option<OffsetDateTime>,
}

/// What one policy says about a request. Of several policies, the greatest is what they say together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    /// No statement speaks of it, which amounts to a refusal.
    Silent,
    /// A statement allows it and none denies it.
    Allowed,
    /// A statement denies it, which nothing can overrule.
    Denied,
}

/// A parsed policy document.
#[derive(Debug)]
pub(super) struct Policy {
    statements: Vec<Statement>,
}

#[derive(Debug)]
struct Statement {
    effect: Effect,
    actions: Vec<Pattern>,
    resources: Vec<Pattern>,
    conditions: Vec<Condition>,
}

impl Policy {
    /// Reads a policy document, and refuses every element that the evaluator does not know.
    pub(super) fn parse(json: &str) -> Result<Self, Malformed> {
        document::parse(json)
    }

    /// What the policy says about `request`.
    pub(super) fn verdict(&self, request: &Request<'_>) -> Verdict {
        let mut verdict = Verdict::Silent;
        for statement in self.statements.iter().filter(|statement| statement.matches(request)) {
            match statement.effect {
                Effect::Deny => return Verdict::Denied,
                Effect::Allow => verdict = Verdict::Allowed,
            }
        }
        verdict
    }
}

/// Whether a session may do what it asks: its role's policies have to allow it, and its session policy too if it has one.
pub(super) fn is_allowed<'a>(
    role: impl IntoIterator<Item = &'a Policy>,
    session: Option<&Policy>,
    request: &Request<'_>,
) -> bool {
    let of_role = role.into_iter().map(|policy| policy.verdict(request)).max();
    of_role == Some(Verdict::Allowed) && session.is_none_or(|policy| policy.verdict(request) == Verdict::Allowed)
}

impl Statement {
    fn matches(&self, request: &Request<'_>) -> bool {
        // Actions are compared without regard to case, resources with.
        let action = request.action.to_ascii_lowercase();
        self.actions.iter().any(|pattern| pattern.matches(&action, request.tags))
            && self.resources.iter().any(|pattern| pattern.matches(request.resource, request.tags))
            && self.conditions.iter().all(|condition| condition.holds(request))
    }
}

/// What `tf/` gives the real role: a tenant's own prefix, named by the session's tag.
pub(super) fn default_role_policy(bucket: &str) -> String {
    let own = "${aws:PrincipalTag/customerName}/*";
    serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Action": [
                "s3:PutObject",
                "s3:GetObject",
                "s3:DeleteObject",
                "s3:AbortMultipartUpload",
                "s3:ListMultipartUploadParts"
            ],
            "Resource": format!("arn:aws:s3:::{bucket}/{own}")
        }, {
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": format!("arn:aws:s3:::{bucket}"),
            "Condition": { "StringLike": { "s3:prefix": own } }
        }]
    })
    .to_string()
}
