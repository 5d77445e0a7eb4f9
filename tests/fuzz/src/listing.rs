//! Which listings have cursors, and when are two of them the same?

use std::sync::Arc;

use time::{Duration, OffsetDateTime};
use upload_gateway::adapters::postgres::{audit_listing, tenants};
use upload_gateway::domain::tenants::administer;
use upload_gateway::domain::uploads::{list, usage};
use upload_gateway::domain::{access, audit};
use upload_gateway::model::{
    ActionPattern, Collection, CursorScope, Principal, Role, Slug, Subject, Tenant, TenantId, TenantStatus, UploadId,
    UploadStatus,
};
use uuid::Uuid;

/// A listing that somebody asked for.
pub struct Listing {
    /// All that it depends on, as a text: two listings of the same text are the same listing.
    pub identity: String,
    /// What its cursors are tied to.
    pub scope: CursorScope,
}

impl Listing {
    /// The listing that a line of fields between tabs describes; a field that makes no sense is none.
    #[must_use]
    pub fn parse(line: &str) -> Self {
        let mut fields = line.split('\t');
        let mut next = || fields.next().unwrap_or_default();
        let kind = next();
        let principal = principal(next(), next(), next());
        match kind {
            "uploads" => Self::uploads(&principal, next(), next(), next()),
            "collections" => Self::collections(&principal),
            "audit" => Self::audit(&principal, next(), next(), next(), next(), next()),
            _ => Self::tenants(next(), next()),
        }
    }

    fn uploads(principal: &Principal, status: &str, collection: &str, subject: &str) -> Self {
        let filter = list::Filter {
            status: UploadStatus::parse(status).ok(),
            collection: Collection::parse(collection).ok(),
            subject: Subject::parse(subject).ok(),
            before: None,
            limit: 1,
            include_download_url: false,
        };
        let whose = (principal.tenant.id, access::reach(principal));
        let identity = format!("uploads {whose:?} {:?} {:?} {:?}", filter.status, filter.collection, filter.subject);
        Self { identity, scope: filter.cursor_scope(principal) }
    }

    fn collections(principal: &Principal) -> Self {
        let identity = format!("collections {:?} {:?}", principal.tenant.id, access::reach(principal));
        Self { identity, scope: usage::cursor_scope(principal) }
    }

    fn audit(principal: &Principal, subject: &str, action: &str, upload: &str, from: &str, until: &str) -> Self {
        let filter = audit_listing::Filter {
            subject: Subject::parse(subject).ok(),
            action: ActionPattern::parse(action).ok(),
            upload: Uuid::try_parse(upload).ok().map(UploadId::from),
            from: moment(from),
            until: moment(until),
            before: None,
        };
        // Whoever administers no tenant looks as an operator, who sees all of them.
        let tenant = access::administered(principal).ok().map(|tenant| tenant.id);
        let identity = format!("audit {tenant:?} {filter:?}");
        let reach = audit::Reach::of_principal(principal).unwrap_or(audit::Reach::of_operator(None));
        Self { identity, scope: audit::Search { reach, filter }.cursor_scope() }
    }

    fn tenants(status: &str, text: &str) -> Self {
        let text = (!text.is_empty()).then(|| text.to_owned());
        let filter = tenants::Filter { status: TenantStatus::parse(status).ok(), text, before: None, limit: 1 };
        let identity = format!("tenants {:?} {:?}", filter.status, filter.text);
        Self { identity, scope: administer::cursor_scope(&filter) }
    }
}

fn principal(tenant: &str, role: &str, subject: &str) -> Principal {
    let slug = Slug::parse("acme").expect("a slug");
    let id = TenantId::from(Uuid::from_u128(tenant.parse().unwrap_or(0)));
    let role = match role {
        "admin" => Role::TenantAdmin,
        "platform" => Role::PlatformAdmin,
        _ => Role::User,
    };
    let subject = Subject::parse(subject).or_else(|_none| Subject::parse("alice")).expect("a subject");
    Principal { subject, tenant: Arc::new(Tenant { id, ..crate::tenant(slug) }), role }
}

fn moment(milliseconds: &str) -> Option<OffsetDateTime> {
    crate::NOW.checked_add(Duration::milliseconds(milliseconds.parse().ok()?))
}
