//! How is the permission to post one form to S3 written down?
//!
//! Signature Version 4 over a POST policy:
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html>. Unlike a presigned PUT, a form can
//! leave the size open up to a limit. It cannot say `If-None-Match`: until it expires, it may be posted again.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::Bucket;
use crate::adapters::sigv4::timestamp;
use crate::adapters::sts::TemporaryCredentials;
use crate::model::Grant;

/// A form that a client may post without credentials of its own, until it expires.
#[derive(Clone)]
pub struct SignedForm {
    /// Where it is posted to, as `multipart/form-data`.
    pub url: String,
    /// Its fields, in the order in which to send them; the file comes after them, as the field `file`. Whoever holds
    /// them may post the form, so they are a secret.
    pub fields: Vec<(&'static str, String)>,
    /// When S3 stops taking it.
    pub expires_at: OffsetDateTime,
}

impl fmt::Debug for SignedForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedForm").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// A form for exactly what was granted. Every field is bound to its one value by the policy, and S3 refuses a form with a
/// field that the policy does not name.
#[must_use]
pub fn sign_form(
    bucket: &Bucket,
    credentials: &TemporaryCredentials,
    grant: &Grant,
    expires_in: Duration,
    now: OffsetDateTime,
) -> SignedForm {
    let day_key = credentials.day_key(now);
    // S3 knows no fractions of a second here.
    let expires_at = now.replace_nanosecond(0).unwrap_or(now) + Duration::from_secs(expires_in.as_secs());

    let mut fields: Vec<(&'static str, String)> = Vec::with_capacity(12);
    fields.push(("key", grant.key.as_str().to_owned()));
    fields.push(("Content-Type", grant.content_type.as_str().to_owned()));
    fields.push(("success_action_status", "201".to_owned()));
    if let Some(checksum) = &grant.checksum {
        fields.push((checksum.algorithm.header(), checksum.value.clone()));
    }
    fields.extend(bucket.encryption());
    fields.push(("x-amz-algorithm", "AWS4-HMAC-SHA256".to_owned()));
    fields.push(("x-amz-credential", format!("{}/{}", credentials.access_key_id, day_key.scope())));
    fields.push(("x-amz-date", timestamp(now)));
    fields.push(("x-amz-security-token", credentials.token()));

    let policy = STANDARD.encode(policy(bucket, grant, &fields, expires_at).to_string());
    let signature = day_key.sign_text(&policy);
    fields.push(("policy", policy));
    fields.push(("x-amz-signature", signature));
    SignedForm { url: bucket.form_url(), fields, expires_at }
}

fn policy(bucket: &Bucket, grant: &Grant, fields: &[(&str, String)], expires_at: OffsetDateTime) -> Value {
    let mut conditions = vec![
        json!(["eq", "$bucket", bucket.name]),
        json!(["content-length-range", grant.size.least(), grant.size.most().bytes()]),
    ];
    conditions.extend(fields.iter().map(|(name, value)| json!(["eq", format!("${name}"), value])));
    // A time that has no text makes a policy that S3 refuses.
    json!({"expiration": expires_at.format(&Rfc3339).unwrap_or_default(), "conditions": conditions})
}

#[cfg(test)]
#[path = "post_policy_tests.rs"]
mod tests;
