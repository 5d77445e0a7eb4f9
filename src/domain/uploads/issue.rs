//! Which URLs were handed out for an upload after its grant? Each is on record before it leaves, as the grant was.

use serde_json::Value;

use super::Uploads;
use crate::adapters::postgres::audit::AuditEvent;
use crate::domain::Error;
use crate::model::{Principal, Provenance, UploadId};

impl Uploads {
    /// Puts a hand-out on record: of one upload, or of the several that `detail` names.
    pub(super) async fn issue(
        &self,
        principal: &Principal,
        upload: Option<UploadId>,
        detail: Value,
        provenance: Provenance,
    ) -> Result<(), Error> {
        let event = AuditEvent {
            at: self.clock.now(),
            tenant: Some(principal.tenant.id),
            subject: principal.subject.clone(),
            action: "url.issued",
            upload,
            provenance,
            detail,
        };
        Ok(self.audit.record(event).await?)
    }
}
