//! `POST /s3/sign`: what Uppy 6 asks in its `signRequest` mode.
//!
//! The shapes of request and answer are Uppy's (`src/s3-client/types.ts` of `@uppy/aws-s3` 6). `size`, and `contentType` with
//! the beginning of a multipart upload, are ours: a page may add them in its callback.

use std::collections::BTreeMap;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::extract::{Faults, Json};
use super::integer::Integer;
use super::problem::Problem;
use super::{State, schema};
use crate::adapters::s3::{PresignedRequest, SignedForm};
use crate::domain::uploads::create::Request;
use crate::domain::uploads::sign::{Permission, Step, Wanted};
use crate::model::{
    Collection, ContentType, FileName, FileSize, Invalid, Metadata, Method, MultipartId, PartNumber, Principal,
    Provenance,
};

/// A request to S3 that the browser is about to make. Which one, is told by `method`, `uploadId` and `partNumber`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PresignableRequest)]
pub(super) struct PresignableRequest {
    #[schema(value_type = schema::PresignableMethod)]
    method: Option<String>,
    /// With something new, a proposal, of which the file's name is taken; with all else, the key that was answered to it.
    #[schema(value_type = schema::ProposedKey)]
    key: Option<String>,
    /// With something new: its media type. By the name's extension when absent.
    #[schema(value_type = Option<schema::ContentType>)]
    content_type: Option<String>,
    /// With one object in one request: its bytes, if the page knows them. The answer is then a PUT of exactly that size
    /// and not a form of any size.
    #[schema(value_type = Option<schema::FileSize>)]
    size: Option<Integer>,
    /// With parts: what S3 calls the multipart upload.
    #[schema(value_type = Option<schema::MultipartId>)]
    upload_id: Option<String>,
    /// With a part: which.
    #[schema(value_type = Option<schema::PartNumber>)]
    part_number: Option<Integer>,
    /// Seconds. The permission lives no longer, and no longer than the gateway's own limit.
    #[schema(value_type = Option<schema::Seconds>)]
    expires_in: Option<Integer>,
}

/// The permission to make it.
#[derive(Serialize, ToSchema)]
#[schema(as = PresignedResponse)]
pub(super) struct PresignedResponse {
    #[schema(value_type = schema::SecretUrl)]
    url: String,
    /// The object's key.
    #[schema(example = "acme/7c0e/default/0193/photo.jpg")]
    key: String,
    /// Every header that the page must set; they are signed. A browser sets `content-length` by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<BTreeMap<&'static str, String>>,
    /// The fields of a form, which is posted instead, with the file as its last field, `file`.
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<BTreeMap<&'static str, String>>,
}

/// Permits one request to S3. What is new is recorded first; parts are put together only while they add up to what was granted.
#[utoipa::path(
    post, path = "/s3/sign", operation_id = "signRequest", tag = "uppy", security(("cognito" = [])),
    request_body(content = PresignableRequest, examples(
        ("form" = (summary = "One object of any size, as a form", value = json!({"method": "PUT", "key": "3f2b1c9e-8d4a-4e6b-9c1d-2a7f5e8b0c31-photo.jpg", "contentType": "image/jpeg"}))),
        ("put" = (summary = "One object of a known size", value = json!({"method": "PUT", "key": "3f2b1c9e-8d4a-4e6b-9c1d-2a7f5e8b0c31-photo.jpg", "contentType": "image/jpeg", "size": 12345}))),
        ("create" = (summary = "Begin a multipart upload", value = json!({"method": "POST", "key": "3f2b1c9e-8d4a-4e6b-9c1d-2a7f5e8b0c31-film.mp4"}))),
        ("part" = (summary = "Send a part", value = json!({"method": "PUT", "key": "acme/7c0e/default/0193/film.mp4", "uploadId": "VXBsb2FkIElE", "partNumber": 1}))),
        ("list" = (summary = "List the parts", value = json!({"method": "GET", "key": "acme/7c0e/default/0193/film.mp4", "uploadId": "VXBsb2FkIElE"}))),
        ("complete" = (summary = "Put the parts together", value = json!({"method": "POST", "key": "acme/7c0e/default/0193/film.mp4", "uploadId": "VXBsb2FkIElE"}))),
        ("abort" = (summary = "Give the multipart upload up", value = json!({"method": "DELETE", "key": "acme/7c0e/default/0193/film.mp4", "uploadId": "VXBsb2FkIElE"}))),
        ("delete" = (summary = "Delete the object", value = json!({"method": "DELETE", "key": "acme/7c0e/default/0193/photo.jpg"}))),
    )),
    extensions(("x-problems" = json!(["not-found", "quota-exceeded", "already-ended", "not-multipart", "grant-broken"]))),
    responses(
        (status = 200, description = "Permitted, and on record when it is new", body = PresignedResponse, examples(
            ("form" = (summary = "One object of any size, as a form", value = json!({"url": "https://uploads.s3.eu-central-1.amazonaws.com/", "key": "acme/7c0e/default/0193/photo.jpg", "fields": {"key": "acme/7c0e/default/0193/photo.jpg", "Content-Type": "image/jpeg", "policy": "eyJl", "x-amz-signature": "8f1c"}}))),
            ("put" = (summary = "One object of a known size", value = json!({"url": "https://uploads.s3.eu-central-1.amazonaws.com/acme/7c0e/default/0193/photo.jpg?X-Amz-Signature=8f1c", "key": "acme/7c0e/default/0193/photo.jpg", "headers": {"content-type": "image/jpeg", "if-none-match": "*"}}))),
            ("create" = (summary = "Begin a multipart upload", value = json!({"url": "https://uploads.s3.eu-central-1.amazonaws.com/acme/7c0e/default/0193/film.mp4?X-Amz-Signature=8f1c", "key": "acme/7c0e/default/0193/film.mp4", "headers": {"content-type": "video/mp4"}}))),
            ("part" = (summary = "Send or list parts, give up, delete", value = json!({"url": "https://uploads.s3.eu-central-1.amazonaws.com/acme/7c0e/default/0193/film.mp4?X-Amz-Signature=8f1c", "key": "acme/7c0e/default/0193/film.mp4"}))),
            ("complete" = (summary = "Put the parts together", value = json!({"url": "https://uploads.s3.eu-central-1.amazonaws.com/acme/7c0e/default/0193/film.mp4?X-Amz-Signature=8f1c", "key": "acme/7c0e/default/0193/film.mp4", "headers": {"if-none-match": "*"}}))),
        )),
    )
)]
pub(super) async fn post(
    principal: Principal,
    provenance: Provenance,
    state: Data<State>,
    Json(body): Json<PresignableRequest>,
) -> Result<HttpResponse, Problem> {
    let (wanted, expires_in) = body.parse()?;
    let (key, permission) = state.uploads.sign(&principal, wanted, expires_in, provenance).await?;
    let key = key.to_string();
    let answer = match permission {
        Permission::Request(PresignedRequest { url, headers, .. }) => {
            // A page may not set the length; it is what the browser makes of the body.
            let headers: BTreeMap<_, _> = headers.into_iter().filter(|(name, _)| *name != "content-length").collect();
            PresignedResponse { url, key, headers: Some(headers).filter(|headers| !headers.is_empty()), fields: None }
        }
        Permission::Form(SignedForm { url, fields, .. }) => {
            PresignedResponse { url, key, headers: None, fields: Some(fields.into_iter().collect()) }
        }
    };
    Ok(HttpResponse::Ok().json(answer))
}

impl PresignableRequest {
    fn parse(self) -> Result<(Wanted, Option<Duration>), Problem> {
        let mut faults = Faults::default();
        let expires_in = self.expires_in.and_then(|seconds| faults.take("/expiresIn", lifetime(seconds.0)));
        let wanted = self.read(&mut faults);
        faults.finish(wanted).map(|wanted| (wanted, expires_in))
    }

    /// Nothing, when something is wrong with it, which the faults then name.
    fn read(self, faults: &mut Faults) -> Option<Wanted> {
        let key = faults.take("/key", self.key.as_deref().ok_or(Invalid::rule("is required")).and_then(bounded));
        let multipart = self.upload_id.as_deref().map(|text| faults.take("/uploadId", MultipartId::parse(text)));
        let number = self.part_number.map(|number| faults.take("/partNumber", PartNumber::parse(number.0)));
        let mut wrong = |pointer, rule| faults.take(pointer, Err(Invalid::rule(rule)));
        let step = match (self.method.as_deref(), &multipart, number) {
            (Some("PUT"), None, None) => {
                // Only a form leaves the size open.
                let method = if self.size.is_some() { Method::Put } else { Method::Post };
                return self.something_new(faults, key, method);
            }
            (Some("POST"), None, None) => return self.something_new(faults, key, Method::Multipart),
            (Some("DELETE"), None, None) => return Some(Wanted::Deletion { key: key? }),
            (Some("PUT"), Some(_), Some(number)) => number.map(Step::Send),
            (Some("GET"), Some(_), None) => Some(Step::List),
            (Some("POST"), Some(_), None) => Some(Step::Complete),
            (Some("DELETE"), Some(_), None) => Some(Step::Abort),
            (Some("PUT"), Some(_), None) => wrong("/partNumber", "is required with PUT and an uploadId"),
            (Some("PUT"), None, Some(_)) => wrong("/uploadId", "is required with a partNumber"),
            (Some("GET"), None, _) => wrong("/uploadId", "is required with GET"),
            (Some("POST" | "GET" | "DELETE"), _, Some(_)) => wrong("/partNumber", "is for PUT alone"),
            (Some(_), _, _) => wrong("/method", "must be PUT, POST, GET or DELETE"),
            (None, _, _) => wrong("/method", "is required"),
        };
        Some(Wanted::OfParts { key: key?, multipart: multipart??, step: step? })
    }

    fn something_new(&self, faults: &mut Faults, key: Option<String>, method: Method) -> Option<Wanted> {
        let file_name = FileName::in_key(&key?);
        let content_type = match &self.content_type {
            Some(text) => faults.take("/contentType", ContentType::parse(text)),
            None => Some(ContentType::of_name(&file_name)),
        };
        // Uppy's parts are cut by Uppy, so the size of the whole says nothing about them.
        let size = self.size.filter(|_| method != Method::Multipart);
        let size = size.map(|bytes| faults.take("/size", FileSize::parse(bytes.0)));
        Some(Wanted::New(Request {
            file_name,
            content_type: content_type?,
            size: size.flatten(),
            checksum: None,
            collection: Collection::default(),
            metadata: Metadata::default(),
            method: Some(method),
            #[cfg(feature = "walls-off-for-tests")]
            unwalled_key: None,
        }))
    }
}

fn bounded(key: &str) -> Result<String, Invalid> {
    match key.chars().count() {
        1..=1024 => Ok(key.to_owned()),
        _ => Err(Invalid::rule("must be 1 to 1024 characters")),
    }
}

fn lifetime(seconds: i64) -> Result<Duration, Invalid> {
    match u64::try_from(seconds) {
        Ok(seconds @ 1..) => Ok(Duration::from_secs(seconds)),
        Ok(0) | Err(_) => Err(Invalid::rule("must be at least 1 second")),
    }
}
