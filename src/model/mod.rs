//! What things are: the vocabulary that every layer shares. Imports nothing of ours.
//!
//! Everything here is parsed once, at the edge, and is right from then on.

mod action;
pub mod audit_anchor;
pub mod audit_seal;
pub mod audit_walk;
mod clock;
mod cursor;
mod disposition;
mod event;
mod file;
mod idempotency;
mod ids;
mod invalid;
mod limits;
#[cfg(feature = "lambda")]
mod lockout;
mod object_key;
mod origin;
mod part;
mod principal;
mod proposed;
mod provenance;
mod status;
mod tenant;
mod trace_context;
mod upload;
mod uppy_session;

pub use action::ActionPattern;
pub use clock::Clock;
pub use cursor::CursorScope;
pub use disposition::Disposition;
pub use event::{ObjectCreated, Sequencer};
pub use file::{Checksum, ChecksumAlgorithm, Collection, ContentType, FileName, FileSize, Metadata};
pub use idempotency::IdempotencyKey;
pub use ids::{AuditId, RequestId, TenantId, UploadId, UppySessionId};
pub use invalid::Invalid;
pub use limits::{ContentTypePattern, GatewayLimits, Limits};
#[cfg(feature = "lambda")]
pub use lockout::{Account, Attempts, LockoutPolicy, LockoutStanding};
pub use object_key::ObjectKey;
pub use origin::{Origin, ProviderName};
pub use part::{MultipartId, PartNumber, PartPlan, StoredPart};
pub use principal::{Admin, Principal, Role, Subject};
pub use provenance::Provenance;
pub use status::{Finding, UploadStatus};
pub use tenant::{ClaimValue, EmailDomain, Isolation, Slug, Tenant, TenantName, TenantStatus};
pub use trace_context::{SpanId, TraceId, TraceParent, TraceState};
pub use upload::{Grant, GrantedSize, Method, StoredObject, Upload, Violation};
pub use uppy_session::{UppySecret, UppySession};

#[cfg(test)]
pub(crate) use tenant::tests::tenant as tests_tenant;
