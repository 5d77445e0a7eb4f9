//! Who may see and change which upload?

use super::Error;
use crate::model::{Principal, Role, Subject, Tenant, Upload};

/// A user reaches its own uploads, a tenant admin every upload of the tenant. What is another's does not exist: 404, never 403.
///
/// # Errors
/// When the upload is none of the principal's.
pub fn check(principal: &Principal, upload: Option<Upload>) -> Result<Upload, Error> {
    upload.filter(|upload| reaches(principal, upload)).ok_or(Error::NotFound("upload"))
}

/// Whose uploads does the principal reach: one subject's alone, or, with none, everybody's in its tenant?
#[must_use]
pub const fn reach(principal: &Principal) -> Option<&Subject> {
    match principal.role {
        Role::TenantAdmin => None,
        // A platform admin who also has a tenant is an ordinary user there.
        Role::User | Role::PlatformAdmin => Some(&principal.subject),
    }
}

/// The tenant that the principal is an admin of.
///
/// # Errors
/// When it is an ordinary user of its tenant.
pub fn administered(principal: &Principal) -> Result<&Tenant, Error> {
    match principal.role {
        Role::TenantAdmin => Ok(&principal.tenant),
        Role::User | Role::PlatformAdmin => Err(Error::RoleMissing("tenant admin")),
    }
}

fn reaches(principal: &Principal, upload: &Upload) -> bool {
    reach(principal).is_none_or(|own| *own == upload.grant.subject)
}
