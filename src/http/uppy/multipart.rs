//! `…/s3/multipart`: a large file, in parts.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Serialize;
use utoipa::ToSchema;

use super::file::{File, IN_BODY};
use super::{Key, Named};
use crate::http::extract::Json;
use crate::http::problem::Problem;
use crate::http::{State, schema};
use crate::model::{self, Method, Principal, Provenance};

/// A multipart upload that has begun.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = UppyMultipart)]
pub(in crate::http) struct Begun {
    #[schema(example = "acme/7c0e…/default/0193…/film.mp4")]
    key: String,
    #[schema(value_type = schema::MultipartId)]
    upload_id: String,
    #[schema(example = "uploads")]
    bucket: String,
}

/// A part that S3 has.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = UppyStoredPart)]
pub(in crate::http) struct StoredPart {
    #[schema(value_type = schema::PartNumber)]
    part_number: u16,
    /// In quotes, as S3 gives it.
    #[serde(rename = "ETag")]
    #[schema(example = "\"5eb63bbbe01eeed093cb22bb8f5acdc3\"")]
    etag: String,
    /// Bytes.
    #[schema(value_type = schema::FileSize)]
    size: i64,
}

/// The parts that S3 has, in the order of their numbers.
#[derive(Debug, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(as = UppyStoredParts)]
pub(in crate::http) struct StoredParts(Vec<StoredPart>);

/// Nothing more to say.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UppyNothing)]
pub(in crate::http) struct Nothing {}

/// Grants one upload in parts: records it and begins it at S3. How large it may be is checked when its parts are put together.
#[utoipa::path(
    post, path = "/companion/s3/multipart", operation_id = "companionCreateMultipart", tag = "uppy", security(("cognito" = [])), request_body = File,
    extensions(("x-problems" = json!(["quota-exceeded"]))),
    responses(
        (status = 200, description = "Granted, on record and begun", body = Begun),
    )
)]
pub(in crate::http) async fn post(
    principal: Principal,
    provenance: Provenance,
    state: Data<State>,
    Json(file): Json<File>,
) -> Result<HttpResponse, Problem> {
    let request = file.parse(&IN_BODY, Method::Multipart)?;
    let granted = state.uploads.create(&principal, request, provenance).await;
    let (upload, _next) = granted.map_err(|error| IN_BODY.refusal(error))?;
    let (key, upload_id) = (upload.grant.key.to_string(), upload.multipart_id.ok_or_else(Problem::internal)?);
    Ok(HttpResponse::Ok().json(Begun { key, upload_id, bucket: state.uploads.bucket_name.clone() }))
}

/// The parts that S3 has, all of them, so that a page that was closed can go on.
#[utoipa::path(
    get, path = "/companion/s3/multipart/{uploadId}", operation_id = "companionListParts", tag = "uppy", security(("cognito" = [])),
    params(("uploadId" = schema::MultipartId, Path, description = "The multipart upload"), Key),
    extensions(("x-problems" = json!(["already-ended", "not-multipart"]))),
    responses(
        (status = 200, description = "The parts in the order of their numbers", body = StoredParts),
    )
)]
pub(in crate::http) async fn get(
    principal: Principal,
    named: Named,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let upload = named.find(&state, &principal).await?;
    let stored = state.uploads.stored_parts(&principal, upload.grant.id).await?;
    let part = |part: model::StoredPart| StoredPart {
        part_number: part.number.get(),
        etag: format!("\"{}\"", part.etag),
        size: part.size,
    };
    Ok(HttpResponse::Ok().json(StoredParts(stored.into_iter().map(part).collect())))
}

/// Gives up a pending upload; S3 forgets its parts. Asking again changes nothing, and what was completed stays.
#[utoipa::path(
    delete, path = "/companion/s3/multipart/{uploadId}", operation_id = "companionAbortMultipart", tag = "uppy", security(("cognito" = [])),
    params(("uploadId" = schema::MultipartId, Path, description = "The multipart upload"), Key),
    extensions(("x-problems" = json!(["already-ended", "not-multipart"]))),
    responses(
        (status = 200, description = "It has ended; S3 holds nothing of it, or soon will not", body = Nothing),
    )
)]
pub(in crate::http) async fn delete(
    principal: Principal,
    provenance: Provenance,
    named: Named,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let upload = named.find(&state, &principal).await?;
    state.uploads.abort(&principal, upload.grant.id, provenance).await?;
    Ok(HttpResponse::Ok().json(Nothing {}))
}
