//! How does each value look in the contract? The model's parsers again, as JSON Schema: whatever a pattern here matches,
//! they take, and nothing else. The types have no values; a member of a body names one as its `value_type`.

use serde_json::{Value, json};
use utoipa::openapi::schema::{
    AdditionalProperties, ArrayBuilder, KnownFormat, ObjectBuilder, OneOfBuilder, SchemaFormat, Type,
};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::tenants::revoke::Revocation as Revoked;
use crate::model;
use crate::model::ChecksumAlgorithm;

macro_rules! schemas {
    ($($(#[doc = $doc:literal])+ $name:ident = $schema:expr;)+) => {$(
        $(#[doc = $doc])+
        pub(super) enum $name {}

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let description = concat!($($doc),+).trim();
                $schema.description(Some(description)).into()
            }
        }

        impl ToSchema for $name {}
    )+};
}

schemas! {
    /// The file's name: 1 to 255 characters of any script, no control characters, no `/` or `\`.
    FileName = text(1, 255, r"^[^\u0000-\u001f\u007f-\u009f/\\]+$").examples([json!("photo.jpg")]);
    /// An RFC 9110 media type, with or without parameters.
    ContentType = text(3, 255, CONTENT_TYPE).examples([json!("image/jpeg")]);
    /// A media type that is allowed, or all of a kind, or all.
    ContentTypePattern = text(3, 255, CONTENT_TYPE_PATTERN).examples([json!("image/*")]);
    /// Bytes: 1 to 48.8 TiB, the largest object that S3 holds. What one request carries is at most 5 GiB.
    FileSize = number(1, model::FileSize::LARGEST).examples([json!(12345)]);
    /// The folder that an upload is filed under.
    CollectionName = text(1, 64, "^[A-Za-z0-9][A-Za-z0-9._-]*$").examples([json!("default")]);
    /// Names and values to remember, at most 2 KiB together.
    Metadata = ObjectBuilder::new()
        .schema_type(Type::Object)
        .property_names(Some(text(1, 2048, NO_NUL)))
        .additional_properties(Some(AdditionalProperties::RefOr(text(0, 2048, NO_NUL).into())))
        .examples([json!({"album": "Summer"})]);
    /// Names and values to remember, at most 2 KiB together: what JavaScript makes texts of. `name` and `type` are left out,
    /// because they say nothing new; so is what is null.
    UppyMetadata = ObjectBuilder::new()
        .schema_type(Type::Object)
        .property_names(Some(text(1, 2048, NO_NUL)))
        .additional_properties(Some(AdditionalProperties::RefOr(
            OneOfBuilder::new()
                .item(text(0, 2048, NO_NUL))
                .item(ObjectBuilder::new().schema_type(Type::Number))
                .item(ObjectBuilder::new().schema_type(Type::Boolean))
                .item(ObjectBuilder::new().schema_type(Type::Null))
                .into(),
        )))
        .examples([json!({"caption": "Summer"})]);
    /// How the bytes travel: one PUT, one POST of a form, or parts.
    UploadMethod = one_of([model::Method::Put, model::Method::Post, model::Method::Multipart].map(model::Method::as_str));
    /// The HTTP method of a request to S3.
    SignedMethod = one_of(["PUT", "POST"]);
    /// Where an upload stands: `pending` → `completed`, `failed`, `expired` or `aborted`; `completed` → `deleted`.
    UploadStatus = one_of(model::UploadStatus::ALL.map(model::UploadStatus::as_str));
    /// A checksum of the whole object, in base64.
    Checksum = OneOfBuilder::new()
        .item(checksum(ChecksumAlgorithm::Sha256, "^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$"))
        .item(checksum(ChecksumAlgorithm::Crc32c, "^[A-Za-z0-9+/]{5}[AQgw]==$"))
        .item(checksum(ChecksumAlgorithm::Crc64nvme, "^[A-Za-z0-9+/]{10}[AEIMQUYcgkosw048]=$"))
        .examples([json!({"algorithm": "SHA256", "value": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="})]);
    /// The HTTP method of a request that the browser is about to make.
    PresignableMethod = one_of(["PUT", "POST", "GET", "DELETE"]);
    /// An object's key, or a proposal for one.
    ProposedKey = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(1024)).examples([json!("3f2b1c9e-8d4a-4e6b-9c1d-2a7f5e8b0c31-photo.jpg")]);
    /// What S3 calls a multipart upload.
    MultipartId = text(1, 1024, "^[!-~]+$").examples([json!("VXBsb2FkIElEIGZvciA2aWWpbmcncyBteS1tb3ZpZS5tMnRzIHVwbG9hZA")]);
    /// So long.
    Seconds = number(1, i64::MAX).examples([json!(300)]);
    /// The number of a part.
    PartNumber = number(1, model::PartNumber::MOST).examples([json!(1)]);
    /// 1 to 1,000 different numbers of parts.
    PartNumbers = ArrayBuilder::new()
        .items(PartNumber::schema())
        .min_items(Some(1))
        .max_items(Some(1000))
        .unique_items(true)
        .examples([json!([1, 2])]);
    /// The `ETag` that S3 answered, with or without its quotes.
    EntityTag = text(1, 128, r#"^"*[!#-~][!-~]*$"#).examples([json!("5eb63bbbe01eeed093cb22bb8f5acdc3")]);
    /// Who somebody is within the user pool: the token's `sub`.
    Subject = text(1, 128, "^[A-Za-z0-9_-][A-Za-z0-9._-]*$").examples([json!("7c0e1f52-4b7e-4f0e-9d55-0d7a3d1c9a11")]);
    /// As what somebody calls.
    Role = one_of([model::Role::User, model::Role::TenantAdmin, model::Role::PlatformAdmin].map(model::Role::as_str));
    /// A tenant's name in object keys, session tags and policies. It never changes.
    Slug = text(2, 63, "^[a-z0-9][a-z0-9-]*[a-z0-9]$").examples([json!("acme")]);
    /// What people call the tenant: no control characters, no space around it.
    TenantName = text(1, 200, TRIMMED).examples([json!("Acme Inc.")]);
    /// A value of the tenant claim, exactly as the identity provider sends it.
    ClaimValue = text(1, 256, TRIMMED).examples([json!("Customer 1")]);
    /// A domain of e-mail addresses.
    EmailDomain = text(3, 253, EMAIL_DOMAIN).examples([json!("acme.example")]);
    /// An e-mail address.
    EmailAddress = text(5, 254, &format!("^[^@]+@{}", EMAIL_DOMAIN.trim_start_matches('^'))).examples([json!("alice@acme.example")]);
    /// The authorize endpoint of a user pool's hosted UI, with what it has to be told.
    AuthorizeUrl = ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::Custom("uri".to_owned())));
    /// The name of an identity provider in Cognito.
    IdentityProvider = text(1, 32, r"^[^\u0000-\u001f\u007f-\u009f]+$").examples([json!("CAS-SSO")]);
    /// `tenant`: a session with the store reaches all of the tenant. `user`: it reaches only what is its user's own, but a
    /// tenant admin's reaches all.
    TenantIsolation = one_of([model::Isolation::Tenant, model::Isolation::User].map(model::Isolation::as_str));
    /// `suspended`: its people are refused.
    TenantStatus = one_of([model::TenantStatus::Active, model::TenantStatus::Suspended].map(model::TenantStatus::as_str));
    /// What came of the wish to revoke what was handed out.
    Revocation = one_of([Revoked::NotAsked, Revoked::Made, Revoked::NotPermitted, Revoked::Failed].map(Revoked::as_str));
    /// Bytes in a calendar month (UTC).
    MonthlyBytes = number(1, i64::MAX).examples([json!(1_099_511_627_776_i64)]);
    /// Requests in a minute.
    RequestsPerMinute = number(1, i64::from(i32::MAX)).examples([json!(6000)]);
    /// How many of something.
    Count = number(0, i64::MAX).examples([json!(3)]);
    /// The `nextCursor` of the page before, of the same listing with the same filters. It has no meaning of its own.
    Cursor = text(1, 96, "^[A-Za-z0-9_-]+$").examples([json!("AZN7b3c2fEGkYv0h5cJX1dJ0c3VtLW1h")]);
    /// How many items a page has at most.
    PageSize = number(1, 200).default(Some(json!(50)));
    /// What slug or name must hold.
    TenantSearch = text(0, 200, NO_NUL).examples([json!("acme")]);
    /// Whether the browser saves it or shows it.
    Disposition = one_of(["attachment", "inline"]).default(Some(json!("attachment")));
    /// What comes along.
    Inclusion = one_of(["downloadUrl"]);
    /// What comes along with a tenant.
    TenantInclusion = one_of(["usage"]);
    /// 1 to 255 visible ASCII characters, in quotes or not, that no other request of the caller's had in the last 24 hours.
    /// Asking again with the same key and the same body makes nothing new: it answers what was made, with fresh URLs.
    IdempotencyKey = text(1, 257, r#"^([!#-~][!-~]{0,254}|"|"[!-~]{0,253}[!#-~]|"[!-~]{1,255}")$"#)
        .examples([json!("8e03978e-40d5-43dd-bc93-6894a57f9324")]);
    /// A calendar month (UTC).
    CalendarMonth = text(7, 7, "^[0-9]{4}-(0[1-9]|1[0-2])$").examples([json!("2026-11")]);
    /// What somebody did.
    Action = text(1, 64, "^[a-z0-9._-]+$").examples([json!("upload.granted")]);
    /// What somebody did; with `.*` at its end, everything below.
    ActionPattern = text(1, 64, r"^[a-z0-9._-]+(\.\*)?$").examples([json!("upload.*")]);
    /// A day (UTC).
    CalendarDay = ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Date)))
        .examples([json!("2026-11-21")]);
    /// A URL. Whoever holds it may make its request, so it is a secret.
    SecretUrl = ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::Custom("uri".to_owned())))
        .examples([json!("https://uploads.s3.eu-central-1.amazonaws.com/acme/photo.jpg?X-Amz-Signature=8f1c")]);
}

const CONTENT_TYPE: &str = concat!(
    "^[!#$%&'*+.^_`|~0-9A-Za-z-]+/[!#$%&'*+.^_`|~0-9A-Za-z-]+",
    "( *; *[!#$%&'*+.^_`|~0-9A-Za-z-]+=([!#$%&'*+.^_`|~0-9A-Za-z-]+|\"[ !#-:<-\\[\\]-~]*\"))*$"
);
const CONTENT_TYPE_PATTERN: &str = r"^(\*/\*|[!#$%&'+.^_`|~0-9A-Za-z-]+/(\*|[!#$%&'+.^_`|~0-9A-Za-z-]+))$";
const EMAIL_DOMAIN: &str =
    "^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\\.)+[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$";
const NO_NUL: &str = r"^[^\u0000]*$";
/// No control characters, and neither the first nor the last character is white space (Unicode's `White_Space`).
const TRIMMED: &str = concat!(
    r"^[^\u0000-\u0020\u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]",
    r"([^\u0000-\u001f\u007f-\u009f]*",
    r"[^\u0000-\u0020\u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000])?$"
);

pub(super) fn text(shortest: usize, longest: usize, pattern: &str) -> ObjectBuilder {
    let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern)).max_length(Some(longest));
    text.min_length((shortest > 0).then_some(shortest))
}

fn number(least: i64, most: i64) -> ObjectBuilder {
    let bound = |bound: i64| utoipa::Number::Int(isize::try_from(bound).unwrap_or(isize::MAX));
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .minimum(Some(bound(least)))
        .maximum(Some(bound(most)))
}

/// One of these texts, as the model spells them.
pub(super) fn one_of<const N: usize>(names: [&'static str; N]) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names.map(Value::from)))
}

fn checksum(algorithm: ChecksumAlgorithm, pattern: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .title(Some(algorithm.as_str()))
        .property("algorithm", one_of([algorithm.as_str()]))
        .property("value", ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern)))
        .required("algorithm")
        .required("value")
}
