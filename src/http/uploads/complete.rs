//! `POST /v1/uploads/{id}/complete`

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::domain::uploads::complete::PartClaim;
use crate::http::extract::{Faults, Id, OptionalJson};
use crate::http::integer::Integer;
use crate::http::object::Object;
use crate::http::problem::Problem;
use crate::http::{State, schema, view};
use crate::model::{Invalid, PartNumber, Principal, Provenance, UploadId};

/// The parts that were sent. A body is needed for a multipart upload alone.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(in crate::http) struct Completion {
    /// All parts, numbered 1, 2, 3 … without a gap.
    #[schema(value_type = Option<Vec<SentPart>>, max_items = 10_000)]
    parts: Option<Vec<Object<SentPart>>>,
}

/// A part that was sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SentPart {
    #[schema(value_type = schema::PartNumber)]
    part_number: Integer,
    #[schema(value_type = schema::EntityTag)]
    etag: String,
}

/// Puts the parts together if there are any, compares what S3 holds with the grant, and records the outcome. Asking again changes nothing.
#[utoipa::path(
    post, path = "/v1/uploads/{id}/complete", operation_id = "completeUpload", tag = "uploads", security(("cognito" = [])),
    request_body = Option<Completion>,
    params(("id" = uuid::Uuid, Path, description = "The upload")),
    extensions(("x-problems" = json!(["object-missing", "part-missing", "already-ended", "grant-broken"]))),
    responses(
        (status = 200, description = "Completed, with what S3 holds", body = view::Upload),
    )
)]
pub(in crate::http) async fn post(
    principal: Principal,
    provenance: Provenance,
    Id(id): Id,
    state: Data<State>,
    OptionalJson(body): OptionalJson<Completion>,
) -> Result<HttpResponse, Problem> {
    let parts = body.unwrap_or_default().parts;
    let parts =
        parts.map(|parts| claims(parts.into_iter().map(|Object(part)| (part.part_number, part.etag)))).transpose()?;
    let upload = state.uploads.complete(&principal, UploadId::from(id), parts.as_deref(), provenance).await?;
    Ok(HttpResponse::Ok().json(view::Upload::from(upload)))
}

/// The parts by their numbers and entity tags, as the client says them in the member `parts`.
pub(in crate::http) fn claims(
    parts: impl ExactSizeIterator<Item = (Integer, String)>,
) -> Result<Vec<PartClaim>, Problem> {
    let mut faults = Faults::default();
    let claim = |(number, etag): (Integer, String)| {
        // S3's are 32 hexadecimal digits; other stores' may be longer.
        let visible = etag.len() <= 128 && etag.bytes().all(|b| b.is_ascii_graphic());
        let fits = visible && !etag.trim_matches('"').is_empty();
        let etag =
            if fits { Ok(etag) } else { Err(Invalid::rule("an etag must be 1 to 128 visible ASCII characters")) };
        Ok(PartClaim { number: PartNumber::parse(number.0)?, etag: etag? })
    };
    let claims = match parts.len() {
        0..=10_000 => parts.map(claim).collect::<Result<Vec<_>, _>>(),
        _ => Err(Invalid::rule("must be at most 10000 parts")),
    };
    let claims = faults.take("/parts", claims);
    faults.finish(claims)
}
