//! How does an event look on the wire?

use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::adapters::postgres::audit_listing::Recorded;
use crate::http::schema;

/// One thing that somebody did.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AuditEvent)]
pub(super) struct Event {
    id: Uuid,
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
    /// To or for which tenant; null for none.
    tenant_id: Option<Uuid>,
    /// Who did it: the token's `sub`, or the name of a work of the gateway's own.
    #[schema(value_type = schema::Subject)]
    subject: String,
    #[schema(value_type = schema::Action)]
    action: String,
    /// To which upload; null for none.
    upload_id: Option<Uuid>,
    /// In which request.
    request_id: String,
    /// What else is known. Never a secret.
    #[schema(value_type = Object)]
    detail: Value,
    /// In which trace, as the header `traceparent` writes it; null when it had none.
    #[schema(min_length = 32, max_length = 32, pattern = "^[0-9a-f]{32}$")]
    trace_id: Option<String>,
    /// The caller's IP address; null for the gateway's own work.
    address: Option<String>,
}

impl From<Recorded> for Event {
    fn from(recorded: Recorded) -> Self {
        let Recorded { id, at, tenant_id, subject, action, upload_id, request_id, detail, trace_id, address } =
            recorded;
        Self { id, at, tenant_id, subject, action, upload_id, request_id, detail, trace_id, address }
    }
}
