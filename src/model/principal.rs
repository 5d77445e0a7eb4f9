//! Who is asking, and for which tenant?

use std::fmt;
use std::sync::Arc;

use super::{Invalid, Isolation, Tenant};

/// The `sub` claim: who the caller is within the user pool, stable for life. Cognito's are UUIDs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Subject(Arc<str>);

impl Subject {
    const LONGEST: usize = 128;

    /// Takes 1 to 128 letters, digits, `.`, `_` and `-`, because the subject is a segment of the object key.
    ///
    /// # Errors
    /// When it is anything else, `.` and `..` among it.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if text.is_empty() || text.len() > Self::LONGEST || text.starts_with('.') || !text.chars().all(plain) {
            return Err(Invalid::rule(
                "a subject is 1 to 128 letters, digits, '.', '_' and '-', not starting with '.'",
            ));
        }
        Ok(Self(text.into()))
    }

    /// The gateway's own work, in the records: a name that no user pool's subject can have, for those are UUIDs.
    #[must_use]
    pub fn of_gateway(work: &'static str) -> Self {
        Self(work.into())
    }

    /// The text of the subject.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a caller may do, by the groups in its token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Its own uploads.
    User,
    /// Every upload of its tenant.
    TenantAdmin,
    /// The tenants themselves.
    PlatformAdmin,
}

impl Role {
    /// The role's name on the wire and in the logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::TenantAdmin => "tenant-admin",
            Self::PlatformAdmin => "platform-admin",
        }
    }
}

/// A caller whose token was verified and whose tenant is known and active.
#[derive(Debug, Clone)]
pub struct Principal {
    /// Who.
    pub subject: Subject,
    /// For which tenant.
    pub tenant: Arc<Tenant>,
    /// As what.
    pub role: Role,
}

impl Principal {
    /// Whose prefix its sessions are narrowed to, when the tenant keeps its people apart. A tenant admin's reach the whole tenant.
    #[must_use]
    pub fn session_subject(&self) -> Option<&Subject> {
        match (self.tenant.isolation, self.role) {
            // A platform admin who also has a tenant is an ordinary user there.
            (Isolation::User, Role::User | Role::PlatformAdmin) => Some(&self.subject),
            (Isolation::Tenant, _) | (Isolation::User, Role::TenantAdmin) => None,
        }
    }
}

/// A caller whose token was verified and names the platform-admin group. It needs no tenant.
#[derive(Debug, Clone)]
pub struct Admin {
    /// Who.
    pub subject: Subject,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tests_tenant;

    #[test]
    fn only_a_user_of_a_tenant_that_keeps_its_people_apart_has_a_session_of_its_own() {
        for (isolation, role, own) in [
            (Isolation::Tenant, Role::User, false),
            (Isolation::Tenant, Role::PlatformAdmin, false),
            (Isolation::Tenant, Role::TenantAdmin, false),
            (Isolation::User, Role::User, true),
            (Isolation::User, Role::PlatformAdmin, true),
            (Isolation::User, Role::TenantAdmin, false),
        ] {
            let tenant = Arc::new(Tenant { isolation, ..tests_tenant("acme") });
            let principal = Principal { subject: Subject::parse("alice").unwrap(), tenant, role };
            let expected = own.then_some(&principal.subject);
            assert_eq!(principal.session_subject(), expected, "{isolation:?} {role:?}");
        }
    }
}
