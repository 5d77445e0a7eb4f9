//! `/v1/uploads/{id}/parts`

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::domain::uploads::parts::part_numbers;
use crate::http::extract::{Faults, Id, Json};
use crate::http::integer::Integer;
use crate::http::problem::Problem;
use crate::http::{State, schema};
use crate::model::{Invalid, Principal, Provenance, UploadId};

/// Which parts the client is about to send.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct WantedParts {
    /// Each at most the upload's `partCount`.
    #[schema(value_type = schema::PartNumbers)]
    part_numbers: Option<Vec<Integer>>,
}

/// Where each part goes.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct SignedParts {
    #[schema(min_items = 1, max_items = 1000)]
    parts: Vec<SignedPart>,
}

/// Where one part goes.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SignedPart {
    #[schema(value_type = schema::PartNumber)]
    part_number: u16,
    /// Send the part there, with PUT.
    #[schema(value_type = schema::SecretUrl)]
    url: String,
    /// Every header that must be sent; they are signed. A browser sets `content-length` by itself.
    #[schema(value_type = BTreeMap<String, String>)]
    headers: BTreeMap<&'static str, String>,
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
}

/// What S3 has.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct StoredParts {
    #[schema(max_items = 10_000)]
    parts: Vec<StoredPart>,
}

/// A part that S3 has.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct StoredPart {
    #[schema(value_type = schema::PartNumber)]
    part_number: u16,
    #[schema(value_type = schema::EntityTag)]
    etag: String,
    #[schema(value_type = schema::Count)]
    size: i64,
}

/// URLs for parts, made just in time: ask for a few, send them, ask for the next.
#[utoipa::path(
    post, path = "/v1/uploads/{id}/parts", operation_id = "signParts", tag = "uploads", security(("cognito" = [])), request_body = WantedParts,
    params(("id" = uuid::Uuid, Path, description = "The upload")),
    extensions(("x-problems" = json!(["not-multipart", "already-ended"]))),
    responses(
        (status = 200, description = "A URL for each part, in the order in which they were asked for", body = SignedParts),
    )
)]
pub(in crate::http) async fn post(
    principal: Principal,
    provenance: Provenance,
    Id(id): Id,
    state: Data<State>,
    Json(body): Json<WantedParts>,
) -> Result<HttpResponse, Problem> {
    let mut faults = Faults::default();
    let given = body.part_numbers.map(|given| given.into_iter().map(|Integer(number)| number).collect::<Vec<_>>());
    let numbers = given.ok_or(Invalid::rule("is required")).and_then(|given| part_numbers(&given));
    let numbers = faults.take("/partNumbers", numbers);
    let numbers = faults.finish(numbers)?;
    let signed = state.uploads.sign_parts(&principal, UploadId::from(id), &numbers, provenance).await?;
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
    extensions(("x-problems" = json!(["not-multipart", "already-ended"]))),
    responses(
        (status = 200, description = "The parts in the order of their numbers", body = StoredParts),
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
