//! In whose name does the doctor try things? In those of two tenants that nobody is.

use uuid::Uuid;

use super::Neighbours;
use crate::model::{
    Collection, FileName, FileSize, Invalid, Isolation, Limits, ObjectKey, Slug, Subject, Tenant, TenantId, TenantName,
    TenantStatus, UploadId,
};

/// The tenant whose sessions try.
pub(super) const PROBE: &str = "upload-gateway-doctor";
/// The tenant that they must not reach. Its slug begins with the other's, so that a policy without the slash at the end is seen.
pub(super) const OTHER: &str = "upload-gateway-doctor-other";

/// A tenant's slug, and a key below its prefix.
pub(super) struct Probe {
    pub(super) slug: Slug,
    pub(super) key: ObjectKey,
}

impl Probe {
    pub(super) fn of(neighbours: &Neighbours, slug: &str) -> Result<Self, Invalid> {
        let now = neighbours.clock.now();
        let tenant = Tenant {
            id: TenantId::from(Uuid::nil()),
            slug: Slug::parse(slug)?,
            name: TenantName::parse(slug)?,
            status: TenantStatus::Active,
            claim_values: Box::default(),
            email_domains: Box::default(),
            identity_provider: None,
            native_users: true,
            limits: Limits {
                max_upload_bytes: FileSize::ONE_REQUEST,
                allowed_content_types: Box::default(),
                monthly_bytes: None,
                requests_per_minute: None,
            },
            isolation: Isolation::Tenant,
            credential_vending: false,
            credential_reading: false,
            sessions_from: None,
            created_at: now,
            updated_at: now,
        };
        let (subject, name) = (Subject::of_gateway("doctor"), FileName::parse("probe")?);
        let key = ObjectKey::new(&tenant, &subject, &Collection::default(), UploadId::new(now), &name);
        Ok(Self { slug: tenant.slug, key })
    }
}
