//! What may a tenant's session do? The second of the three walls between tenants.

use serde_json::json;

use crate::config;
use crate::model::{ObjectKey, Slug};

/// STS takes at most this many characters of inline policy.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
pub const LONGEST: usize = 2048;

/// What a session may do below its prefix, and nothing more: write an object and see what was written (`HeadObject` asks for `s3:GetObject`).
const ACTIONS: [&str; 2] = ["s3:PutObject", "s3:GetObject"];

/// The policy of a tenant's session with the configured bucket and key. The role's ARN knows the partition (`aws`, `aws-cn`, …).
#[must_use]
pub fn for_tenant(upload: &config::Upload, slug: &Slug) -> String {
    let partition = upload.role_arn.split(':').nth(1).unwrap_or("aws");
    session_policy(partition, &upload.bucket, slug, upload.kms_key_arn.as_deref())
}

/// The inline policy of a tenant's session: those actions below `{slug}/`, in compact JSON.
///
/// The prefix is written out and ends in `/`, so `acme` does not open `acmeco/`; a slug cannot hold a wildcard or a
/// variable, so nothing in it means more than it says. With a KMS key, the session may also encrypt through S3 with that key.
fn session_policy(partition: &str, bucket: &str, slug: &Slug, kms_key_arn: Option<&str>) -> String {
    let prefix = ObjectKey::prefix(slug);
    let mut statements = vec![json!({
        "Effect": "Allow",
        "Action": ACTIONS,
        "Resource": format!("arn:{partition}:s3:::{bucket}/{prefix}*"),
    })];
    if let Some(key) = kms_key_arn {
        statements.push(json!({"Effect": "Allow", "Action": ["kms:GenerateDataKey", "kms:Decrypt"], "Resource": key}));
    }
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_names_one_prefix_and_closes_it() {
        let policy = session_policy("aws", "uploads", &Slug::parse("acme").unwrap(), None);
        assert_eq!(
            policy,
            r#"{"Statement":[{"Action":["s3:PutObject","s3:GetObject"],"Effect":"Allow","Resource":"arn:aws:s3:::uploads/acme/*"}],"Version":"2012-10-17"}"#
        );
    }

    #[test]
    fn the_longest_policy_fits() {
        let slug = Slug::parse(&"a".repeat(63)).unwrap();
        let key = format!("arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/{}", "a".repeat(128));
        assert!(session_policy("aws-us-gov", &"b".repeat(63), &slug, Some(&key)).len() <= LONGEST / 2);
    }
}
