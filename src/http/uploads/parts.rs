//! `/v1/uploads/{id}/parts`

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::domain::uploads::parts::part_numbers;
use crate::http::State;
use crate::http::extract::{Faults, Id, Json};
use crate::http::problem::{self, Problem};
use crate::model::{Invalid, Principal, UploadId};

/// Which parts the client is about to send.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct WantedParts {
    /// 1 to 1,000 numbers, each 1 to the upload's `partCount`.
    #[schema(example = json!([1, 2]))]
    part_numbers: Option<Vec<i64>>,
}

/// Where each part goes.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct SignedParts {
    parts: Vec<SignedPart>,
}

/// Where one part goes.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SignedPart {
    part_number: u16,
    /// Whoever holds it can write the part, so it is a secret. Send the part with PUT.
    url: String,
    /// Every header that must be sent; they are signed. A browser sets `content-length` by itself.
    headers: BTreeMap<&'static str, String>,
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
}

/// What S3 has.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct StoredParts {
    parts: Vec<StoredPart>,
}

/// A part that S3 has.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct StoredPart {
    part_number: u16,
    #[schema(example = "5eb63bbbe01eeed093cb22bb8f5acdc3")]
    etag: String,
    /// Bytes.
    size: i64,
}

/// URLs for parts, made just in time: ask for a few, send them, ask for the next.
#[utoipa::path(
    post, path = "/v1/uploads/{id}/parts", operation_id = "signParts", tag = "uploads", security(("cognito" = [])), request_body = WantedParts,
    params(("id" = uuid::Uuid, Path, description = "The upload")),
    responses(
        (status = 200, description = "A URL for each part, in the order in which they were asked for", body = SignedParts),
        (status = 409, description = "The upload has ended, or is no multipart upload", body = problem::Document, content_type = "application/problem+json"),
    )
)]
pub(in crate::http) async fn post(
    principal: Principal,
    Id(id): Id,
    state: Data<State>,
    Json(body): Json<WantedParts>,
) -> Result<HttpResponse, Problem> {
    let mut faults = Faults::default();
    let numbers = body.part_numbers.ok_or(Invalid::rule("is required")).and_then(|given| part_numbers(&given));
    let numbers = faults.take("/partNumbers", numbers);
    let numbers = faults.finish(numbers)?;
    let signed = state.uploads.sign_parts(&principal, UploadId::from(id), &numbers).await?;
    let parts = signed.into_iter().map(|(number, part)| SignedPart {
        part_number: number.get(),
        url: part.url,
        headers: part.headers.into_iter().collect(),
        expires_at: part.expires_at,
    });
    Ok(HttpResponse::Ok().json(SignedParts { parts: parts.collect() }))
}

/// The parts that S3 has, all of them, so that a client that lost count can go on.
#[utoipa::path(
    get, path = "/v1/uploads/{id}/parts", operation_id = "listParts", tag = "uploads", security(("cognito" = [])),
    params(("id" = uuid::Uuid, Path, description = "The upload")),
    responses(
        (status = 200, description = "The parts in the order of their numbers", body = StoredParts),
        (status = 409, description = "The upload has ended, or is no multipart upload", body = problem::Document, content_type = "application/problem+json"),
    )
)]
pub(in crate::http) async fn get(
    principal: Principal,
    Id(id): Id,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let stored = state.uploads.stored_parts(&principal, UploadId::from(id)).await?;
    let part = |part: crate::model::StoredPart| StoredPart {
        part_number: part.number.get(),
        etag: part.etag,
        size: part.size,
    };
    Ok(HttpResponse::Ok().json(StoredParts { parts: stored.into_iter().map(part).collect() }))
}
