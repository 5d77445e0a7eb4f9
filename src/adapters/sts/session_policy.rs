//! What may a session do? The second of the three walls between tenants, and the one between a tenant's people.

use serde_json::json;

use super::Reach;
use crate::config;
use crate::model::Slug;

/// STS takes at most this many characters of inline policy.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
pub const LONGEST: usize = 2048;

/// What the gateway's own sessions may do with the objects below their prefix, besides listing them, and nothing more.
const OWN: [&str; 5] =
    ["s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"];
/// What a session may that is handed out: write, in one piece or in parts.
const WRITING: [&str; 3] = ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"];
/// The same, and read.
const WRITING_AND_READING: [&str; 4] =
    ["s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"];

/// The inline policy of a session of that tenant, with the configured bucket and key, in compact JSON: those actions below
/// the prefix that it reaches.
///
/// The prefix is written out and ends in `/`, so `acme` does not open `acmeco/`; neither a slug nor a subject can hold a
/// wildcard or a variable, so nothing in it means more than it says. With a KMS key, the session may also encrypt through S3
/// with that key. The role's ARN knows the partition (`aws`, `aws-cn`, …).
#[must_use]
pub fn session_policy(upload: &config::Upload, slug: &Slug, reach: &Reach) -> String {
    let (actions, lists): (&[&str], bool) = match reach {
        Reach::Tenant | Reach::Subject(_) => (&OWN, true),
        Reach::HandedOut { may_read: true, .. } => (&WRITING_AND_READING, true),
        Reach::HandedOut { may_read: false, .. } => (&WRITING, false),
    };
    let partition = upload.role_arn.split(':').nth(1).unwrap_or("aws");
    let bucket = format!("arn:{partition}:s3:::{}", upload.bucket);
    let below = format!("{}*", reach.prefix(slug));
    let mut statements = vec![json!({"Effect": "Allow", "Action": actions, "Resource": format!("{bucket}/{below}")})];
    if lists {
        // A listing without a prefix has no `s3:prefix`, and so does not match.
        let condition = json!({"StringLike": {"s3:prefix": below}});
        statements
            .push(json!({"Effect": "Allow", "Action": "s3:ListBucket", "Resource": bucket, "Condition": condition}));
    }
    if let Some(key) = &upload.kms_key_arn {
        statements.push(json!({"Effect": "Allow", "Action": ["kms:GenerateDataKey", "kms:Decrypt"], "Resource": key}));
    }
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::model::Subject;

    fn upload(bucket: &str, role_arn: &str, kms_key_arn: Option<String>) -> config::Upload {
        let text = format!(
            "[database]\nurl = \"postgres://x\"\n[[auth.pools]]\nissuer = \"https://i.example\"\nclient_ids = [\"c\"]\n\
             [aws]\nregion = \"eu-central-1\"\n[upload]\nbucket = \"{bucket}\"\nrole_arn = \"{role_arn}\""
        );
        config::Upload { kms_key_arn, ..Config::from_toml(&text).unwrap().upload }
    }

    #[test]
    fn the_policy_names_one_prefix_and_closes_it() {
        let upload = upload("uploads", "arn:aws:iam::123456789012:role/x", None);
        let (slug, subject) = (Slug::parse("acme").unwrap(), Subject::parse("alice").unwrap());
        for (reach, below) in [(Reach::Tenant, "acme/*"), (Reach::Subject(subject), "acme/alice/*")] {
            let policy = session_policy(&upload, &slug, &reach);
            let expected = r#"{"Statement":[{"Action":["s3:PutObject","s3:GetObject","s3:DeleteObject","s3:AbortMultipartUpload","s3:ListMultipartUploadParts"],"Effect":"Allow","Resource":"arn:aws:s3:::uploads/BELOW"},{"Action":"s3:ListBucket","Condition":{"StringLike":{"s3:prefix":"BELOW"}},"Effect":"Allow","Resource":"arn:aws:s3:::uploads"}],"Version":"2012-10-17"}"#;
            assert_eq!(policy, expected.replace("BELOW", below));
        }
    }

    #[test]
    fn what_is_handed_out_writes_and_reads_only_when_it_may() {
        let upload = upload("uploads", "arn:aws:iam::123456789012:role/x", None);
        let (slug, subject) = (Slug::parse("acme").unwrap(), Subject::parse("alice").unwrap());
        let policy =
            |may_read| session_policy(&upload, &slug, &Reach::HandedOut { subject: subject.clone(), may_read });
        let writes = r#"{"Statement":[{"Action":["s3:PutObject","s3:AbortMultipartUpload","s3:ListMultipartUploadParts"],"Effect":"Allow","Resource":"arn:aws:s3:::uploads/acme/alice/*"}],"Version":"2012-10-17"}"#;
        assert_eq!(policy(false), writes);
        let reads = r#"{"Statement":[{"Action":["s3:PutObject","s3:GetObject","s3:AbortMultipartUpload","s3:ListMultipartUploadParts"],"Effect":"Allow","Resource":"arn:aws:s3:::uploads/acme/alice/*"},{"Action":"s3:ListBucket","Condition":{"StringLike":{"s3:prefix":"acme/alice/*"}},"Effect":"Allow","Resource":"arn:aws:s3:::uploads"}],"Version":"2012-10-17"}"#;
        assert_eq!(policy(true), reads);
    }

    #[test]
    fn the_longest_policy_fits() {
        let key = format!("arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/{}", "a".repeat(128));
        let upload = upload(&"b".repeat(63), "arn:aws-us-gov:iam::123456789012:role/x", Some(key));
        let (slug, subject) = (Slug::parse(&"a".repeat(63)).unwrap(), Subject::parse(&"s".repeat(128)).unwrap());
        let longest = session_policy(&upload, &slug, &Reach::Subject(subject));
        assert!(longest.len() <= LONGEST * 3 / 4, "{}", longest.len());
        assert!(longest.contains("kms:Decrypt") && longest.contains("arn:aws-us-gov:s3:::"), "{longest}");
    }
}
