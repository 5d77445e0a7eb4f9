//! Who is asking? From bearer token to caller, and from caller to principal.

use std::sync::Arc;

use tracing::field::Empty;
use tracing::{info, info_span};

use super::Error;
use super::tenants::Directory;
use crate::adapters::oidc::{TokenVerifier, VerifiedToken, VerifyError};
use crate::metrics::Metrics;
use crate::model::{Admin, Clock, Principal, Role, Subject, Tenant, TenantStatus};
use crate::trace;

/// Turns tokens into callers.
pub struct Authenticator {
    verifier: TokenVerifier,
    directory: Directory,
    clock: Clock,
    metrics: Metrics,
}

/// Someone whose token is good. Which tenant it is for is another question.
#[derive(Debug, Clone)]
pub struct Caller(Arc<VerifiedToken>);

impl Caller {
    /// Who it is.
    #[must_use]
    pub fn subject(&self) -> &Subject {
        &self.0.subject
    }
}

impl Authenticator {
    /// With the keys and tenants that it goes by.
    #[must_use]
    pub const fn new(verifier: TokenVerifier, directory: Directory, clock: Clock, metrics: Metrics) -> Self {
        Self { verifier, directory, clock, metrics }
    }

    /// The caller behind a token.
    ///
    /// # Errors
    /// When there is no token, or it is not taken. The reason is logged and counted here, because the caller is not told.
    pub async fn caller(&self, token: Option<&str>) -> Result<Caller, Error> {
        let Some(token) = token else {
            self.metrics.tokens.with_label_values(&["missing"]).inc();
            return Err(Error::TokenMissing);
        };
        let span = info_span!("verify token", otel.failed = Empty);
        let result = trace::step(span, self.verifier.verify(token, self.clock.now())).await;
        self.metrics.tokens.with_label_values(&[result.as_ref().map_or_else(VerifyError::label, |_| "ok")]).inc();
        match result {
            Ok(verified) => Ok(Caller(verified)),
            Err(error) => {
                info!(token.result = error.label(), %error, "a token was refused");
                Err(error.into())
            }
        }
    }

    /// The caller as a member of its tenant.
    ///
    /// # Errors
    /// When the token names no tenant, an unknown one, one whose people sign in elsewhere, or a suspended one, or tenants cannot
    /// be read.
    pub async fn principal(&self, Caller(token): &Caller) -> Result<Principal, Error> {
        let claim = token.tenant_claim.as_deref().ok_or(Error::TenantClaimMissing)?;
        let span = info_span!("find tenant", otel.failed = Empty);
        let tenant = trace::step(span, self.directory.find_by_claim(claim)).await?.ok_or(Error::TenantUnknown)?;
        trace::note_tenant(&tenant);
        // Whether it is suspended is for its own people to know.
        if !tenant.admits(&token.origin) {
            return Err(Error::IdentityProviderMismatch);
        }
        match tenant.status {
            TenantStatus::Active => Ok(Principal { subject: token.subject.clone(), tenant, role: role(token) }),
            TenantStatus::Suspended => Err(Error::TenantSuspended),
        }
    }

    /// The tenant that the caller's token names, whether or not it takes the caller for one of its own.
    pub async fn tenant_of(&self, Caller(token): &Caller) -> Option<Arc<Tenant>> {
        self.directory.find_by_claim(token.tenant_claim.as_deref()?).await.ok().flatten()
    }

    /// The caller as a platform admin.
    ///
    /// # Errors
    /// When it is none.
    pub fn admin(&self, Caller(token): &Caller) -> Result<Admin, Error> {
        if token.is_platform_admin {
            Ok(Admin { subject: token.subject.clone() })
        } else {
            Err(Error::RoleMissing("platform admin"))
        }
    }
}

fn role(token: &VerifiedToken) -> Role {
    match (token.is_platform_admin, token.is_tenant_admin) {
        (_, true) => Role::TenantAdmin,
        (true, false) => Role::PlatformAdmin,
        (false, false) => Role::User,
    }
}
