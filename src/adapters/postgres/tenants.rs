//! Where are tenants kept?

use sqlx::{PgConnection, PgExecutor};
use time::OffsetDateTime;
use uuid::Uuid;

use super::DatabaseError;
use crate::model::{
    ClaimValue, ContentTypePattern, EmailDomain, FileSize, Invalid, Isolation, Limits, ProviderName, Slug, Tenant,
    TenantId, TenantName, TenantStatus,
};

struct Row {
    id: Uuid,
    slug: String,
    name: String,
    status: String,
    identity_provider: Option<String>,
    native_users: bool,
    isolation: String,
    credential_vending: bool,
    credential_reading: bool,
    sessions_from: Option<OffsetDateTime>,
    max_upload_bytes: i64,
    allowed_content_types: Vec<String>,
    monthly_bytes: Option<i64>,
    requests_per_minute: Option<i32>,
    created_at: OffsetDateTime,
    updated_at: OffsetDateTime,
    claim_values: Vec<String>,
    email_domains: Vec<String>,
}

/// Which tenants a listing shows: newest first, from after `before`.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only those in this status.
    pub status: Option<TenantStatus>,
    /// Only those whose slug or name holds this text, in any case.
    pub text: Option<String>,
    /// Only those created before this one.
    pub before: Option<TenantId>,
    /// At most so many.
    pub limit: i64,
}

/// A query for whole tenants, of which the callers write only the condition. The `!` says what a view hides from sqlx: never null.
macro_rules! tenants {
    ($condition:literal, $($argument:expr),+ $(,)?) => {
        sqlx::query_as!(
            Row,
            r#"select id as "id!", slug as "slug!", name as "name!", status as "status!", identity_provider,
                      native_users as "native_users!",
                      isolation as "isolation!", credential_vending as "credential_vending!",
                      credential_reading as "credential_reading!", sessions_from,
                      max_upload_bytes as "max_upload_bytes!", allowed_content_types as "allowed_content_types!",
                      monthly_bytes, requests_per_minute, created_at as "created_at!", updated_at as "updated_at!",
                      claim_values as "claim_values!", email_domains as "email_domains!"
               from tenants_whole "# + $condition,
            $($argument),+
        )
    };
}

/// The tenant that this claim value means.
///
/// # Errors
/// When Postgres does not answer.
pub async fn find_by_claim(connection: impl PgExecutor<'_>, claim: &str) -> Result<Option<Tenant>, DatabaseError> {
    let row = tenants!("where id = (select tenant_id from tenant_claim_values where claim_value = $1)", claim)
        .fetch_optional(connection)
        .await?;
    Ok(row.map(Tenant::try_from).transpose()?)
}

/// The tenant of that id.
///
/// # Errors
/// When Postgres does not answer.
pub async fn find(connection: impl PgExecutor<'_>, id: TenantId) -> Result<Option<Tenant>, DatabaseError> {
    let row = tenants!("where id = $1", id.as_uuid()).fetch_optional(connection).await?;
    Ok(row.map(Tenant::try_from).transpose()?)
}

/// The tenants of these ids, in no order.
///
/// # Errors
/// When Postgres does not answer.
pub async fn find_all(connection: impl PgExecutor<'_>, ids: &[Uuid]) -> Result<Vec<Tenant>, DatabaseError> {
    let rows = tenants!("where id = any ($1)", ids).fetch_all(connection).await?;
    rows.into_iter().map(|row| Tenant::try_from(row).map_err(DatabaseError::from)).collect()
}

/// The tenant of that slug.
///
/// # Errors
/// When Postgres does not answer.
pub async fn find_by_slug(connection: impl PgExecutor<'_>, slug: &Slug) -> Result<Option<Tenant>, DatabaseError> {
    let row = tenants!("where slug = $1", slug.as_str()).fetch_optional(connection).await?;
    Ok(row.map(Tenant::try_from).transpose()?)
}

/// The tenant whose people have their e-mail addresses in that domain.
///
/// # Errors
/// When Postgres does not answer.
pub async fn find_by_email_domain(
    connection: impl PgExecutor<'_>,
    domain: &EmailDomain,
) -> Result<Option<Tenant>, DatabaseError> {
    let row = tenants!("where id = (select tenant_id from tenant_email_domains where domain = $1)", domain.as_str())
        .fetch_optional(connection)
        .await?;
    Ok(row.map(Tenant::try_from).transpose()?)
}

/// A page of tenants, newest first.
///
/// # Errors
/// When Postgres does not answer.
pub async fn list(connection: impl PgExecutor<'_>, filter: &Filter) -> Result<Vec<Tenant>, DatabaseError> {
    // The caller's text is searched for letter by letter: its wildcards mean themselves.
    let pattern = filter.text.as_ref().map(|text| {
        let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        format!("%{escaped}%")
    });
    let rows = tenants!(
        "where ($1::text is null or status = $1)
           and ($2::text is null or slug ilike $2 or name ilike $2)
           and id < $3
         order by id desc limit $4",
        filter.status.map(TenantStatus::as_str),
        pattern,
        // Not "or there is none": a plan that is made for both reads, and passes over, all that lies before a page.
        filter.before.map_or(Uuid::max(), |id| id.as_uuid()),
        filter.limit,
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(|row| Tenant::try_from(row).map_err(DatabaseError::from)).collect()
}

/// Adds a tenant.
///
/// # Errors
/// [`DatabaseError::Taken`] when its slug, a claim value or an e-mail domain is another's.
pub async fn insert(connection: &mut PgConnection, tenant: &Tenant) -> Result<(), DatabaseError> {
    let types = patterns(tenant);
    sqlx::query!(
        "insert into tenants (id, slug, name, status, identity_provider, isolation, credential_vending, max_upload_bytes,
                              allowed_content_types, monthly_bytes, requests_per_minute, created_at, updated_at,
                              credential_reading, native_users)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        tenant.id.as_uuid(),
        tenant.slug.as_str(),
        tenant.name.as_str(),
        tenant.status.as_str(),
        tenant.identity_provider.as_ref().map(ProviderName::as_str),
        tenant.isolation.as_str(),
        tenant.credential_vending,
        tenant.limits.max_upload_bytes.bytes(),
        &types,
        tenant.limits.monthly_bytes,
        tenant.limits.requests_per_minute,
        tenant.created_at,
        tenant.updated_at,
        tenant.credential_reading,
        tenant.native_users,
    )
    .execute(&mut *connection)
    .await?;
    insert_names(connection, tenant).await
}

/// Writes everything of a tenant that may change; the slug may not.
///
/// # Errors
/// [`DatabaseError::Taken`] when a claim value or an e-mail domain is another's.
pub async fn update(connection: &mut PgConnection, tenant: &Tenant) -> Result<(), DatabaseError> {
    let types = patterns(tenant);
    sqlx::query!(
        "update tenants set name = $2, status = $3, identity_provider = $4, isolation = $5, credential_vending = $6,
                max_upload_bytes = $7, allowed_content_types = $8, monthly_bytes = $9, requests_per_minute = $10, updated_at = $11,
                credential_reading = $12, native_users = $13, sessions_from = $14
         where id = $1",
        tenant.id.as_uuid(),
        tenant.name.as_str(),
        tenant.status.as_str(),
        tenant.identity_provider.as_ref().map(ProviderName::as_str),
        tenant.isolation.as_str(),
        tenant.credential_vending,
        tenant.limits.max_upload_bytes.bytes(),
        &types,
        tenant.limits.monthly_bytes,
        tenant.limits.requests_per_minute,
        tenant.updated_at,
        tenant.credential_reading,
        tenant.native_users,
        tenant.sessions_from,
    )
    .execute(&mut *connection)
    .await?;
    let id = tenant.id.as_uuid();
    sqlx::query!("delete from tenant_claim_values where tenant_id = $1", id).execute(&mut *connection).await?;
    sqlx::query!("delete from tenant_email_domains where tenant_id = $1", id).execute(&mut *connection).await?;
    insert_names(connection, tenant).await
}

/// Holds the tenant's row until the transaction ends, so that two changes come one after the other.
///
/// # Errors
/// When Postgres does not answer.
pub async fn lock(connection: &mut PgConnection, id: TenantId) -> Result<(), DatabaseError> {
    sqlx::query!("select id from tenants where id = $1 for update", id.as_uuid()).fetch_optional(connection).await?;
    Ok(())
}

/// Whose sessions were revoked after that moment, and from when on theirs must have begun; by slug.
///
/// # Errors
/// When Postgres does not answer.
pub async fn revoked_since(
    connection: impl PgExecutor<'_>,
    moment: OffsetDateTime,
) -> Result<Vec<(Slug, OffsetDateTime)>, DatabaseError> {
    let rows = sqlx::query!(
        r#"select slug, sessions_from as "from!" from tenants where sessions_from > $1 order by slug"#,
        moment
    );
    let rows = rows.fetch_all(connection).await?;
    rows.into_iter().map(|row| Ok((Slug::parse(&row.slug)?, row.from))).collect()
}

/// How many tenants are in each status.
///
/// # Errors
/// When Postgres does not answer.
pub async fn count_by_status(connection: impl PgExecutor<'_>) -> Result<Vec<(String, i64)>, DatabaseError> {
    let rows = sqlx::query!(r#"select status, count(*) as "count!" from tenants group by status"#);
    Ok(rows.fetch_all(connection).await?.into_iter().map(|row| (row.status, row.count)).collect())
}

async fn insert_names(connection: &mut PgConnection, tenant: &Tenant) -> Result<(), DatabaseError> {
    let claims: Vec<String> = tenant.claim_values.iter().map(|v| v.as_str().to_owned()).collect();
    let domains: Vec<String> = tenant.email_domains.iter().map(|d| d.as_str().to_owned()).collect();
    let id = tenant.id.as_uuid();
    sqlx::query!("insert into tenant_claim_values (tenant_id, claim_value) select $1, unnest($2::text[])", id, &claims)
        .execute(&mut *connection)
        .await?;
    sqlx::query!("insert into tenant_email_domains (tenant_id, domain) select $1, unnest($2::text[])", id, &domains)
        .execute(&mut *connection)
        .await?;
    Ok(())
}

fn patterns(tenant: &Tenant) -> Vec<String> {
    tenant.limits.allowed_content_types.iter().map(|pattern| pattern.as_str().to_owned()).collect()
}

/// The database's own order depends on its collation; ours does not.
fn in_order<T: Ord>(values: impl Iterator<Item = Result<T, Invalid>>) -> Result<Box<[T]>, Invalid> {
    let mut values = values.collect::<Result<Box<[T]>, _>>()?;
    values.sort_unstable();
    Ok(values)
}

impl TryFrom<Row> for Tenant {
    type Error = Invalid;

    fn try_from(row: Row) -> Result<Self, Invalid> {
        let patterns = row.allowed_content_types.iter().map(|text| ContentTypePattern::parse(text));
        let claims = row.claim_values.iter().map(|text| ClaimValue::parse(text));
        let domains = row.email_domains.iter().map(|text| EmailDomain::parse(text));
        Ok(Self {
            id: TenantId::from(row.id),
            slug: Slug::parse(&row.slug)?,
            name: TenantName::parse(&row.name)?,
            status: TenantStatus::parse(&row.status)?,
            claim_values: in_order(claims)?,
            email_domains: in_order(domains)?,
            identity_provider: row.identity_provider.as_deref().map(ProviderName::parse).transpose()?,
            native_users: row.native_users,
            limits: Limits {
                max_upload_bytes: FileSize::parse(row.max_upload_bytes)?,
                allowed_content_types: patterns.collect::<Result<_, _>>()?,
                monthly_bytes: row.monthly_bytes,
                requests_per_minute: row.requests_per_minute,
            },
            isolation: Isolation::parse(&row.isolation)?,
            credential_vending: row.credential_vending,
            credential_reading: row.credential_reading,
            sessions_from: row.sessions_from,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}
