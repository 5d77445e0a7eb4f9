//! Does the bucket encrypt as the gateway's uploads do?

use super::{Finding, Neighbours};
use crate::adapters::s3::DefaultEncryption;

const CHECK: &str = "encryption";

/// AWS's own key for S3, when a bucket names it.
const AWS_MANAGED: &str = "alias/aws/s3";

pub(super) async fn check(neighbours: &Neighbours) -> Finding {
    match neighbours.settings.encryption().await {
        Ok(found) => judge(found.as_ref(), neighbours.config.upload.kms_key_arn.as_deref()),
        Err(error) => Finding::unseen(CHECK, "s3:GetEncryptionConfiguration", &error),
    }
}

fn judge(found: Option<&DefaultEncryption>, wanted: Option<&str>) -> Finding {
    match (found, wanted) {
        (Some(found), Some(wanted)) if found.is_kms() && found.key.as_deref() == Some(wanted) => {
            if found.has_bucket_key {
                return Finding::ok(CHECK, "by default with upload.kms_key_arn, and with a bucket key");
            }
            let advice = "Set BucketKeyEnabled: else every object costs calls to KMS of its own.";
            Finding::warning(CHECK, "by default with upload.kms_key_arn, and without a bucket key", advice)
        }
        (found, Some(_)) => {
            let key = found.and_then(|found| found.key.as_deref()).unwrap_or("no key of KMS that is named");
            let seen = format!(
                "uploads are encrypted with upload.kms_key_arn, and what else is written, by default, with {key}"
            );
            Finding::warning(
                CHECK,
                seen,
                "Set the bucket's default encryption to aws:kms with that key's ARN, and BucketKeyEnabled.",
            )
        }
        (Some(found), None) if found.is_kms() => {
            let managed = found.key.as_deref().is_none_or(|key| key.ends_with(AWS_MANAGED));
            let seen = format!(
                "by default with {}, and upload.kms_key_arn is not set",
                found.key.as_deref().unwrap_or(AWS_MANAGED)
            );
            let advice = "Set upload.kms_key_arn to the key's ARN: without it the tenants' sessions may not use the key, and uploads are refused.";
            if managed { Finding::warning(CHECK, seen, advice) } else { Finding::failed(CHECK, seen, advice) }
        }
        (Some(found), None) => Finding::ok(CHECK, format!("by default with {}, S3's own keys", found.algorithm)),
        (None, None) => Finding::warning(
            CHECK,
            "the bucket says nothing of encryption",
            "AWS encrypts with its own keys then; another store may not encrypt at all.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Outcome::{self, Failed, Ok, Warning};

    #[test]
    fn the_buckets_key_is_held_against_the_uploads() {
        let (key, other) = ("arn:aws:kms:eu-central-1:1:key/a", "arn:aws:kms:eu-central-1:1:key/b");
        let kms = |key: Option<&str>, has_bucket_key| {
            let (algorithm, key) = ("aws:kms".to_owned(), key.map(ToOwned::to_owned));
            Some(DefaultEncryption { algorithm, key, has_bucket_key })
        };
        let own = Some(DefaultEncryption { algorithm: "AES256".to_owned(), key: None, has_bucket_key: false });
        let table: [(Option<DefaultEncryption>, Option<&str>, Outcome); 10] = [
            (own.clone(), None, Ok),
            (None, None, Warning),
            (kms(Some(key), true), Some(key), Ok),
            (kms(Some(key), false), Some(key), Warning),
            (kms(Some(other), true), Some(key), Warning),
            (own, Some(key), Warning),
            (None, Some(key), Warning),
            (kms(Some(key), true), None, Failed),
            (kms(None, true), None, Warning),
            (kms(Some("arn:aws:kms:eu-central-1:1:alias/aws/s3"), true), None, Warning),
        ];
        for (found, wanted, outcome) in table {
            assert_eq!(judge(found.as_ref(), wanted).outcome, outcome, "{found:?} {wanted:?}");
        }
    }
}
