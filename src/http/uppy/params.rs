//! `GET …/s3/params`: a small file, in one form.

use std::collections::BTreeMap;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::file::{File, IN_QUERY};
use crate::domain::uploads::create::Next;
use crate::http::problem::Problem;
use crate::http::{State, schema};
use crate::model::{Method, Principal, Provenance};

/// What Uppy wants to send.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes what `File` reads")]
pub(in crate::http) struct FileInQuery {
    #[param(value_type = schema::FileName)]
    filename: String,
    /// `application/octet-stream` when it is empty or absent.
    #[param(rename = "type", value_type = Option<schema::ContentType>)]
    content_type: Option<String>,
    /// Names and texts to remember, at most 2 KiB: `metadata[caption]=Summer`. `name` and `type` are left out, because they say nothing new.
    #[param(style = DeepObject, explode, value_type = Option<schema::Metadata>, example = json!({"caption": "Summer"}))]
    metadata: Option<BTreeMap<String, String>>,
}

/// A form to post to S3. It does not say for how long S3 takes it: Uppy 5 would give up a slow upload after that time, though S3
/// asks only when it begins.
#[derive(Serialize, ToSchema)]
#[schema(as = UppyForm)]
pub(in crate::http) struct Form {
    /// Always `POST`.
    method: &'static str,
    url: String,
    /// Every field that must be sent, as `multipart/form-data`, before the last one, `file`.
    fields: BTreeMap<&'static str, String>,
}

/// Grants one upload by form: records it and answers the form. S3 itself keeps the file to the tenant's largest size. The gateway
/// learns from S3 that the file has arrived.
#[utoipa::path(
    get, path = "/companion/s3/params", operation_id = "companionParams", tag = "uppy", security(("cognito" = [])),
    params(FileInQuery),
    extensions(("x-problems" = json!(["quota-exceeded"]))),
    responses(
        (status = 200, description = "Granted and on record", body = Form),
    )
)]
pub(in crate::http) async fn get(
    principal: Principal,
    provenance: Provenance,
    state: Data<State>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let request = File::from_query(&http)?.parse(&IN_QUERY, Method::Post)?;
    let granted = state.uploads.create(&principal, request, provenance).await;
    let (_upload, next) = granted.map_err(|error| IN_QUERY.refusal(error))?;
    let Next::Form(form) = next else { return Err(Problem::internal()) };
    Ok(HttpResponse::Ok().json(Form { method: "POST", url: form.url, fields: form.fields.into_iter().collect() }))
}
