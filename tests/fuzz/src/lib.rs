//! What do the targets share? One gateway's settings, its tenants and what they are granted.

pub mod listing;
pub mod pool;

use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use upload_gateway::adapters::sigv4::Scope;
use upload_gateway::adapters::sts::TemporaryCredentials;
use upload_gateway::config::Config;
use upload_gateway::model::{
    Checksum, Collection, ContentType, ContentTypePattern, FileName, FileSize, Grant, GrantedSize, Isolation, Limits,
    Metadata, Method, ObjectKey, Slug, Subject, Tenant, TenantId, TenantName, TenantStatus, UploadId,
};
use uuid::Uuid;

/// The moment at which everything happens, so that a run can be repeated.
pub const NOW: OffsetDateTime = datetime!(2026-01-01 12:00 UTC);

/// The bucket of [`config`].
pub const BUCKET: &str = "uploads";

/// The key of [`config`], where there is one.
pub const KMS_KEY: &str = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";

/// The text cut into so many fields, one a line. The last has the rest, line ends and all; what is missing is empty.
#[must_use]
pub fn fields<const COUNT: usize>(text: &str) -> [&str; COUNT] {
    let mut lines = text.splitn(COUNT, '\n');
    std::array::from_fn(|_| lines.next().unwrap_or_default())
}

/// A gateway whose user pool has its keys there.
///
/// # Panics
/// When the settings are refused.
#[must_use]
pub fn config(issuer: &str, jwks_url: &str, has_kms_key: bool) -> Config {
    let kms_key = if has_kms_key { format!("kms_key_arn = \"{KMS_KEY}\"") } else { String::new() };
    let text = format!(
        "[database]\nurl = \"postgres://x\"\n\
         [[auth.pools]]\nissuer = \"{issuer}\"\nclient_ids = [\"app\", \"other-app\"]\njwks_url = \"{jwks_url}\"\n\
         [aws]\nregion = \"eu-central-1\"\n\
         [upload]\nbucket = \"{BUCKET}\"\nrole_arn = \"arn:aws:iam::123456789012:role/upload-gateway\"\n{kms_key}"
    );
    Config::from_toml(&text).expect("good settings")
}

/// [`config`] without anybody who signs in.
#[must_use]
pub fn config_without_pool(has_kms_key: bool) -> Config {
    config("https://issuer.example", "https://issuer.example/keys", has_kms_key)
}

/// A tenant of that slug that allows everything.
///
/// # Panics
/// Never: what is in it is right.
#[must_use]
pub fn tenant(slug: Slug) -> Tenant {
    Tenant {
        id: TenantId::from(Uuid::from_u128(1)),
        name: TenantName::parse(slug.as_str()).expect("a slug is a name"),
        slug,
        status: TenantStatus::Active,
        claim_values: Box::default(),
        email_domains: Box::default(),
        identity_provider: None,
        native_users: true,
        limits: Limits {
            max_upload_bytes: FileSize::ONE_REQUEST,
            allowed_content_types: [ContentTypePattern::parse("*/*").expect("a pattern")].into(),
            monthly_bytes: None,
            requests_per_minute: None,
        },
        isolation: Isolation::User,
        credential_vending: true,
        credential_reading: true,
        sessions_from: None,
        created_at: NOW,
        updated_at: NOW,
    }
}

/// What a tenant's subject is granted: one object, in one request.
#[must_use]
pub fn grant(
    tenant: &Tenant,
    subject: Subject,
    collection: Collection,
    file_name: FileName,
    content_type: ContentType,
    size: GrantedSize,
    checksum: Option<Checksum>,
) -> Grant {
    let id = UploadId::from(Uuid::from_u128(7));
    Grant {
        id,
        key: ObjectKey::new(tenant, &subject, &collection, id, &file_name),
        subject,
        collection,
        file_name,
        content_type,
        size,
        checksum,
        metadata: Metadata::default(),
        method: Method::Post,
        parts: None,
    }
}

/// Of a session; the secret is the one in AWS's own examples.
#[must_use]
pub fn credentials() -> TemporaryCredentials {
    let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into();
    let ends = NOW + Duration::HOUR;
    TemporaryCredentials::new(
        "ASIAEXAMPLE".into(),
        secret,
        "to/k+en=".into(),
        Scope::new("eu-central-1", "s3"),
        std::time::Duration::from_secs(3600),
        ends,
    )
}
