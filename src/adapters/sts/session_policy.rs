//! What may a session do? The second of the three walls between tenants, and the one between a tenant's people.

use serde_json::{Map, Value, json};

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
/// Says that an object is encrypted with a key that its writer brings along and S3 forgets (SSE-C). S3 lets nobody look at such an
/// object without that key, so the gateway could neither hold it against the tenant's limits nor ever be done with its event.
const CUSTOMER_KEY: &str = "s3:x-amz-server-side-encryption-customer-algorithm";

/// The inline policy of a session of that tenant, with the configured bucket and key, in compact JSON: those actions below
/// the prefix that it reaches.
///
/// The prefix is written out and ends in `/`, so `acme` does not open `acmeco/`; neither a slug nor a subject can hold a
/// wildcard or a variable, so nothing in it means more than it says. With a KMS key, the session may also encrypt through S3
/// with that key. What is handed out may do so through S3 alone, and may not encrypt with a key of its holder's own.
/// The role's ARN knows the partition (`aws`, `aws-cn`, …).
#[must_use]
pub fn session_policy(upload: &config::Upload, slug: &Slug, reach: &Reach) -> String {
    let (actions, lists): (&[&str], bool) = match reach {
        Reach::Tenant | Reach::Subject(_) => (&OWN, true),
        Reach::HandedOut { may_read: true, .. } => (&WRITING_AND_READING, true),
        Reach::HandedOut { may_read: false, .. } => (&WRITING, false),
    };
    let is_handed_out = matches!(reach, Reach::HandedOut { .. });
    let partition = upload.role_arn.split(':').nth(1).unwrap_or("aws");
    let bucket = format!("arn:{partition}:s3:::{}", upload.bucket);
    let below = format!("{}*", reach.prefix(slug));
    let only_if = |condition: Value| is_handed_out.then_some(condition);
    let without_own_key = only_if(json!({"Null": {CUSTOMER_KEY: "true"}}));
    let mut statements = vec![allow(json!(actions), &format!("{bucket}/{below}"), without_own_key)];
    if lists {
        // A listing without a prefix has no `s3:prefix`, and so does not match.
        let below_prefix = Some(json!({"StringLike": {"s3:prefix": below}}));
        statements.push(allow(json!("s3:ListBucket"), &bucket, below_prefix));
    }
    if let Some(key) = &upload.kms_key_arn {
        let through_s3 = only_if(json!({"StringLike": {"kms:ViaService": "s3.*"}}));
        statements.push(allow(json!(["kms:GenerateDataKey", "kms:Decrypt"]), key, through_s3));
    }
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

fn allow(actions: Value, resource: &str, condition: Option<Value>) -> Value {
    let mut statement = Map::new();
    statement.insert("Effect".to_owned(), json!("Allow"));
    statement.insert("Action".to_owned(), actions);
    statement.insert("Resource".to_owned(), json!(resource));
    if let Some(condition) = condition {
        statement.insert("Condition".to_owned(), condition);
    }
    Value::Object(statement)
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
        let writes = r#"{"Statement":[{"Action":["s3:PutObject","s3:AbortMultipartUpload","s3:ListMultipartUploadParts"],"Condition":{"Null":{"s3:x-amz-server-side-encryption-customer-algorithm":"true"}},"Effect":"Allow","Resource":"arn:aws:s3:::uploads/acme/alice/*"}],"Version":"2012-10-17"}"#;
        assert_eq!(policy(false), writes);
        let reads = r#"{"Statement":[{"Action":["s3:PutObject","s3:GetObject","s3:AbortMultipartUpload","s3:ListMultipartUploadParts"],"Condition":{"Null":{"s3:x-amz-server-side-encryption-customer-algorithm":"true"}},"Effect":"Allow","Resource":"arn:aws:s3:::uploads/acme/alice/*"},{"Action":"s3:ListBucket","Condition":{"StringLike":{"s3:prefix":"acme/alice/*"}},"Effect":"Allow","Resource":"arn:aws:s3:::uploads"}],"Version":"2012-10-17"}"#;
        assert_eq!(policy(true), reads);
    }

    #[test]
    fn the_longest_policy_fits() {
        let key = format!("arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/{}", "a".repeat(128));
        let upload = upload(&"b".repeat(63), "arn:aws-us-gov:iam::123456789012:role/x", Some(key));
        let (slug, subject) = (Slug::parse(&"a".repeat(63)).unwrap(), Subject::parse(&"s".repeat(128)).unwrap());
        let through_s3 = r#"{"StringLike":{"kms:ViaService":"s3.*"}}"#;
        let own = session_policy(&upload, &slug, &Reach::Subject(subject.clone()));
        assert!(own.len() <= LONGEST && !own.contains(through_s3), "{own}");
        let longest = session_policy(&upload, &slug, &Reach::HandedOut { subject, may_read: true });
        assert!(longest.len() <= LONGEST * 3 / 4, "{}", longest.len());
        assert!(
            longest.contains("kms:Decrypt") && longest.contains(through_s3) && longest.contains("arn:aws-us-gov:s3:::"),
            "{longest}"
        );
    }
}
