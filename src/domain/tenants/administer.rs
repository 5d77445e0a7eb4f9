//! How does a platform admin list, create and change tenants?

use serde_json::{Map, json};
use sqlx::PgPool;
use time::OffsetDateTime;
use tracing::warn;

use super::Directory;
use crate::adapters::postgres;
use crate::adapters::postgres::audit::{self, AuditEvent};
use crate::adapters::postgres::tenants::{self, Filter};
use crate::adapters::postgres::{uppy_sessions, usage_deltas};
use crate::domain::Error;
use crate::model::{Admin, CursorScope, Provenance, Tenant, TenantId, TenantStatus};

/// What an admin's action needs besides its subject.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    /// Where tenants are.
    pub pool: &'a PgPool,
    /// What must forget them when they change.
    pub directory: &'a Directory,
    /// Who acts.
    pub admin: &'a Admin,
    /// In which request.
    pub provenance: &'a Provenance,
    /// When.
    pub now: OffsetDateTime,
}

/// What a cursor of [`list`] is tied to: every filter.
#[must_use]
pub fn cursor_scope(filter: &Filter) -> CursorScope {
    CursorScope::new("tenants").with(filter.status.map(TenantStatus::as_str)).with(filter.text.as_deref())
}

/// A page of tenants, newest first, and whether there are more.
///
/// # Errors
/// When Postgres does not answer.
pub async fn list(pool: &PgPool, mut filter: Filter) -> Result<(Vec<Tenant>, bool), Error> {
    let wanted = usize::try_from(filter.limit).unwrap_or_default();
    filter.limit += 1;
    let mut found = tenants::list(pool, &filter).await?;
    let more = found.len() > wanted;
    found.truncate(wanted);
    Ok((found, more))
}

/// One tenant.
///
/// # Errors
/// When there is none of that id, or Postgres does not answer.
pub async fn find(pool: &PgPool, id: TenantId) -> Result<Tenant, Error> {
    tenants::find(pool, id).await?.ok_or(Error::NotFound("tenant"))
}

/// Adds a tenant, with its audit event.
///
/// # Errors
/// When its slug, a claim value or an e-mail domain is another's, or Postgres does not answer.
pub async fn create(desk: Desk<'_>, tenant: Tenant) -> Result<Tenant, Error> {
    let mut transaction = postgres::begin(desk.pool).await?;
    tenants::insert(&mut transaction, &tenant).await?;
    audit::record(
        &mut *transaction,
        &desk.event("tenant.created", Some(tenant.id), json!({"slug": tenant.slug.as_str()})),
    )
    .await?;
    transaction.commit().await?;
    desk.directory.forget();
    Ok(tenant)
}

/// Changes a tenant, with its audit event. Two changes at once come one after the other, and neither is lost. Where people sign in
/// or what their tokens say may change; then the sessions that earlier tokens began end.
///
/// # Errors
/// When there is none of that id, the change is not allowed, or Postgres does not answer.
pub async fn change(
    desk: Desk<'_>,
    id: TenantId,
    action: &'static str,
    apply: impl FnOnce(&mut Tenant) -> Result<(), Error>,
) -> Result<Tenant, Error> {
    let mut transaction = postgres::begin(desk.pool).await?;
    tenants::lock(&mut transaction, id).await?;
    let before = tenants::find(&mut *transaction, id).await?.ok_or(Error::NotFound("tenant"))?;
    let mut tenant = before.clone();
    apply(&mut tenant)?;
    if tenant == before {
        return Ok(tenant);
    }
    tenant.updated_at = desk.now;
    tenants::update(&mut transaction, &tenant).await?;
    let mut detail = Map::from_iter([("slug".to_owned(), tenant.slug.as_str().into())]);
    let changed = changed(&before, &tenant);
    if !changed.is_empty() {
        detail.insert("changed".to_owned(), changed.into());
    }
    if tenant.narrows(&before) {
        // A session does not remember what let its holder in, so it may be somebody who is shut out now.
        let ended = uppy_sessions::revoke_all(&mut transaction, &tenant, desk.now).await?;
        if ended > 0 {
            detail.insert("sessionsEnded".to_owned(), ended.into());
        }
    }
    audit::record(&mut *transaction, &desk.event(action, Some(id), detail.into())).await?;
    transaction.commit().await?;
    desk.directory.forget();
    if before.limits.monthly_bytes.is_none() && tenant.limits.monthly_bytes.is_some() {
        // From now on grants are judged by the counter. What other replicas still grant without it follows within about a second.
        if let Err(error) = usage_deltas::add_up_all(desk.pool).await {
            warn!(%error, tenant.slug = tenant.slug.as_str(), "the month's counter lags behind for now");
        }
    }
    Ok(tenant)
}

/// The members that differ, by their names on the wire. The status is the action's own name.
fn changed(before: &Tenant, after: &Tenant) -> Vec<&'static str> {
    // Taken apart, so that no member is forgotten that comes later.
    let Tenant {
        id: _,
        slug: _,
        name,
        status: _,
        claim_values,
        email_domains,
        identity_provider,
        native_users,
        limits,
        isolation,
        credential_vending,
        credential_reading,
        sessions_from: _,
        created_at: _,
        updated_at: _,
    } = after;
    [
        ("name", *name != before.name),
        ("claimValues", *claim_values != before.claim_values),
        ("emailDomains", *email_domains != before.email_domains),
        ("identityProvider", *identity_provider != before.identity_provider),
        ("nativeUsers", *native_users != before.native_users),
        ("limits", *limits != before.limits),
        ("isolation", *isolation != before.isolation),
        ("credentialVending", *credential_vending != before.credential_vending),
        ("credentialReading", *credential_reading != before.credential_reading),
    ]
    .into_iter()
    .filter_map(|(name, differs)| differs.then_some(name))
    .collect()
}

impl Desk<'_> {
    /// What the admin did here, to or for a tenant or to the whole gateway.
    pub(in crate::domain) fn event(
        &self,
        action: &'static str,
        tenant: Option<TenantId>,
        detail: serde_json::Value,
    ) -> AuditEvent {
        AuditEvent {
            at: self.now,
            tenant,
            subject: self.admin.subject.clone(),
            action,
            upload: None,
            provenance: self.provenance.clone(),
            detail,
        }
    }
}
