//! `POST …/s3/multipart/{uploadId}/complete`

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Key, Named};
use crate::http::State;
use crate::http::extract::LargeJson;
use crate::http::problem::{self, Problem};
use crate::http::uploads::complete::claims;
use crate::model::{Principal, RequestId};

/// The parts that Uppy sent.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = UppyCompletion)]
pub(in crate::http) struct Completion {
    /// All parts, numbered 1, 2, 3 … without a gap; at most 10,000.
    parts: Vec<SentPart>,
}

/// A part that Uppy sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = UppySentPart)]
struct SentPart {
    /// 1 to 10,000.
    #[schema(example = 1)]
    part_number: i64,
    /// The `ETag` that S3 answered, with or without its quotes: Uppy 5 leaves them, Uppy 6 takes them off.
    #[serde(rename = "ETag")]
    #[schema(example = "\"5eb63bbbe01eeed093cb22bb8f5acdc3\"")]
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
    params(("uploadId" = uuid::Uuid, Path, description = "The upload"), Key),
    responses(
        (status = 200, description = "Completed and on record", body = Completed),
        (status = 409, description = "A part is not there yet, or the upload has ended otherwise or is no multipart upload", body = problem::Document, content_type = "application/problem+json"),
        (status = 422, description = "The parts are not what S3 holds, or more than was granted", body = problem::Document, content_type = "application/problem+json"),
    )
)]
pub(in crate::http) async fn post(
    principal: Principal,
    request_id: RequestId,
    named: Named,
    state: Data<State>,
    LargeJson(body): LargeJson<Completion>,
) -> Result<HttpResponse, Problem> {
    let parts = claims(body.parts.into_iter().map(|part| (part.part_number, part.etag)))?;
    let upload = named.find(&state, &principal).await?;
    let upload = state.uploads.complete(&principal, upload.grant.id, Some(&parts), request_id).await?;
    let key = upload.grant.key;
    Ok(HttpResponse::Ok().json(Completed {
        location: state.uploads.bucket.object_url(&key),
        key: key.to_string(),
        bucket: state.uploads.bucket_name.clone(),
    }))
}
