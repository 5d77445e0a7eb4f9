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
use crate::model::{Invalid, PartNumber, Principal, RequestId, UploadId};

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
    request_id: RequestId,
    Id(id): Id,
    state: Data<State>,
    OptionalJson(body): OptionalJson<Completion>,
) -> Result<HttpResponse, Problem> {
    let parts = body.unwrap_or_default().parts.map(parse).transpose()?;
    let upload = state.uploads.complete(&principal, UploadId::from(id), parts.as_deref(), request_id).await?;
    Ok(HttpResponse::Ok().json(view::Upload::from(upload)))
}

fn parse(parts: Vec<Object<SentPart>>) -> Result<Vec<PartClaim>, Problem> {
    let mut faults = Faults::default();
    let count = parts.len();
    let claim = |Object(part): Object<SentPart>| {
        // S3's are 32 hexadecimal digits; other stores' may be longer.
        let visible = part.etag.len() <= 128 && part.etag.bytes().all(|b| b.is_ascii_graphic());
        let fits = visible && !part.etag.trim_matches('"').is_empty();
        let etag =
            if fits { Ok(part.etag) } else { Err(Invalid::rule("an etag must be 1 to 128 visible ASCII characters")) };
        Ok(PartClaim { number: PartNumber::parse(part.part_number.0)?, etag: etag? })
    };
    let claims = match count {
        0..=10_000 => parts.into_iter().map(claim).collect::<Result<Vec<_>, _>>(),
        _ => Err(Invalid::rule("must be at most 10000 parts")),
    };
    let claims = faults.take("/parts", claims);
    faults.finish(claims)
}
