//! What happens to a request before and after s3s: CORS, faults, which service it is for, and what S3 and STS check that
//! s3s does not.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use hyper::body::{Bytes, Incoming};
use hyper::header::{ACCESS_CONTROL_REQUEST_METHOD, CONTENT_TYPE, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Request, StatusCode};
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, HttpError, HttpRequest, HttpResponse, S3Error, S3Result, s3_error};
use tokio::sync::watch;
use tracing::instrument::WithSubscriber as _;
use tracing::subscriber::NoSubscriber;
use uuid::Uuid;

use super::access::{Access, FormToken};
use super::identity::Secrets;
use super::s3::Bucket;
use super::signature::UnverifiedSignature;
use super::sts::{self, Refused, Sts};
use super::{Fault, Shared, cors, form, role_policies, sqs};

/// The largest POST form: it is held in memory, as s3s does anyway.
const LARGEST_FORM: usize = 512 * 1024 * 1024;

/// Where requests come in.
pub(super) struct Edge {
    shared: Arc<Shared>,
    service: S3Service,
    origin: String,
}

impl Edge {
    pub(super) fn new(shared: Arc<Shared>, bucket: Bucket, origin: String) -> Self {
        let mut builder = S3ServiceBuilder::new(bucket);
        builder.set_auth(Secrets(Arc::clone(&shared.identities)));
        builder.set_access(Access(Arc::clone(&shared)));
        builder.set_route(Sts(Arc::clone(&shared)));
        Self { shared, service: builder.build(), origin }
    }

    pub(super) async fn answer(&self, request: Request<Incoming>) -> Result<HttpResponse, HttpError> {
        let (parts, body) = request.into_parts();
        if parts.method == Method::OPTIONS && parts.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD) {
            return Ok(cors::preflight(&parts.headers, self.shared.set_up.cors().as_deref()));
        }
        let page = cors::Page::of(&parts);
        let mut response = if sts::is_query_request(&parts.method, &parts.uri, &parts.headers) {
            self.answer_sts(parts, Body::from(body)).await?
        } else if sqs::is_request(&parts.headers) {
            self.answer_sqs(&parts, Body::from(body)).await
        } else {
            match self.answer_s3(parts, Body::from(body)).await {
                Ok(response) => response?,
                Err(refused) => refused.to_http_response().map_err(|error| HttpError::new(Box::new(error)))?,
            }
        };
        let id = Uuid::new_v4().simple().to_string();
        if let Ok(id) = HeaderValue::from_str(&id) {
            response.headers_mut().insert("x-amz-request-id", id);
        }
        if let Some(page) = page {
            page.allow(response.headers_mut(), self.shared.set_up.cors().as_deref());
        }
        Ok(response)
    }

    async fn answer_s3(&self, parts: Parts, body: Body) -> S3Result<Result<HttpResponse, HttpError>> {
        if !serves(&self.shared.s3_fault).await {
            return Err(s3_error!(ServiceUnavailable, "Service is unable to handle request."));
        }
        // Before the signature, as AWS does: a wrong token is no wrong signature.
        if let Some(signature) = UnverifiedSignature::of(&parts) {
            signature.check_scope("s3", &self.shared.region)?;
            self.shared.identities.identify(&signature.access_key, signature.token.as_deref())?;
        }
        let mut request = HttpRequest::from_parts(parts, body);
        if let Some(content_type) = form_type(&request) {
            let form = request
                .body_mut()
                .store_all_limited(LARGEST_FORM)
                .await
                .map_err(|error| S3Error::with_source(s3s::S3ErrorCode::EntityTooLarge, error))?;
            let token = form::field(&content_type, &form, "x-amz-security-token");
            request.extensions_mut().insert(FormToken(token));
        }
        Ok(self.call(request).await)
    }

    async fn answer_sts(&self, mut parts: Parts, mut body: Body) -> Result<HttpResponse, HttpError> {
        let Ok(form) = body.store_all_limited(sts::LONGEST_REQUEST).await else {
            return Ok(Refused::new(413, "RequestEntityTooLarge", "The request is too long.").into_response());
        };
        let action = sts::action(&form);
        if action.as_deref() == Some(role_policies::ACTION) {
            return Ok(role_policies::put(&self.shared, &parts, &form));
        }
        if action.as_deref() == Some("AssumeRole") {
            self.shared.count_assume_role();
        }
        if !serves(&self.shared.sts_fault).await {
            return Ok(Refused::new(503, "ServiceUnavailable", "The service is unavailable.").into_response());
        }
        if let Some(signature) = UnverifiedSignature::of(&parts) {
            let checked = self.shared.identities.identify(&signature.access_key, signature.token.as_deref());
            if let Err(refusal) = checked {
                return Ok(Refused::from(refusal).into_response());
            }
            if signature.check_scope("sts", &self.shared.region).is_err() {
                let message = "Credential should be scoped to a valid region and to the service 'sts'.";
                return Ok(Refused::new(403, "SignatureDoesNotMatch", message).into_response());
            }
        }
        // With the digest at hand s3s does not read the body for it, which it would only do up to 8 KiB.
        if let Ok(digest) = HeaderValue::from_str(&hex(&form)) {
            parts.headers.insert("x-amz-content-sha256", digest);
        }
        let response = self.call(HttpRequest::from_parts(parts, Body::from(form))).await?;
        Ok(sts::reshape(response).await)
    }

    /// A long poll is not left waiting by a fault that comes meanwhile.
    async fn answer_sqs(&self, parts: &Parts, mut body: Body) -> HttpResponse {
        let Ok(body) = body.store_all_limited(sqs::LONGEST_REQUEST).await else {
            return sqs::Refused::too_long().into_response();
        };
        loop {
            let mut fault = self.shared.sqs.fault.subscribe();
            if !serves(&self.shared.sqs.fault).await {
                return sqs::Refused::unavailable().into_response();
            }
            tokio::select! {
                biased;
                _ = fault.wait_for(|fault| *fault != Fault::None) => {}
                answer = sqs::answer(&self.shared, &self.origin, parts, &body) => return answer,
            }
        }
    }

    /// s3s logs whole requests, with tokens and signatures in them: here it has nobody to tell.
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let response = self.service.call(request).with_subscriber(NoSubscriber::new()).await?;
        if response.status() == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::warn!(http.method = %method, http.path = path, "the sandbox's S3 or STS failed; the answer says why");
        }
        Ok(response)
    }
}

/// Whether the service is up. While it hangs, this does not answer.
async fn serves(fault: &watch::Sender<Fault>) -> bool {
    let mut fault = fault.subscribe();
    let settled = fault.wait_for(|fault| *fault != Fault::Hanging).await;
    settled.is_ok_and(|fault| *fault == Fault::None)
}

/// The content type of a POST form.
fn form_type(request: &HttpRequest) -> Option<String> {
    let content_type = request.headers().get(CONTENT_TYPE)?.to_str().ok()?;
    let is_form = request.method() == Method::POST && content_type.starts_with("multipart/form-data");
    is_form.then(|| content_type.to_owned())
}

fn hex(body: &Bytes) -> String {
    digest(&SHA256, body).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
