//! Where does something that is on record come from?

use std::net::IpAddr;

use time::OffsetDateTime;

use super::{RequestId, TraceId};

/// The request that asked for it, or the piece of the gateway's own work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// What the request is called.
    pub request: RequestId,
    /// The trace that it is a part of, when spans have ids.
    pub trace: Option<TraceId>,
    /// The caller's address; none for work of the gateway's own.
    pub address: Option<IpAddr>,
}

impl Provenance {
    /// Work that no request asked for, under a fresh name.
    #[must_use]
    pub fn of_gateway(now: OffsetDateTime, trace: Option<TraceId>) -> Self {
        Self { request: RequestId::new(now), trace, address: None }
    }
}
