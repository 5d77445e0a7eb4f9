//! Does the bucket's own policy keep out what comes without TLS?

use super::policy_document::{Statement, statements};
use super::{Finding, Neighbours};

const CHECK: &str = "TLS alone";

pub(super) async fn check(neighbours: &Neighbours) -> Finding {
    match neighbours.settings.policy().await {
        Ok(policy) => judge(policy.as_deref(), neighbours.bucket.name()),
        Err(error) => Finding::unseen(CHECK, "s3:GetBucketPolicy", &error),
    }
}

fn judge(policy: Option<&str>, bucket: &str) -> Finding {
    let refuses = |statement: &Statement| {
        statement.is("Deny")
            && statement.is_of_everybody()
            && statement.is_of_action("s3:*")
            && statement.condition("aws:SecureTransport").is_some_and(|values| values == ["false"])
            && statement.conditions() == 1
            && statement.resources().iter().any(|resource| covers_objects(resource, bucket))
    };
    if policy.is_some_and(|policy| statements(policy).iter().any(refuses)) {
        return Finding::ok(CHECK, "the bucket's policy refuses whatever comes without TLS");
    }
    let advice = format!(
        r#"Add to the bucket's policy: {{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::{bucket}", "arn:aws:s3:::{bucket}/*"], "Condition": {{"Bool": {{"aws:SecureTransport": "false"}}}}}}"#
    );
    Finding::warning(CHECK, "no policy of the bucket refuses requests without TLS", advice)
}

fn covers_objects(resource: &str, bucket: &str) -> bool {
    let name = resource.splitn(6, ':').nth(5);
    resource == "*" || name.and_then(|name| name.strip_prefix(bucket)).is_some_and(|rest| matches!(rest, "/*" | "*"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::doctor::Outcome;

    fn outcome(change: impl FnOnce(&mut Value)) -> Outcome {
        let mut statement = json!({
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": ["arn:aws:s3:::uploads", "arn:aws:s3:::uploads/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        });
        change(&mut statement);
        judge(Some(&json!({"Statement": [statement]}).to_string()), "uploads").outcome
    }

    #[test]
    fn only_a_refusal_of_everything_for_everybody_counts() {
        assert_eq!(outcome(|_| {}), Outcome::Ok);
        assert_eq!(outcome(|statement| statement["Principal"] = json!({"AWS": "*"})), Outcome::Ok);
        assert_eq!(
            outcome(|statement| statement["Condition"]["Bool"]["aws:SecureTransport"] = json!(false)),
            Outcome::Ok
        );
        assert_eq!(
            outcome(|statement| statement["Condition"] = json!({"BoolIfExists": {"aws:SecureTransport": "false"}})),
            Outcome::Ok
        );
        let weaker: [fn(&mut Value); 8] = [
            |statement| statement["Effect"] = json!("Allow"),
            |statement| statement["Principal"] = json!({"AWS": "arn:aws:iam::1:root"}),
            |statement| statement["Action"] = json!("s3:GetObject"),
            |statement| statement["Resource"] = json!("arn:aws:s3:::uploads"),
            |statement| statement["Resource"] = json!("arn:aws:s3:::other/*"),
            |statement| statement["Condition"]["Bool"]["aws:SecureTransport"] = json!("true"),
            |statement| statement["Condition"]["StringEquals"] = json!({"aws:PrincipalAccount": "1"}),
            |statement| statement["Condition"] = json!({}),
        ];
        for change in weaker {
            assert_eq!(outcome(change), Outcome::Warning);
        }
        assert_eq!(judge(None, "uploads").outcome, Outcome::Warning);
        assert_eq!(judge(Some("nonsense"), "uploads").outcome, Outcome::Warning);
    }
}
