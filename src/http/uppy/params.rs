//! `GET …/s3/params`: a small file, in one form.

use std::collections::BTreeMap;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::file::{File, IN_QUERY};
use super::seconds_until;
use crate::domain::uploads::create::Next;
use crate::http::State;
use crate::http::problem::{self, Problem};
use crate::model::{Method, Principal, RequestId};

/// What Uppy wants to send.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes what `File` reads")]
pub(in crate::http) struct FileInQuery {
    /// 1 to 255 characters of any script, no control characters, no `/` or `\`.
    #[param(example = "photo.jpg")]
    filename: String,
    /// A media type; `application/octet-stream` when it is empty or absent.
    #[param(rename = "type", example = "image/jpeg")]
    content_type: Option<String>,
    /// Names and texts to remember, at most 2 KiB: `metadata[caption]=Summer`. `name` and `type` are left out, because they say nothing new.
    #[param(style = DeepObject, explode, example = json!({"caption": "Summer"}))]
    metadata: Option<BTreeMap<String, String>>,
}

/// A form to post to S3.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UppyForm, example = json!({"method": "POST", "url": "https://uploads.s3.eu-central-1.amazonaws.com/", "fields": {"key": "acme/7c0e…/default/0193…/photo.jpg", "policy": "…"}, "expires": 300}))]
pub(in crate::http) struct Form {
    /// Always `POST`.
    method: &'static str,
    url: String,
    /// Every field that must be sent, as `multipart/form-data`, before the last one, `file`.
    fields: BTreeMap<&'static str, String>,
    /// Seconds for which S3 takes it.
    expires: i64,
}

/// Grants one upload by form: records it and answers the form. S3 itself keeps the file to the tenant's largest size. The gateway
/// learns from S3 that the file has arrived.
#[utoipa::path(
    get, path = "/companion/s3/params", operation_id = "companionParams", tag = "uppy", security(("cognito" = [])),
    params(FileInQuery),
    responses(
        (status = 200, description = "Granted and on record", body = Form),
        (status = 403, description = "As everywhere, and `quota-exceeded`: the tenant's month has no room for the largest file that it may send", body = problem::Document, content_type = "application/problem+json"),
    )
)]
pub(in crate::http) async fn get(
    principal: Principal,
    request_id: RequestId,
    state: Data<State>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let request = File::from_query(&http)?.parse(&IN_QUERY, Method::Post)?;
    let granted = state.uploads.create(&principal, request, request_id).await;
    let (_upload, next) = granted.map_err(|error| IN_QUERY.refusal(error))?;
    let Next::Form(form) = next else { return Err(Problem::internal()) };
    let expires = seconds_until(&state, form.expires_at);
    Ok(HttpResponse::Ok().json(Form {
        method: "POST",
        url: form.url,
        fields: form.fields.into_iter().collect(),
        expires,
    }))
}
