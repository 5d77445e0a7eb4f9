//! What do whole bodies look like? One example for each kind of thing that is asked for or answered.

use serde_json::{Value, json};
use utoipa::Modify;
use utoipa::openapi::{OpenApi as Document, RefOr, Schema};

/// Gives the schemas of bodies their examples, unless they have their own.
pub(super) struct Examples;

impl Modify for Examples {
    fn modify(&self, document: &mut Document) {
        let components = document.components.get_or_insert_default();
        for (name, example) in examples().into_iter().chain(of_clients()) {
            match components.schemas.get_mut(name) {
                Some(RefOr::T(Schema::Object(schema))) if schema.examples.is_empty() => schema.examples.push(example),
                Some(RefOr::T(Schema::Array(schema))) if schema.examples.is_empty() => schema.examples.push(example),
                Some(RefOr::T(Schema::AllOf(schema))) if schema.examples.is_empty() => schema.examples.push(example),
                Some(_) | None => {}
            }
        }
    }
}

const ID: &str = "0193a3c5-7d2e-7b1a-9c55-0d7a3d1c9a11";
const SUBJECT: &str = "7c0e1f52-4b7e-4f0e-9d55-0d7a3d1c9a11";
const URL: &str = "https://uploads.s3.eu-central-1.amazonaws.com/acme/7c0e1f52-4b7e-4f0e-9d55-0d7a3d1c9a11/default/0193a3c5-7d2e-7b1a-9c55-0d7a3d1c9a11/photo.jpg?X-Amz-Signature=8f1c";
const ETAG: &str = "5eb63bbbe01eeed093cb22bb8f5acdc3";
const EARLY: &str = "2026-11-21T09:30:00Z";
const LATE: &str = "2026-11-21T09:35:00Z";

fn examples() -> Vec<(&'static str, Value)> {
    let wanted =
        json!({"fileName": "photo.jpg", "contentType": "image/jpeg", "size": 12345, "metadata": {"album": "Summer"}});
    let tenant = tenant();
    let collection = json!({"collection": "default", "uploads": 3, "bytes": 37035});
    let usage = json!({"uploads": 3, "bytes": 37035, "reservedBytes": 12345});
    let changes = json!({"name": "Acme Inc.", "limits": {"maxUploadBytes": 104_857_600, "monthlyBytes": null}});
    vec![
        ("NewUpload", wanted.clone()),
        ("Batch", json!({"uploads": [wanted]})),
        ("Upload", granted()),
        ("GrantedBatch", json!({"items": [granted()]})),
        ("UploadPage", json!({"items": [completed()], "nextCursor": null})),
        ("WantedParts", json!({"partNumbers": [1, 2]})),
        (
            "SignedParts",
            json!({"parts": [{"partNumber": 1, "url": URL, "headers": {"content-length": "16777216"}, "expiresAt": LATE}]}),
        ),
        ("StoredParts", json!({"parts": [{"partNumber": 1, "etag": ETAG, "size": 16_777_216}]})),
        ("Completion", json!({"parts": [{"partNumber": 1, "etag": ETAG}]})),
        ("Suspension", json!({"revokeOutstanding": true})),
        ("Download", json!({"url": URL, "expiresAt": LATE})),
        ("CollectionPage", json!({"items": [collection], "nextCursor": null})),
        (
            "Me",
            json!({
                "subject": SUBJECT, "role": "user", "limits": limits(), "usage": usage,
                "tenant": {"id": ID, "slug": "acme", "name": "Acme Inc.", "status": "active"},
            }),
        ),
        (
            "Login",
            json!({
                "authorizeUrl": "https://acme.auth.eu-central-1.amazoncognito.com/oauth2/authorize?response_type=code&client_id=1example23456789&redirect_uri=https%3A%2F%2Fuploads.example.com%2Fportal%2F&scope=openid+email+profile&identity_provider=CAS-SSO",
                "identityProvider": "CAS-SSO",
            }),
        ),
        ("GatewayLimits", json!({"limits": limits(), "subjectRequestsPerMinute": 600, "setAt": EARLY})),
        ("GatewayLimitChanges", json!({"limits": {"maxUploadBytes": 104_857_600}, "subjectRequestsPerMinute": 600})),
        ("TenantChanges", changes),
        (
            "NewTenant",
            json!({
                "slug": "acme", "name": "Acme Inc.", "claimValues": ["Customer 1"], "emailDomains": ["acme.example"],
                "identityProvider": "CAS-SSO",
            }),
        ),
        ("TenantPage", json!({"items": [tenant], "nextCursor": null})),
        ("Tenant", tenant),
        (
            "TenantUsage",
            json!({
                "months": [{"month": "2026-11", "uploads": 3, "bytes": 37035, "reservedBytes": 12345}],
                "collections": [collection], "days": days(),
            }),
        ),
        ("AuditEventPage", json!({"items": [event()], "nextCursor": null})),
    ]
}

/// What clients that exist say and hear.
fn of_clients() -> Vec<(&'static str, Value)> {
    let (bucket, object) =
        ("https://uploads.s3.eu-central-1.amazonaws.com", format!("acme/{SUBJECT}/default/{ID}/film.mp4"));
    let quoted = format!("\"{ETAG}\"");
    let [id, secret, token, end] = [
        "ASIAIOSFODNN7EXAMPLE",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "IQoJb3JpZ2luX2VjE",
        "2026-11-21T10:30:00Z",
    ];
    let keys = json!({"accessKeyId": id, "secretAccessKey": secret, "sessionToken": token, "expiration": end});
    let aws_keys = json!({"AccessKeyId": id, "SecretAccessKey": secret, "SessionToken": token, "Expiration": end});
    let place = json!({
        "bucket": "uploads", "region": "eu-central-1", "prefix": format!("acme/{SUBJECT}/"),
        "endpoint": "https://s3.eu-central-1.amazonaws.com",
    });
    let uppy = with(with(place.clone(), "credentials", all(&[&aws_keys, &keys])), "s3Endpoint", bucket.into());
    vec![
        ("Credentials", all(&[&keys, &place])),
        ("ProcessCredentials", with(aws_keys, "Version", 1.into())),
        ("UppyCredentials", uppy),
        ("TutorialFile", json!({"filename": "photo.jpg", "contentType": "image/jpeg"})),
        ("TutorialTarget", json!({"uploadUrl": URL, "key": format!("acme/{SUBJECT}/default/{ID}/photo.jpg")})),
        ("UppyFile", json!({"filename": "film.mp4", "type": "video/mp4", "metadata": {"caption": "Summer"}})),
        ("UppyForm", json!({"method": "POST", "url": bucket, "fields": {"key": object, "policy": "eyJl"}})),
        ("UppyMultipart", json!({"key": object, "uploadId": "VXBsb2FkIElE", "bucket": "uploads"})),
        ("UppyPartUrl", json!({"url": URL, "expires": 300})),
        ("UppyPartUrls", json!({"presignedUrls": {"1": URL, "2": URL}})),
        ("UppyStoredParts", json!([{"PartNumber": 1, "ETag": quoted, "Size": 5_242_880}])),
        ("UppyCompletion", json!({"parts": [{"PartNumber": 1, "ETag": quoted}]})),
        ("UppyCompleted", json!({"location": format!("{bucket}/{object}"), "key": object, "bucket": "uploads"})),
        ("UppyNothing", json!({})),
        ("PresignableRequest", json!({"method": "PUT", "key": "3f2b1c9e-8d4a-4e6b-9c1d-2a7f5e8b0c31-film.mp4"})),
        ("PresignedResponse", json!({"url": bucket, "key": object, "fields": {"key": object, "policy": "eyJl"}})),
        (
            "UppySession",
            json!({
                "id": ID, "expiresAt": "2026-11-21T10:30:00Z",
                "companionEndpoint": "https://uploads.example.com/u/mZ3vX0c2dS1KqYt8u5pW7rL4nB6hG9jFeDaCiOxQzTk",
            }),
        ),
    ]
}

/// The members of all of them.
fn all(things: &[&Value]) -> Value {
    things
        .iter()
        .filter_map(|thing| thing.as_object())
        .flatten()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

fn upload(status: &str) -> Value {
    json!({
        "id": ID, "status": status, "key": format!("acme/{SUBJECT}/default/{ID}/photo.jpg"), "subject": SUBJECT,
        "collection": "default", "fileName": "photo.jpg", "contentType": "image/jpeg", "size": 12345, "method": "put",
        "metadata": {"album": "Summer"}, "createdAt": EARLY,
    })
}

fn granted() -> Value {
    let headers = json!({"content-length": "12345", "content-type": "image/jpeg", "if-none-match": "*"});
    with(upload("pending"), "request", json!({"method": "PUT", "url": URL, "headers": headers, "expiresAt": LATE}))
}

fn completed() -> Value {
    with(with(upload("completed"), "completedAt", LATE.into()), "etag", ETAG.into())
}

fn with(mut thing: Value, member: &str, value: Value) -> Value {
    if let Some(members) = thing.as_object_mut() {
        members.insert(member.to_owned(), value);
    }
    thing
}

fn event() -> Value {
    json!({
        "id": ID, "at": EARLY, "tenantId": ID, "subject": SUBJECT, "action": "upload.granted", "uploadId": ID,
        "requestId": ID, "detail": {},
    })
}

/// The last thirty of a month that began with one upload.
fn days() -> Vec<Value> {
    let day = |day: u8| {
        let (uploads, bytes) = if day == 1 { (1, 12345) } else { (0, 0) };
        json!({"day": format!("2026-11-{day:02}"), "uploads": uploads, "bytes": bytes})
    };
    (1..=30).map(day).collect()
}

fn tenant() -> Value {
    json!({
        "id": ID, "slug": "acme", "name": "Acme Inc.", "status": "active", "claimValues": ["Customer 1"],
        "emailDomains": ["acme.example"], "identityProvider": "CAS-SSO", "nativeUsers": false, "isolation": "tenant",
        "credentialVending": false, "credentialReading": false, "limits": limits(),
        "createdAt": EARLY, "updatedAt": EARLY,
    })
}

fn limits() -> Value {
    json!({
        "maxUploadBytes": 5_368_709_120_i64, "allowedContentTypes": ["image/*", "application/pdf"],
        "monthlyBytes": 1_099_511_627_776_i64, "requestsPerMinute": 6000,
    })
}
