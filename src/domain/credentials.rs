//! How does a caller get S3 credentials of its own, for the clients that sign by themselves?
//!
//! They reach the caller's own prefix and nothing else, whatever its role and its tenant's isolation, and cannot be taken
//! back before they expire. So a tenant has to allow it, and each hand-out is on record before it leaves.

use std::sync::Arc;

use serde_json::json;
use time::format_description::well_known::Rfc3339;

use super::Error;
use super::uploads::Uploads;
use crate::adapters::postgres::audit::{self, AuditEvent};
use crate::adapters::sts::{Reach, Session};
use crate::model::{Principal, Provenance};

/// What is handed out.
pub struct HandedOut {
    /// The secrets.
    pub credentials: Arc<Session>,
    /// Below which they may write, and read if the tenant allows that too.
    pub prefix: String,
}

/// Hands out credentials for the caller's own prefix, after the hand-out is on record.
///
/// # Errors
/// When the tenant does not allow it, or STS or Postgres do not answer.
pub async fn hand_out(uploads: &Uploads, principal: &Principal, provenance: Provenance) -> Result<HandedOut, Error> {
    let tenant = &principal.tenant;
    if !tenant.credential_vending {
        return Err(Error::CredentialsNotAllowed);
    }
    let may_read = tenant.credential_reading;
    let reach = Reach::HandedOut { subject: principal.subject.clone(), may_read };
    let credentials = uploads.credentials.get(tenant, &reach).await.map_err(Error::CredentialsUnavailable)?;
    let prefix = reach.prefix(&tenant.slug);
    let expires_at = credentials.expires_at.format(&Rfc3339).unwrap_or_default();
    let event = AuditEvent {
        at: uploads.clock.now(),
        tenant: Some(tenant.id),
        subject: principal.subject.clone(),
        action: "credentials.issued",
        upload: None,
        provenance,
        // The access key's id is no secret, and leads to what was done with it in CloudTrail.
        detail: json!({"prefix": prefix, "mayRead": may_read, "expiresAt": expires_at, "accessKeyId": credentials.access_key_id}),
    };
    audit::record(&uploads.pool, &event).await?;
    Ok(HandedOut { credentials, prefix })
}
