//! Does a tenant get a session from STS, and does it reach the bucket?

use std::sync::Arc;

use uuid::Uuid;

use super::{Finding, Neighbours};
use crate::adapters::s3::ObjectError;
use crate::adapters::sts::Reach;
use crate::model::{
    Collection, FileName, FileSize, Invalid, Isolation, Limits, ObjectKey, Slug, Subject, Tenant, TenantId, TenantName,
    TenantStatus, UploadId,
};

/// A slug that is nobody's: the key below it is asked for and never written.
const PROBE: &str = "upload-gateway-doctor";

pub(super) async fn check(neighbours: &Neighbours) -> Vec<Finding> {
    let (tenant, key) = match probe(neighbours) {
        Ok(probe) => probe,
        Err(rule) => return vec![Finding::failed("upload role", rule.to_string(), "This is a fault of the program.")],
    };
    let credentials = match neighbours.credentials.get(&Arc::new(tenant), &Reach::Tenant).await {
        Ok(credentials) => credentials,
        Err(error) => {
            let advice = "The role's trust policy must let the gateway's own identity do sts:AssumeRole and sts:TagSession, \
                          with upload.external_id if it asks for one; upload.session_duration must be within its limit.";
            return vec![Finding::failed("upload role", error.to_string(), advice)];
        }
    };
    let role = Finding::ok("upload role", format!("STS gives a session with the tag and the policy of `{PROBE}`"));
    let bucket = match Box::pin(neighbours.objects.head(&credentials, &key)).await {
        Ok(_) | Err(ObjectError::Missing) => Finding::ok("bucket", "the session may look below its own prefix"),
        Err(error @ (ObjectError::Unavailable(_) | ObjectError::Refused(_))) => Finding::failed(
            "bucket",
            error.to_string(),
            "Look at upload.bucket and aws.region, and whether the role allows s3:GetObject and s3:ListBucket below \
             ${aws:PrincipalTag/customerName}/.",
        ),
    };
    vec![role, bucket]
}

fn probe(neighbours: &Neighbours) -> Result<(Tenant, ObjectKey), Invalid> {
    let now = neighbours.clock.now();
    let tenant = Tenant {
        id: TenantId::from(Uuid::nil()),
        slug: Slug::parse(PROBE)?,
        name: TenantName::parse(PROBE)?,
        status: TenantStatus::Active,
        claim_values: Vec::new(),
        email_domains: Vec::new(),
        identity_provider: None,
        native_users: true,
        limits: Limits {
            max_upload_bytes: FileSize::ONE_REQUEST,
            allowed_content_types: Vec::new(),
            monthly_bytes: None,
            requests_per_minute: None,
        },
        isolation: Isolation::Tenant,
        credential_vending: false,
        credential_reading: false,
        created_at: now,
        updated_at: now,
    };
    let (subject, name) = (Subject::of_gateway("doctor"), FileName::parse("probe")?);
    let key = ObjectKey::new(&tenant, &subject, &Collection::default(), UploadId::new(now), &name);
    Ok((tenant, key))
}
