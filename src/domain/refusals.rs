//! Who was refused what? Whoever is known and asks for what is not theirs is on record with it.
//!
//! Callers who prove nothing are not: anybody can send a bad token, under any name. They are counted, and have a line in the log.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::authenticate::{Authenticator, Caller};
use crate::adapters::postgres::audit::AuditEvent;
use crate::adapters::postgres::audit_writer::AuditQueue;
use crate::model::{Clock, Principal, Provenance, Subject, Tenant};

/// What was asked for, and why it is refused.
#[derive(Debug, Clone, Copy)]
pub struct Refusal<'a> {
    /// The problem's name.
    pub problem: &'static str,
    /// The request's method.
    pub method: &'static str,
    /// Its route, as a pattern.
    pub route: &'a str,
}

/// How long a refusal waits to learn whose the refused one is.
const PATIENCE: Duration = Duration::from_millis(250);

/// Where refusals are left.
#[derive(Clone)]
pub struct Refusals {
    queue: AuditQueue,
    clock: Clock,
}

impl Refusals {
    /// To be written by whoever reads that queue.
    #[must_use]
    pub const fn new(queue: AuditQueue, clock: Clock) -> Self {
        Self { queue, clock }
    }

    /// Of somebody whose tenant is known.
    pub fn of_principal(&self, principal: &Principal, refusal: Refusal<'_>, provenance: Provenance) {
        self.note(&principal.subject, Some(&principal.tenant), refusal, provenance);
    }

    /// Of somebody with a good token, whatever its tenant is. Nobody waits for it to be written.
    pub async fn of_caller(
        &self,
        authenticator: &Authenticator,
        caller: &Caller,
        refusal: Refusal<'_>,
        provenance: Provenance,
    ) {
        // Nearly always it is remembered. Where Postgres has to be asked, and is slow, the refusal is not to wait for that.
        let asked = tokio::time::timeout(PATIENCE, authenticator.tenant_of(caller)).await;
        let tenant: Option<Arc<Tenant>> = asked.ok().flatten();
        self.note(caller.subject(), tenant.as_deref(), refusal, provenance);
    }

    fn note(&self, subject: &Subject, tenant: Option<&Tenant>, refusal: Refusal<'_>, provenance: Provenance) {
        let Refusal { problem, method, route } = refusal;
        self.queue.note(AuditEvent {
            at: self.clock.now(),
            tenant: tenant.map(|tenant| tenant.id),
            subject: subject.clone(),
            action: "request.refused",
            upload: None,
            provenance,
            detail: json!({"problem": problem, "method": method, "route": route}),
        });
    }
}
