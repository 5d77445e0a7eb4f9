//! `POST /v1/credentials`, and the same as Uppy asks for it: `GET /companion/s3/sts`

use actix_web::http::header::{ACCEPT, CONTENT_TYPE};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use secrecy::ExposeSecret as _;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::State;
use super::problem::Problem;
use crate::adapters::s3::Bucket;
use crate::adapters::sts::Session;
use crate::domain::credentials::{HandedOut, hand_out};
use crate::model::{Principal, Provenance};

/// What the AWS CLI and SDKs read from a program named by `credential_process`.
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html>
const CREDENTIAL_PROCESS: &str = "application/vnd.aws.credential-process+json";

/// Credentials that reach one prefix until they expire; nobody can end them earlier.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Keys {
    #[schema(example = "ASIAIOSFODNN7EXAMPLE")]
    access_key_id: String,
    #[schema(example = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")]
    secret_access_key: String,
    #[schema(example = "IQoJb3JpZ2luX2VjE…")]
    session_token: String,
    #[serde(with = "time::serde::rfc3339")]
    expiration: OffsetDateTime,
}

/// The same, as AWS's own tools and Uppy 5 spell it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
struct AwsKeys {
    #[schema(example = "ASIAIOSFODNN7EXAMPLE")]
    access_key_id: String,
    #[schema(example = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")]
    secret_access_key: String,
    #[schema(example = "IQoJb3JpZ2luX2VjE…")]
    session_token: String,
    #[serde(with = "time::serde::rfc3339")]
    expiration: OffsetDateTime,
}

/// What the credentials are good for.
#[derive(Serialize, ToSchema)]
struct Place {
    #[schema(example = "uploads")]
    bucket: String,
    #[schema(example = "eu-central-1")]
    region: String,
    /// What every key must begin with.
    #[schema(example = "acme/7c0e2a51-4f0e-4ad1-9d5f-0c4f6a1f4a11/")]
    prefix: String,
    /// Where S3 is, as SDKs want it.
    #[schema(example = "https://s3.eu-central-1.amazonaws.com")]
    endpoint: String,
}

/// Temporary S3 credentials, and what they are good for.
#[derive(Serialize, ToSchema)]
pub(super) struct Credentials {
    #[serde(flatten)]
    keys: Keys,
    #[serde(flatten)]
    place: Place,
}

/// Temporary S3 credentials for a `credential_process`.
#[derive(Serialize, ToSchema)]
pub(super) struct ProcessCredentials {
    /// 1
    #[serde(rename = "Version")]
    #[schema(example = 1)]
    version: u8,
    #[serde(flatten)]
    keys: AwsKeys,
}

/// Temporary S3 credentials for Uppy.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct UppyCredentials {
    credentials: BothSpellings,
    #[serde(flatten)]
    place: Place,
    /// Where the bucket is: the option of Uppy 6 with this name.
    #[schema(example = "https://uploads.s3.eu-central-1.amazonaws.com")]
    s3_endpoint: String,
}

/// Uppy 5 reads the one spelling, Uppy 6 the other.
#[derive(Serialize, ToSchema)]
struct BothSpellings {
    #[serde(flatten)]
    five: AwsKeys,
    #[serde(flatten)]
    six: Keys,
}

impl From<&Session> for Keys {
    fn from(credentials: &Session) -> Self {
        Self {
            access_key_id: credentials.access_key_id.to_string(),
            secret_access_key: credentials.secret_access_key().expose_secret().to_owned(),
            session_token: credentials.token(),
            expiration: credentials.expires_at,
        }
    }
}

impl From<Keys> for AwsKeys {
    fn from(Keys { access_key_id, secret_access_key, session_token, expiration }: Keys) -> Self {
        Self { access_key_id, secret_access_key, session_token, expiration }
    }
}

impl Place {
    fn new(bucket: &Bucket, prefix: String) -> Self {
        let [name, region, endpoint] = [bucket.name(), bucket.region(), bucket.endpoint()].map(ToOwned::to_owned);
        Self { bucket: name, region, prefix, endpoint }
    }
}

/// Hands out temporary S3 credentials for the caller's own prefix: PutObject and multipart, and where the tenant allows it also
/// GetObject and ListBucket. What is written with them becomes an upload when S3 tells of it.
#[utoipa::path(
    post, path = "/v1/credentials", operation_id = "issueCredentials", tag = "credentials", security(("cognito" = [])),
    params(("accept" = Option<String>, Header, description = "`application/vnd.aws.credential-process+json` for the answer that the AWS CLI and SDKs read from a `credential_process`")),
    extensions(("x-problems" = json!(["credentials-not-allowed"]))),
    responses(
        (status = 200, description = "Credentials, on record", content(
            (Credentials = "application/json"),
            (ProcessCredentials = "application/vnd.aws.credential-process+json"),
        )),
    )
)]
pub(super) async fn post(
    principal: Principal,
    provenance: Provenance,
    state: Data<State>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let HandedOut { credentials, prefix } = hand_out(&state.uploads, &principal, provenance).await?;
    let keys = Keys::from(&*credentials);
    if wants_process_credentials(&http) {
        let answer = ProcessCredentials { version: 1, keys: keys.into() };
        return Ok(HttpResponse::Ok().insert_header((CONTENT_TYPE, CREDENTIAL_PROCESS)).json(answer));
    }
    Ok(HttpResponse::Ok().json(Credentials { keys, place: Place::new(&state.uploads.bucket, prefix) }))
}

/// Temporary credentials for Uppy: `getTemporarySecurityCredentials` of version 5, `getCredentials` of version 6.
#[utoipa::path(
    get, path = "/companion/s3/sts", operation_id = "uppyCredentials", tag = "uppy", security(("cognito" = [])),
    extensions(("x-problems" = json!(["credentials-not-allowed"]))),
    responses(
        (status = 200, description = "Credentials, on record", body = UppyCredentials),
    )
)]
pub(super) async fn get(
    principal: Principal,
    provenance: Provenance,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let HandedOut { credentials, prefix } = hand_out(&state.uploads, &principal, provenance).await?;
    let (five, six) = (Keys::from(&*credentials).into(), Keys::from(&*credentials));
    let bucket = &state.uploads.bucket;
    Ok(HttpResponse::Ok().json(UppyCredentials {
        credentials: BothSpellings { five, six },
        place: Place::new(bucket, prefix),
        s3_endpoint: bucket.url(),
    }))
}

fn wants_process_credentials(http: &HttpRequest) -> bool {
    let accepted = http.headers().get_all(ACCEPT).filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|kind| {
        kind.split(';').next().is_some_and(|essence| essence.trim().eq_ignore_ascii_case(CREDENTIAL_PROCESS))
    })
}
