//! How does a page upload that can send no token? Somebody with a token begins a session, whose secret the page has in its URL.
//!
//! Uppy 6 puts its Companion's address before each request and sends no header of its own, so what lets it in must be in the path.
//! A session is less than its token: it uploads as its subject, as an ordinary user, and ends soon.

use std::time::Duration;

use rand::Rng as _;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::OffsetDateTime;

use super::tenants::Directory;
use super::{Error, access};
use crate::adapters::postgres::audit::{self, AuditEvent};
use crate::adapters::postgres::{self, uppy_sessions};
use crate::model::{Clock, Principal, Provenance, Role, TenantStatus, UppySecret, UppySession, UppySessionId};
use crate::trace;

/// Sessions, from their beginning to their end.
pub struct UppySessions {
    pool: PgPool,
    directory: Directory,
    expiry: Duration,
    clock: Clock,
}

impl UppySessions {
    /// Sessions that live so long.
    #[must_use]
    pub const fn new(pool: PgPool, directory: Directory, expiry: Duration, clock: Clock) -> Self {
        Self { pool, directory, expiry, clock }
    }

    /// Begins a session of the principal's. Its secret is told here and never again.
    ///
    /// # Errors
    /// When Postgres does not answer.
    pub async fn mint(
        &self,
        principal: &Principal,
        provenance: Provenance,
    ) -> Result<(UppySession, UppySecret), Error> {
        let now = self.clock.now();
        let secret = UppySecret::new(rand::rng().random());
        let session = UppySession {
            id: UppySessionId::new(now),
            subject: principal.subject.clone(),
            created_at: now,
            expires_at: now + self.expiry,
        };
        let detail = json!({"session": session.id.as_uuid(), "expiresInSeconds": self.expiry.as_secs()});
        let mut transaction = postgres::begin(&self.pool).await?;
        uppy_sessions::insert(&mut transaction, &principal.tenant, &session, &secret.digest()).await?;
        audit::record(&mut *transaction, &event(principal, "uppy_session.created", detail, provenance, now)).await?;
        transaction.commit().await?;
        Ok((session, secret))
    }

    /// Whom the bearer of that secret uploads as: an ordinary user, whatever else the one who began the session may.
    ///
    /// # Errors
    /// When there is no such session any more, its tenant is suspended, or Postgres does not answer.
    pub async fn principal(&self, secret: &str) -> Result<Principal, Error> {
        // What can be no secret needs no question.
        let Ok(secret) = UppySecret::parse(secret) else { return Err(Error::SessionInvalid) };
        let found = uppy_sessions::find(&self.pool, &secret.digest(), self.clock.now()).await?;
        let (tenant, subject) = found.ok_or(Error::SessionInvalid)?;
        let tenant = self.directory.find(tenant).await?.ok_or(Error::SessionInvalid)?;
        trace::note_tenant(&tenant);
        match tenant.status {
            TenantStatus::Active => Ok(Principal { subject, tenant, role: Role::User }),
            TenantStatus::Suspended => Err(Error::TenantSuspended),
        }
    }

    /// Ends a session at once: the principal's own, or, for a tenant admin, any of the tenant's. Doing it again changes nothing.
    ///
    /// # Errors
    /// When there is no such session, or Postgres does not answer.
    pub async fn revoke(&self, principal: &Principal, id: UppySessionId, provenance: Provenance) -> Result<(), Error> {
        let now = self.clock.now();
        let mut transaction = postgres::begin(&self.pool).await?;
        let (tenant, reach) = (&principal.tenant, access::reach(principal));
        let revoked = uppy_sessions::revoke(&mut transaction, tenant, id, reach, now).await?;
        if revoked.ok_or(Error::NotFound("session"))? {
            let detail = json!({"session": id.as_uuid()});
            audit::record(&mut *transaction, &event(principal, "uppy_session.revoked", detail, provenance, now))
                .await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}

fn event(
    principal: &Principal,
    action: &'static str,
    detail: Value,
    provenance: Provenance,
    at: OffsetDateTime,
) -> AuditEvent {
    let (tenant, subject) = (Some(principal.tenant.id), principal.subject.clone());
    AuditEvent { at, tenant, subject, action, upload: None, provenance, detail }
}
