//! `…/s3/multipart`: a large file, in parts.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Serialize;
use utoipa::ToSchema;

use super::file::{File, IN_BODY};
use super::{Key, Named};
use crate::http::State;
use crate::http::extract::Json;
use crate::http::problem::{self, Problem};
use crate::model::{self, Method, Principal, RequestId};

/// A multipart upload that has begun.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = UppyMultipart)]
pub(in crate::http) struct Begun {
    #[schema(example = "acme/7c0e…/default/0193…/film.mp4")]
    key: String,
    /// The upload's id, as under `/v1/uploads`.
    #[schema(example = "0193a3c5-7e5a-7b6a-9a51-1c2d3e4f5a6b")]
    upload_id: String,
    #[schema(example = "uploads")]
    bucket: String,
}

/// A part that S3 has.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = UppyStoredPart)]
pub(in crate::http) struct StoredPart {
    #[schema(example = 1)]
    part_number: u16,
    /// In quotes, as S3 gives it.
    #[serde(rename = "ETag")]
    #[schema(example = "\"5eb63bbbe01eeed093cb22bb8f5acdc3\"")]
    etag: String,
    /// Bytes.
    #[schema(example = 5_242_880)]
    size: i64,
}

/// Nothing more to say.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UppyNothing)]
pub(in crate::http) struct Nothing {}

/// Grants one upload in parts: records it and begins it at S3. How large it may be is checked when its parts are put together.
#[utoipa::path(
    post, path = "/companion/s3/multipart", operation_id = "companionCreateMultipart", tag = "uppy", security(("cognito" = [])), request_body = File,
    responses(
        (status = 200, description = "Granted, on record and begun", body = Begun),
        (status = 403, description = "As everywhere, and `quota-exceeded`: the tenant's month has no room for the largest file that it may send", body = problem::Document, content_type = "application/problem+json"),
    )
)]
pub(in crate::http) async fn post(
    principal: Principal,
    request_id: RequestId,
    state: Data<State>,
    Json(file): Json<File>,
) -> Result<HttpResponse, Problem> {
    let request = file.parse(&IN_BODY, Method::Multipart)?;
    let granted = state.uploads.create(&principal, request, request_id).await;
    let (upload, _next) = granted.map_err(|error| IN_BODY.refusal(error))?;
    let (key, upload_id) = (upload.grant.key.to_string(), upload.grant.id.to_string());
    Ok(HttpResponse::Ok().json(Begun { key, upload_id, bucket: state.uploads.bucket_name.clone() }))
}

/// The parts that S3 has, all of them, so that a page that was closed can go on.
#[utoipa::path(
    get, path = "/companion/s3/multipart/{uploadId}", operation_id = "companionListParts", tag = "uppy", security(("cognito" = [])),
    params(("uploadId" = uuid::Uuid, Path, description = "The upload"), Key),
    responses(
        (status = 200, description = "The parts in the order of their numbers", body = Vec<StoredPart>),
        (status = 409, description = "The upload has ended, or is no multipart upload", body = problem::Document, content_type = "application/problem+json"),
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
    Ok(HttpResponse::Ok().json(stored.into_iter().map(part).collect::<Vec<_>>()))
}

/// Gives up a pending upload; S3 forgets its parts. Asking again changes nothing, and what was completed stays.
#[utoipa::path(
    delete, path = "/companion/s3/multipart/{uploadId}", operation_id = "companionAbortMultipart", tag = "uppy", security(("cognito" = [])),
    params(("uploadId" = uuid::Uuid, Path, description = "The upload"), Key),
    responses(
        (status = 200, description = "It has ended; S3 holds nothing of it, or soon will not", body = Nothing),
        (status = 409, description = "The upload is completed, or is no multipart upload", body = problem::Document, content_type = "application/problem+json"),
    )
)]
pub(in crate::http) async fn delete(
    principal: Principal,
    request_id: RequestId,
    named: Named,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let upload = named.find(&state, &principal).await?;
    state.uploads.abort(&principal, upload.grant.id, request_id).await?;
    Ok(HttpResponse::Ok().json(Nothing {}))
}
