//! How is a text served that is the same for everyone, as long as the process lives?

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, EntityTag, Header as _, HeaderValue, IfNoneMatch,
};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// A text with what a cache needs to know about it.
pub(super) struct Asset {
    body: Bytes,
    content_type: &'static str,
    etag: EntityTag,
    policy: Option<HeaderValue>,
}

impl Asset {
    pub(super) fn new(content_type: &'static str, text: String) -> Self {
        let etag = EntityTag::new_strong(URL_SAFE_NO_PAD.encode(digest(&SHA256, text.as_bytes())));
        Self { body: text.into(), content_type, etag, policy: None }
    }

    /// With a content security policy of its own: as a page.
    pub(super) fn page(self, policy: &str) -> Self {
        Self { policy: HeaderValue::from_str(policy).ok(), ..self }
    }

    /// The text, or that the caller has it already. It may be kept by anybody, who asks each time whether it still is the one.
    pub(super) fn answer(&self, request: &HttpRequest) -> HttpResponse {
        let is_known = match IfNoneMatch::parse(request) {
            Ok(IfNoneMatch::Any) => true,
            Ok(IfNoneMatch::Items(known)) => known.iter().any(|etag| etag.weak_eq(&self.etag)),
            Err(_unreadable) => false,
        };
        let mut answer = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        answer.insert_header((ETAG, self.etag.to_string())).insert_header((CACHE_CONTROL, "no-cache"));
        if let Some(policy) = &self.policy {
            answer.insert_header((CONTENT_SECURITY_POLICY, policy.clone()));
        }
        if is_known {
            return answer.finish();
        }
        answer.insert_header((CONTENT_TYPE, self.content_type)).body(self.body.clone())
    }
}
