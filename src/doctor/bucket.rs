//! Is the bucket set up as a bucket of many tenants should be?

use std::time::Duration;

use super::{Finding, Neighbours, bucket_policy, encryption};

const PUBLIC: &str = "public access";
const OWNERSHIP: &str = "object ownership";
const VERSIONING: &str = "versioning";
const LIFECYCLE: &str = "lifecycle";

const DAY: Duration = Duration::from_secs(24 * 3600);

pub(super) async fn check(neighbours: &Neighbours) -> Vec<Finding> {
    // At once: a store that does not answer is waited for once.
    let (public_access, ownership, encryption, versioning, lifecycle, policy) = tokio::join!(
        public_access(neighbours),
        ownership(neighbours),
        encryption::check(neighbours),
        versioning(neighbours),
        lifecycle(neighbours),
        bucket_policy::check(neighbours),
    );
    vec![public_access, ownership, encryption, versioning, lifecycle, policy]
}

async fn public_access(neighbours: &Neighbours) -> Finding {
    match neighbours.settings.public_doors().await {
        Ok(doors) if doors.is_empty() => Finding::ok(PUBLIC, "all four blocks of public access are on"),
        Ok(doors) => {
            let advice = format!(
                "aws s3api put-public-access-block --bucket {} --public-access-block-configuration \
                 BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true",
                neighbours.bucket.name()
            );
            Finding::failed(PUBLIC, format!("{} of the bucket is off", doors.join(", ")), advice)
        }
        Err(error) => Finding::unseen(PUBLIC, "s3:GetBucketPublicAccessBlock", &error),
    }
}

async fn ownership(neighbours: &Neighbours) -> Finding {
    match neighbours.settings.ownership().await {
        Ok(Some(owner)) if owner == "BucketOwnerEnforced" => {
            Finding::ok(OWNERSHIP, "the bucket's owner owns every object, and access lists mean nothing")
        }
        Ok(owner) => {
            let advice = format!(
                "aws s3api put-bucket-ownership-controls --bucket {} --ownership-controls Rules=[{{ObjectOwnership=BucketOwnerEnforced}}]",
                neighbours.bucket.name()
            );
            let seen = owner.map_or_else(
                || "access lists count: the bucket has no ownership rule".to_owned(),
                |owner| format!("access lists count: the bucket's ownership is {owner}"),
            );
            Finding::failed(OWNERSHIP, seen, advice)
        }
        Err(error) => Finding::unseen(OWNERSHIP, "s3:GetBucketOwnershipControls", &error),
    }
}

/// Either may be wanted, so that it is only said.
async fn versioning(neighbours: &Neighbours) -> Finding {
    match neighbours.settings.is_versioned().await {
        Ok(true) => {
            Finding::ok(VERSIONING, "on: what is deleted can be brought back, and costs until its versions expire")
        }
        Ok(false) => Finding::ok(VERSIONING, "off: what is deleted is gone"),
        Err(error) => Finding::unseen(VERSIONING, "s3:GetBucketVersioning", &error),
    }
}

async fn lifecycle(neighbours: &Neighbours) -> Finding {
    let expiry = neighbours.config.upload.multipart_expiry;
    match neighbours.settings.abandons_after_days().await {
        Ok(Some(days)) => of_days(days, expiry),
        Ok(None) => Finding::warning(
            LIFECYCLE,
            "no rule for every object aborts multipart uploads that were not completed: their parts would be paid for and seen by nobody",
            "Add a rule with AbortIncompleteMultipartUpload, of 7 days say; the gateway aborts those that it knows of.",
        ),
        Err(error) => Finding::unseen(LIFECYCLE, "s3:GetLifecycleConfiguration", &error),
    }
}

fn of_days(days: i32, expiry: Duration) -> Finding {
    let seen = format!("multipart uploads that were not completed are aborted after {days} days");
    if DAY * u32::try_from(days).unwrap_or_default() < expiry {
        let advice =
            "Give the rule more days, or shorten upload.multipart_expiry: uploads that are under way would be aborted.";
        return Finding::warning(LIFECYCLE, format!("{seen}, which is before upload.multipart_expiry"), advice);
    }
    Finding::ok(LIFECYCLE, seen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Outcome;

    #[test]
    fn a_lifecycle_must_not_abort_what_the_gateway_still_waits_for() {
        for (days, expiry, outcome) in [
            (1, DAY, Outcome::Ok),
            (7, DAY, Outcome::Ok),
            (1, DAY + Duration::from_secs(1), Outcome::Warning),
            (0, DAY, Outcome::Warning),
        ] {
            assert_eq!(of_days(days, expiry).outcome, outcome, "{days} {expiry:?}");
        }
    }
}
