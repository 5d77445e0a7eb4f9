//! `GET …/s3/multipart/{uploadId}/{partNumber}` and `…/batch`: where the parts go.

use std::collections::BTreeMap;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::{Key, Named, in_its_words, parameter, seconds_until};
use crate::domain::uploads::parts::part_numbers;
use crate::http::extract::Faults;
use crate::http::problem::Problem;
use crate::http::{State, schema};
use crate::model::{Invalid, PartNumber, Principal, Provenance};

/// Where one part goes.
#[derive(Serialize, ToSchema)]
#[schema(as = UppyPartUrl)]
pub(in crate::http) struct PartUrl {
    /// Whoever holds it can write the part, so it is a secret. Send the part with PUT.
    #[schema(example = "https://uploads.s3.eu-central-1.amazonaws.com/acme/…/film.mp4?partNumber=1&uploadId=…")]
    url: String,
    /// Seconds for which S3 takes it.
    #[schema(example = 300)]
    expires: i64,
}

/// Where several parts go.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = UppyPartUrls)]
pub(in crate::http) struct PartUrls {
    /// URLs by part numbers.
    presigned_urls: BTreeMap<String, String>,
}

/// Which parts.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[expect(dead_code, reason = "it describes what the handler reads")]
pub(in crate::http) struct Wanted {
    /// 1 to 1,000 numbers with commas between them, each 1 to 10,000.
    #[param(pattern = r"^ *0*(10000|[1-9][0-9]{0,3}) *(, *0*(10000|[1-9][0-9]{0,3}) *){0,999}$", example = "1,2")]
    part_numbers: String,
}

/// A URL for one part, made just in time. The upload is waited for anew from now on.
#[utoipa::path(
    get, path = "/companion/s3/multipart/{uploadId}/{partNumber}", operation_id = "companionSignPart", tag = "uppy", security(("cognito" = [])),
    params(("uploadId" = schema::MultipartId, Path, description = "The multipart upload"), ("partNumber" = schema::PartNumber, Path, description = "Which part"), Key),
    extensions(("x-problems" = json!(["already-ended", "not-multipart"]))),
    responses(
        (status = 200, description = "Where the part goes", body = PartUrl),
    )
)]
pub(in crate::http) async fn get(
    principal: Principal,
    provenance: Provenance,
    named: Named,
    state: Data<State>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    const PLACE: &str = "{partNumber}";
    let mut faults = Faults::default();
    let number = faults.take(PLACE, part_number(http.match_info().get("partNumber").unwrap_or_default()));
    let number = faults.finish(number)?;
    let upload = named.find(&state, &principal).await?;
    let signed = state.uploads.sign_parts(&principal, upload.grant.id, &[number], provenance).await;
    let signed = signed.map_err(|error| in_its_words(error, &[("/partNumbers", PLACE)]))?;
    let (_number, part) = signed.into_iter().next().ok_or_else(Problem::internal)?;
    let expires = seconds_until(&state, part.expires_at);
    Ok(HttpResponse::Ok().json(PartUrl { url: part.url, expires }))
}

/// URLs for several parts. Neither Uppy 5 nor Uppy 6 asks for them; who talks to Companion otherwise does.
#[utoipa::path(
    get, path = "/companion/s3/multipart/{uploadId}/batch", operation_id = "companionSignParts", tag = "uppy", security(("cognito" = [])),
    params(("uploadId" = schema::MultipartId, Path, description = "The multipart upload"), Wanted, Key),
    extensions(("x-problems" = json!(["already-ended", "not-multipart"]))),
    responses(
        (status = 200, description = "Where the parts go", body = PartUrls),
    )
)]
pub(in crate::http) async fn get_batch(
    principal: Principal,
    provenance: Provenance,
    named: Named,
    state: Data<State>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    const PLACE: &str = "?partNumbers";
    let mut faults = Faults::default();
    let wanted = parameter(&http, "partNumbers").ok_or(Invalid::rule("is required")).and_then(|list| {
        let numbers = list.split(',').map(|text| part_number(text.trim_matches(' ')).map(|number| number.get().into()));
        part_numbers(&numbers.collect::<Result<Vec<i64>, _>>()?)
    });
    let numbers = faults.take(PLACE, wanted);
    let numbers = faults.finish(numbers)?;
    let upload = named.find(&state, &principal).await?;
    let signed = state.uploads.sign_parts(&principal, upload.grant.id, &numbers, provenance).await;
    let signed = signed.map_err(|error| in_its_words(error, &[("/partNumbers", PLACE)]))?;
    let presigned_urls = signed.into_iter().map(|(number, part)| (number.get().to_string(), part.url)).collect();
    Ok(HttpResponse::Ok().json(PartUrls { presigned_urls }))
}

fn part_number(text: &str) -> Result<PartNumber, Invalid> {
    // What is no number, or too large for one, is as far from 1 to 10,000 as any. Rust would read a `+`, too.
    let number = if text.starts_with('+') { 0 } else { text.parse().unwrap_or_default() };
    PartNumber::parse(number)
}
