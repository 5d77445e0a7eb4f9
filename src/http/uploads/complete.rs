//! `POST /v1/uploads/{id}/complete`

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::domain::uploads::complete::PartClaim;
use crate::http::extract::{Faults, Id, OptionalJson};
use crate::http::problem::{self, Problem};
use crate::http::{State, view};
use crate::model::{Invalid, PartNumber, Principal, RequestId, UploadId};

/// The parts that were sent. A body is needed for a multipart upload alone.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(in crate::http) struct Completion {
    /// All parts, numbered 1, 2, 3 … without a gap; at most 10,000.
    parts: Option<Vec<SentPart>>,
}

/// A part that was sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SentPart {
    /// 1 to 10,000.
    #[schema(example = 1)]
    part_number: i64,
    /// The `ETag` that S3 answered, with or without its quotes.
    #[schema(example = "5eb63bbbe01eeed093cb22bb8f5acdc3")]
    etag: String,
}

/// Puts the parts together if there are any, compares what S3 holds with the grant, and records the outcome. Asking again changes nothing.
#[utoipa::path(
    post, path = "/v1/uploads/{id}/complete", operation_id = "completeUpload", tag = "uploads", security(("cognito" = [])),
    request_body = Option<Completion>,
    params(("id" = uuid::Uuid, Path, description = "The upload")),
    responses(
        (status = 200, description = "Completed, with what S3 holds", body = view::Upload),
        (status = 409, description = "The object or a part is not there yet, or the upload has ended otherwise", body = problem::Document, content_type = "application/problem+json"),
        (status = 422, description = "The object breaks its grant, or the parts are not what S3 holds", body = problem::Document, content_type = "application/problem+json"),
    )
)]
pub(in crate::http) async fn post(
    principal: Principal,
    request_id: RequestId,
    Id(id): Id,
    state: Data<State>,
    OptionalJson(body): OptionalJson<Completion>,
) -> Result<HttpResponse, Problem> {
    let parts = body.unwrap_or_default().parts;
    let parts = parts.map(|parts| claims(parts.into_iter().map(|part| (part.part_number, part.etag)))).transpose()?;
    let upload = state.uploads.complete(&principal, UploadId::from(id), parts.as_deref(), request_id).await?;
    Ok(HttpResponse::Ok().json(view::Upload::from(upload)))
}

/// The parts by their numbers and entity tags, as the client says them in the member `parts`.
pub(in crate::http) fn claims(parts: impl ExactSizeIterator<Item = (i64, String)>) -> Result<Vec<PartClaim>, Problem> {
    let mut faults = Faults::default();
    let claim = |(number, etag): (i64, String)| {
        // S3's are 32 hexadecimal digits; other stores' may be longer.
        let fits = etag.len() <= 128 && !etag.trim_matches('"').is_empty();
        let etag = if fits { Ok(etag) } else { Err(Invalid::rule("an etag must be 1 to 128 characters")) };
        Ok(PartClaim { number: PartNumber::parse(number)?, etag: etag? })
    };
    let claims = match parts.len() {
        0..=10_000 => parts.map(claim).collect::<Result<Vec<_>, _>>(),
        _ => Err(Invalid::rule("must be at most 10000 parts")),
    };
    let claims = faults.take("/parts", claims);
    faults.finish(claims)
}
