//! `POST …/s3/multipart/{uploadId}/complete`

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Key, Named};
use crate::http::extract::LargeJson;
use crate::http::integer::Integer;
use crate::http::object::Object;
use crate::http::problem::Problem;
use crate::http::uploads::complete::claims;
use crate::http::{State, schema};
use crate::model::{Principal, Provenance};

/// The parts that Uppy sent.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = UppyCompletion)]
pub(in crate::http) struct Completion {
    /// All parts, numbered 1, 2, 3 … without a gap.
    #[schema(value_type = Vec<SentPart>, max_items = 10_000)]
    parts: Vec<Object<SentPart>>,
}

/// A part that Uppy sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = UppySentPart)]
struct SentPart {
    #[schema(value_type = schema::PartNumber)]
    part_number: Integer,
    /// Uppy 5 leaves the quotes of S3's `ETag`, Uppy 6 takes them off.
    #[serde(rename = "ETag")]
    #[schema(value_type = schema::EntityTag)]
    etag: String,
}

/// Where the object is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UppyCompleted)]
pub(in crate::http) struct Completed {
    /// Its plain URL, which opens nothing to those who may not read it.
    #[schema(example = "https://uploads.s3.eu-central-1.amazonaws.com/acme/7c0e…/default/0193…/film.mp4")]
    location: String,
    #[schema(example = "acme/7c0e…/default/0193…/film.mp4")]
    key: String,
    #[schema(example = "uploads")]
    bucket: String,
}

/// Puts the parts together if they are what S3 holds and no more than was granted, and records the outcome. Asking again changes nothing.
#[utoipa::path(
    post, path = "/companion/s3/multipart/{uploadId}/complete", operation_id = "companionCompleteMultipart", tag = "uppy", security(("cognito" = [])),
    request_body = Completion,
    params(("uploadId" = schema::MultipartId, Path, description = "The multipart upload"), Key),
    extensions(("x-problems" = json!(["object-missing", "part-missing", "already-ended", "not-multipart", "grant-broken"]))),
    responses(
        (status = 200, description = "Completed and on record", body = Completed),
    )
)]
pub(in crate::http) async fn post(
    principal: Principal,
    provenance: Provenance,
    named: Named,
    state: Data<State>,
    LargeJson(body): LargeJson<Completion>,
) -> Result<HttpResponse, Problem> {
    let parts = claims(body.parts.into_iter().map(|Object(part)| (part.part_number, part.etag)))?;
    let upload = named.find(&state, &principal).await?;
    let upload = state.uploads.complete(&principal, upload.grant.id, Some(&parts), provenance).await?;
    let key = upload.grant.key;
    Ok(HttpResponse::Ok().json(Completed {
        location: state.uploads.bucket.object_url(&key),
        key: key.to_string(),
        bucket: state.uploads.bucket_name.clone(),
    }))
}
