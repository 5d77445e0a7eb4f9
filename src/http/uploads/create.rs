//! `POST /v1/uploads`

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;
use actix_web::web::Data;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::domain::uploads::create::Request;
use crate::http::extract::{Faults, Json};
use crate::http::problem::Problem;
use crate::http::{State, view};
use crate::model::{
    Checksum, ChecksumAlgorithm, Collection, ContentType, FileName, FileSize, Invalid, Metadata, Method, Principal,
    RequestId,
};

/// What the caller wants to upload.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct NewUpload {
    /// 1 to 255 characters of any script, no control characters, no `/` or `\`.
    #[schema(example = "photo.jpg")]
    file_name: Option<String>,
    /// An RFC 9110 media type.
    #[schema(example = "image/jpeg")]
    content_type: Option<String>,
    /// Bytes, at least 1.
    #[schema(example = 12345)]
    size: Option<i64>,
    checksum: Option<view::Checksum>,
    /// The folder to file it under; `default` when absent.
    #[schema(pattern = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}", example = "default")]
    collection: Option<String>,
    /// Names and values to remember, at most 2 KiB.
    metadata: Option<BTreeMap<String, String>>,
    /// `put`; chosen by size when absent.
    #[schema(example = "put")]
    method: Option<String>,
}

/// Grants one upload: records it and answers the request that the client must make to S3.
#[utoipa::path(
    post, path = "/v1/uploads", operation_id = "createUpload", tag = "uploads", request_body = NewUpload, security(("cognito" = [])),
    responses(
        (status = 201, description = "Granted and on record", body = view::Upload,
         headers(("location" = String, description = "The upload's own path"), ("x-request-id" = String, description = "The request's id"))),
    )
)]
pub(in crate::http) async fn post(
    principal: Principal,
    request_id: RequestId,
    state: Data<State>,
    #[cfg(feature = "walls-off-for-tests")] http: actix_web::HttpRequest,
    Json(body): Json<NewUpload>,
) -> Result<HttpResponse, Problem> {
    #[cfg_attr(
        not(feature = "walls-off-for-tests"),
        expect(unused_mut, reason = "only the test build changes the key")
    )]
    let mut request = parse(body)?;
    #[cfg(feature = "walls-off-for-tests")]
    {
        let key = http.headers().get("x-test-object-key").and_then(|value| value.to_str().ok());
        request.unwalled_key = key.map(ToOwned::to_owned);
    }
    let (upload, presigned) = state.uploads.create(&principal, request, request_id).await?;
    let location = format!("/v1/uploads/{}", upload.grant.id);
    Ok(HttpResponse::Created().insert_header((LOCATION, location)).json(view::Upload::granted(upload, presigned)))
}

fn parse(body: NewUpload) -> Result<Request, Problem> {
    let mut faults = Faults::default();
    let text = |member: Option<String>| member.ok_or(Invalid::rule("is required"));
    let file_name = faults.take("/fileName", text(body.file_name).and_then(|t| FileName::parse(&t)));
    let content_type = faults.take("/contentType", text(body.content_type).and_then(|t| ContentType::parse(&t)));
    let size = faults.take("/size", body.size.ok_or(Invalid::rule("is required")).and_then(FileSize::parse));
    let checksum = body.checksum.and_then(|given| {
        let algorithm = faults.take("/checksum/algorithm", ChecksumAlgorithm::parse(&given.algorithm))?;
        faults.take("/checksum/value", Checksum::parse(algorithm, &given.value))
    });
    let collection = match body.collection {
        Some(text) => faults.take("/collection", Collection::parse(&text)),
        None => Some(Collection::default()),
    };
    let metadata = faults.take("/metadata", Metadata::parse(body.metadata.unwrap_or_default()));
    let method = body.method.and_then(|text| faults.take("/method", Method::parse(&text)));
    let whole = || {
        Some(Request {
            file_name: file_name?,
            content_type: content_type?,
            size: size?,
            checksum,
            collection: collection?,
            metadata: metadata?,
            method,
            #[cfg(feature = "walls-off-for-tests")]
            unwalled_key: None,
        })
    };
    faults.finish(whole())
}
