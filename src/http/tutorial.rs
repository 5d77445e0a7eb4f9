//! `POST /upload`: the contract of the tutorials in which a Lambda function presigns a PUT

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::extract::{Faults, Json};
use super::problem::Problem;
use super::{State, schema};
use crate::domain::uploads::create::{Next, Request};
use crate::model::{Collection, ContentType, FileName, Invalid, Metadata, Method, Principal, Provenance};

/// What the tutorial's page wants to upload.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TutorialFile)]
pub(super) struct File {
    #[schema(value_type = schema::FileName)]
    filename: Option<String>,
    /// The PUT must carry the same.
    #[schema(value_type = schema::ContentType)]
    content_type: Option<String>,
}

/// Where the tutorial's page puts it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TutorialTarget)]
pub(super) struct Target {
    /// PUT the file to it, with its `Content-Type` and no other header.
    #[schema(value_type = schema::SecretUrl)]
    upload_url: String,
    /// Where the object lies in the bucket.
    #[schema(example = "acme/7c0e2a51-4f0e-4ad1-9d5f-0c4f6a1f4a11/default/0193a3c5-…/photo.jpg")]
    key: String,
}

/// Grants one PUT of which only the type is signed, as the page of a tutorial expects it. Prefer `POST /v1/uploads`, which signs
/// the size, too: here it is compared with the tenant's limit when the object is there. The token may come without `Bearer`.
#[utoipa::path(
    post, path = "/upload", operation_id = "grantPut", tag = "tutorial", request_body = File, security(("cognito" = []), ("bareToken" = [])),
    extensions(("x-problems" = json!(["quota-exceeded"]))),
    responses(
        (status = 200, description = "Granted and on record", body = Target),
    )
)]
pub(super) async fn post(
    principal: Principal,
    provenance: Provenance,
    state: Data<State>,
    Json(body): Json<File>,
) -> Result<HttpResponse, Problem> {
    let (upload, next) = state.uploads.create(&principal, body.parse()?, provenance).await?;
    let Next::Put(put) = next else { return Err(Problem::internal()) };
    Ok(HttpResponse::Ok().json(Target { upload_url: put.url, key: upload.grant.key.to_string() }))
}

impl File {
    fn parse(self) -> Result<Request, Problem> {
        let mut faults = Faults::default();
        let text = |member: Option<String>| member.ok_or(Invalid::rule("is required"));
        let file_name = faults.take("/filename", text(self.filename).and_then(|t| FileName::parse(&t)));
        let content_type = faults.take("/contentType", text(self.content_type).and_then(|t| ContentType::parse(&t)));
        let (file_name, content_type) = faults.finish(file_name.zip(content_type))?;
        Ok(Request {
            file_name,
            content_type,
            size: None,
            checksum: None,
            collection: Collection::default(),
            metadata: Metadata::default(),
            method: Some(Method::Put),
            #[cfg(feature = "walls-off-for-tests")]
            unwalled_key: None,
        })
    }
}
