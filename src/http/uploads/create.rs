//! `POST /v1/uploads` and `POST /v1/uploads/batch`

use std::collections::BTreeMap;

use actix_web::http::header::{HeaderName, HeaderValue, LOCATION};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::uploads::create::Request;
use crate::domain::uploads::repeatable::Answered;
use crate::http::extract::{Faults, Json, LargeJson};
use crate::http::integer::Integer;
use crate::http::object::Object;
use crate::http::problem::Problem;
use crate::http::{State, schema, view, written};
use crate::model::{
    Checksum, ChecksumAlgorithm, Collection, ContentType, FileName, FileSize, IdempotencyKey, Invalid, Metadata,
    Method, Principal, Provenance,
};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// What the caller wants to upload.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct NewUpload {
    #[schema(value_type = schema::FileName)]
    file_name: Option<String>,
    #[schema(value_type = schema::ContentType)]
    content_type: Option<String>,
    /// Required unless `method` is `post`; with `put` and `post` at most 5 GiB, and never more than the tenant's limit.
    #[schema(value_type = Option<schema::FileSize>)]
    size: Option<Integer>,
    /// S3 takes the object only with this checksum. For `multipart` it must be CRC64NVME.
    #[schema(value_type = Option<schema::Checksum>)]
    checksum: Option<Object<view::Checksum>>,
    /// `default` when absent.
    #[schema(value_type = Option<schema::CollectionName>)]
    collection: Option<String>,
    #[schema(value_type = Option<schema::Metadata>)]
    metadata: Option<BTreeMap<String, String>>,
    /// When absent, `put` up to the configured size (100 MiB), else `multipart`.
    #[schema(value_type = Option<schema::UploadMethod>)]
    method: Option<String>,
}

/// Several uploads, all or none.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(in crate::http) struct Batch {
    #[schema(value_type = Vec<NewUpload>, min_items = 1, max_items = 100)]
    uploads: Option<Vec<Object<NewUpload>>>,
}

/// The grants, in the order in which they were asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct GrantedBatch {
    #[schema(min_items = 1, max_items = 100)]
    items: Vec<view::Upload>,
}

/// Grants one upload: records it and answers what the client is to do next: one PUT, one form, or parts.
#[utoipa::path(
    post, path = "/v1/uploads", operation_id = "createUpload", tag = "uploads", request_body = NewUpload, security(("cognito" = [])),
    params(("idempotency-key" = Option<String>, Header, description = "1 to 255 visible ASCII characters: asking again under the same key answers the same upload with a fresh URL")),
    extensions(("x-problems" = json!(["quota-exceeded"]))),
    responses(
        (status = 201, description = "Granted and on record", body = view::Upload,
         headers(("location" = String, description = "The upload's own path"),
                 ("idempotency-replayed" = String, description = "`true` when an earlier request made it"))),
    )
)]
pub(in crate::http) async fn post(
    principal: Principal,
    provenance: Provenance,
    state: Data<State>,
    http: HttpRequest,
    Json(body): Json<NewUpload>,
) -> Result<HttpResponse, Problem> {
    let key = idempotency_key(&http)?;
    // What the request says, whatever its spaces and the order of its members.
    let content = key.as_ref().map(|_| content(&http, &body));
    #[cfg_attr(
        not(feature = "walls-off-for-tests"),
        expect(unused_mut, reason = "only the test build changes the key")
    )]
    let mut request = body.parse()?;
    #[cfg(feature = "walls-off-for-tests")]
    {
        let key = http.headers().get("x-test-object-key").and_then(|value| value.to_str().ok());
        request.unwalled_key = key.map(ToOwned::to_owned);
    }
    let (granted, repeated) = match key.zip(content) {
        // The way of nearly all: one trip to the group-commit writer.
        None => (vec![state.uploads.create(&principal, request, provenance).await?], false),
        Some((key, content)) => {
            let key = Some((key, content.as_slice()));
            // Boxed, so that others do not carry what only these need. What is wrong with the only one is wrong with the request.
            let answered = Box::pin(state.uploads.create_all(&principal, vec![request], key, provenance)).await;
            let Answered { granted, repeated } = answered.map_err(crate::domain::Error::of_the_only_item)?;
            (granted, repeated)
        }
    };
    let (upload, next) = granted.into_iter().next().ok_or_else(Problem::internal)?;
    let location = format!("/v1/uploads/{}", upload.grant.id);
    written::json(created(repeated).insert_header((LOCATION, location)), &view::Upload::granted(upload, next))
}

/// Grants several uploads at once, all of them or none.
#[utoipa::path(
    post, path = "/v1/uploads/batch", operation_id = "createUploads", tag = "uploads", request_body = Batch, security(("cognito" = [])),
    params(("idempotency-key" = Option<String>, Header, description = "As for one upload")),
    extensions(("x-problems" = json!(["quota-exceeded"]))),
    responses(
        (status = 201, description = "All granted and on record", body = GrantedBatch,
         headers(("idempotency-replayed" = String, description = "`true` when an earlier request made them"))),
    )
)]
pub(in crate::http) async fn post_batch(
    principal: Principal,
    provenance: Provenance,
    state: Data<State>,
    http: HttpRequest,
    LargeJson(body): LargeJson<Batch>,
) -> Result<HttpResponse, Problem> {
    let key = idempotency_key(&http)?;
    let content = key.as_ref().map(|_| content(&http, &body));
    let key = key.zip(content.as_deref());
    let requests = body.parse()?;
    let Answered { granted, repeated } = state.uploads.create_all(&principal, requests, key, provenance).await?;
    let items = granted.into_iter().map(|(upload, next)| view::Upload::granted(upload, next)).collect();
    Ok(created(repeated).json(GrantedBatch { items }))
}

fn created(repeated: bool) -> HttpResponseBuilder {
    let mut answer = HttpResponse::Created();
    if repeated {
        answer.insert_header((IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true")));
    }
    answer
}

fn content(http: &HttpRequest, body: &impl Serialize) -> Vec<u8> {
    format!("{}\n{}", http.path(), serde_json::json!(body)).into_bytes()
}

fn idempotency_key(http: &HttpRequest) -> Result<Option<IdempotencyKey>, Problem> {
    let mut given = http.headers().get_all(IDEMPOTENCY_KEY);
    let key = match (given.next(), given.next()) {
        (None, _) => return Ok(None),
        (Some(value), None) => IdempotencyKey::parse(value.to_str().unwrap_or_default()),
        (Some(_), Some(_)) => Err(Invalid::rule("must be given once")),
    };
    let mut faults = Faults::default();
    let key = faults.take("Idempotency-Key", key);
    faults.finish(key).map(Some)
}

impl Batch {
    fn parse(self) -> Result<Vec<Request>, Problem> {
        let mut faults = Faults::default();
        let uploads = self.uploads.ok_or(Invalid::rule("is required")).and_then(|uploads| match uploads.len() {
            1..=100 => Ok(uploads),
            _ => Err(Invalid::rule("must be 1 to 100 uploads")),
        });
        let uploads = faults.take("/uploads", uploads).unwrap_or_default();
        let mut requests = Vec::with_capacity(uploads.len());
        for (index, Object(upload)) in uploads.into_iter().enumerate() {
            requests.extend(upload.read(faults.at(format!("/uploads/{index}"))));
        }
        faults.finish(Some(requests))
    }
}

impl NewUpload {
    fn parse(self) -> Result<Request, Problem> {
        let mut faults = Faults::default();
        let request = self.read(&mut faults);
        faults.finish(request)
    }

    /// Nothing, when something is wrong with it, which the faults then name.
    fn read(self, faults: &mut Faults) -> Option<Request> {
        let text = |member: Option<String>| member.ok_or(Invalid::rule("is required"));
        let file_name = faults.take("/fileName", text(self.file_name).and_then(|t| FileName::parse(&t)));
        let content_type = faults.take("/contentType", text(self.content_type).and_then(|t| ContentType::parse(&t)));
        let size = self.size.map(|Integer(size)| faults.take("/size", FileSize::parse(size)));
        let checksum = self.checksum.and_then(|Object(given)| {
            let algorithm = faults.take("/checksum/algorithm", ChecksumAlgorithm::parse(&given.algorithm))?;
            faults.take("/checksum/value", Checksum::parse(algorithm, &given.value))
        });
        let collection = match self.collection {
            Some(text) => faults.take("/collection", Collection::parse(&text)),
            None => Some(Collection::default()),
        };
        let metadata = faults.take("/metadata", Metadata::parse(self.metadata.unwrap_or_default()));
        let method = self.method.and_then(|text| faults.take("/method", Method::parse(&text)));
        if size.is_none() && method != Some(Method::Post) {
            faults.take::<()>("/size", Err(Invalid::rule("is required, unless method is post")));
        }
        Some(Request {
            file_name: file_name?,
            content_type: content_type?,
            size: size.flatten(),
            checksum,
            collection: collection?,
            metadata: metadata?,
            method,
            #[cfg(feature = "walls-off-for-tests")]
            unwalled_key: None,
        })
    }
}
