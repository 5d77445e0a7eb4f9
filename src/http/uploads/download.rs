//! `GET /v1/uploads/{id}/download`

use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use crate::http::extract::{Faults, Id, Query};
use crate::http::problem::Problem;
use crate::http::{State, schema};
use crate::model::{Disposition, Invalid, Principal, Provenance, UploadId};

/// How to see it.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct How {
    /// `true` answers 302 with the URL as its `Location`.
    #[param(value_type = bool, required = false, default = false)]
    redirect: Option<String>,
    /// To be saved, or to be shown.
    #[param(value_type = schema::Disposition, inline, required = false)]
    disposition: Option<String>,
}

/// Where the object can be read.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct Download {
    #[schema(value_type = schema::SecretUrl)]
    url: String,
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
}

/// A short-lived URL that reads the object under its own file name.
#[utoipa::path(
    get, path = "/v1/uploads/{id}/download", operation_id = "downloadUpload", tag = "uploads", security(("cognito" = [])),
    params(("id" = uuid::Uuid, Path, description = "The upload"), How),
    extensions(("x-problems" = json!(["object-missing", "already-ended"]))),
    responses(
        (status = 200, description = "Where the object can be read", body = Download),
        (status = 302, description = "The same, as a redirection", headers(("location" = String, description = "The URL"))),
    )
)]
pub(in crate::http) async fn get(
    principal: Principal,
    provenance: Provenance,
    Id(id): Id,
    Query(how): Query<How>,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let (redirect, disposition) = how.parse()?;
    let url = state.uploads.download(&principal, UploadId::from(id), disposition, provenance).await?;
    if redirect {
        return Ok(HttpResponse::Found().insert_header((LOCATION, url.url)).finish());
    }
    Ok(HttpResponse::Ok().json(Download { url: url.url, expires_at: url.expires_at }))
}

impl How {
    fn parse(self) -> Result<(bool, Disposition), Problem> {
        let mut faults = Faults::default();
        let redirect = match self.redirect.as_deref() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(Invalid::rule("must be true or false")),
        };
        let redirect = faults.take("?redirect", redirect);
        let disposition = self.disposition.as_deref().map_or(Ok(Disposition::Attachment), Disposition::parse);
        let disposition = faults.take("?disposition", disposition);
        faults.finish(redirect.zip(disposition))
    }
}
