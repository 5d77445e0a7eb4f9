//! What may this tenant upload? Every rule that a request breaks is named at once.

use super::Uploads;
use super::create::Request;
use crate::adapters::postgres::OverQuota;
use crate::domain::Error;
use crate::model::{ChecksumAlgorithm, FileSize, GrantedSize, Invalid, Limits, Method};

impl Uploads {
    /// How many bytes may be written, and how they travel.
    pub(super) fn check_limits(&self, limits: &Limits, request: &Request) -> Result<(GrantedSize, Method), Error> {
        let mut broken: Vec<(&'static str, Invalid)> = Vec::new();
        let is_large = request.size.is_some_and(|size| size > self.multipart_threshold);
        let method = request.method.unwrap_or(if is_large { Method::Multipart } else { Method::Put });
        let most = match method {
            Method::Put | Method::Post => limits.max_upload_bytes.min(FileSize::ONE_REQUEST),
            Method::Multipart => limits.max_upload_bytes,
        };
        let size = match request.size {
            Some(size) => GrantedSize::Exactly(size),
            // What is not known is reserved as the largest that it may be, and more than a month's no month has room for.
            None => {
                let month = limits.monthly_bytes.and_then(|bytes| FileSize::parse(bytes).ok());
                GrantedSize::AtMost(month.map_or(most, |month| most.min(month)))
            }
        };
        if size.most() > limits.max_upload_bytes {
            let text = format!("must be at most {} bytes, the tenant's limit", limits.max_upload_bytes.bytes());
            broken.push(("/size", text.into()));
        } else if size.most() > most {
            let rule = "must be at most 5368709120 bytes (5 GiB), the most that one request carries; larger files need method multipart";
            broken.push(("/size", Invalid::rule(rule)));
        }
        let whole = |algorithm| algorithm == ChecksumAlgorithm::Crc64nvme;
        if method == Method::Multipart && request.checksum.as_ref().is_some_and(|given| !whole(given.algorithm)) {
            let rule = "must be CRC64NVME for a multipart upload, the one that S3 keeps of the whole object by itself";
            broken.push(("/checksum/algorithm", Invalid::rule(rule)));
        }
        if !limits.allowed_content_types.iter().any(|pattern| pattern.allows(&request.content_type)) {
            let allowed: Vec<&str> = limits.allowed_content_types.iter().map(|p| p.as_str()).collect();
            broken.push(("/contentType", format!("must be one of the tenant's types: {}", allowed.join(", ")).into()));
        }
        if broken.is_empty() { Ok((size, method)) } else { Err(Error::NotAllowed(broken)) }
    }

    pub(super) fn over_quota(&self, over: OverQuota) -> Error {
        self.metrics.quota_rejections.with_label_values(&["monthly_bytes"]).inc();
        Error::OverQuota(over)
    }
}
