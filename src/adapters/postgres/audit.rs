//! How is it remembered who did what?

use serde_json::Value;
use sqlx::PgExecutor;
use time::OffsetDateTime;
use uuid::Uuid;

use super::DatabaseError;
use crate::model::audit_seal::{self, Digest, Entry};
use crate::model::{AuditId, Provenance, Subject, Tenant, TenantId, UploadId};

/// One thing that someone did.
#[derive(Debug, Clone)]
pub struct AuditEvent {
    /// When.
    pub at: OffsetDateTime,
    /// To or for which tenant.
    pub tenant: Option<TenantId>,
    /// Who did it.
    pub subject: Subject,
    /// What was done, such as `upload.granted`.
    pub action: &'static str,
    /// To which upload.
    pub upload: Option<UploadId>,
    /// Where that came from.
    pub provenance: Provenance,
    /// What else is worth knowing; never a secret.
    pub detail: Value,
}

/// What an event is on record with besides what it says.
#[derive(Debug)]
pub(super) struct Proof {
    pub(super) id: Uuid,
    pub(super) trace: Option<String>,
    pub(super) address: Option<String>,
    /// What stands for the event in its link.
    pub(super) digest: Digest,
}

impl AuditEvent {
    pub(super) fn proof(&self) -> Proof {
        let detail = self.detail.to_string();
        Proof::new(self.at, self.tenant, &self.subject, self.action, self.upload, &self.provenance, &detail)
    }
}

impl Proof {
    /// `detail` is JSON as [`Entry`] has it.
    pub(super) fn new(
        at: OffsetDateTime,
        tenant: Option<TenantId>,
        subject: &Subject,
        action: &str,
        upload: Option<UploadId>,
        provenance: &Provenance,
        detail: &str,
    ) -> Self {
        let id = AuditId::new(at).as_uuid();
        let trace = provenance.trace.map(|trace| trace.to_string());
        let address = provenance.address.map(audit_seal::written);
        let digest = Entry {
            id,
            at,
            tenant: tenant.map(|id| id.as_uuid()),
            subject: subject.as_str(),
            action,
            upload: upload.map(|id| id.as_uuid()),
            request: provenance.request.as_str(),
            trace: trace.as_deref(),
            address: address.as_deref(),
            detail,
        }
        .digest();
        Self { id, trace, address, digest }
    }
}

/// Adds an event, in the transaction of the change that it tells of.
///
/// # Errors
/// When Postgres does not take it.
pub async fn record(connection: impl PgExecutor<'_>, event: &AuditEvent) -> Result<(), DatabaseError> {
    let Proof { id, trace, address, digest } = event.proof();
    sqlx::query!(
        "insert into audit_events (id, at, tenant_id, subject, action, upload_id, request_id, detail, trace_id, address,
                                   chain, number, place, digest, seal)
         select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, chain, number, 1, $11, seal from audit_seal($11)",
        id,
        event.at,
        event.tenant.map(|id| id.as_uuid()),
        event.subject.as_str(),
        event.action,
        event.upload.map(|id| id.as_uuid()),
        event.provenance.request.as_str(),
        event.detail,
        trace,
        address,
        digest.as_slice(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// When the last of the credentials end that the tenant's people were handed out since then, if there were any.
///
/// # Errors
/// When Postgres does not answer.
pub async fn credentials_until(
    connection: impl PgExecutor<'_>,
    tenant: &Tenant,
    since: OffsetDateTime,
) -> Result<Option<OffsetDateTime>, DatabaseError> {
    let until = sqlx::query_scalar!(
        "select max((detail->>'expiresAt')::timestamptz) from audit_events
         where tenant_id = $1 and id >= $2 and action = 'credentials.issued'",
        tenant.id.as_uuid(),
        AuditId::first_of(since).as_uuid(),
    );
    Ok(until.fetch_one(connection).await?)
}
