//! Where is the bucket, as clients see it?

use std::fmt::Write as _;

use crate::adapters::sigv4::encode_path;
use crate::config;
use crate::model::ObjectKey;
use url::Host;

/// The bucket's address, taken apart as a signature needs it.
#[derive(Debug, Clone)]
pub struct Bucket {
    /// Its name, as a POST policy states it.
    pub(super) name: String,
    /// The Region that clients sign for.
    region: String,
    /// Where S3 is, without the bucket.
    endpoint: String,
    /// `https` or `http`, then `://`, then the host that is signed.
    origin: String,
    /// The signed `Host`, with the port unless it is the scheme's own.
    host: String,
    /// What goes before the key in the path: `/`, or `/bucket/` in path style.
    root: String,
    /// The KMS key that each upload must name.
    pub(super) kms_key_arn: Option<String>,
}

impl Bucket {
    /// At AWS in virtual-hosted style, elsewhere as configured. A bucket whose name has a dot cannot have a TLS host of its own.
    #[must_use]
    pub fn new(aws: &config::Aws, upload: &config::Upload) -> Self {
        let endpoint = aws.s3_public_endpoint_url.as_ref().or(aws.s3_endpoint_url.as_ref());
        let (scheme, authority) = match endpoint {
            Some(url) => {
                let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
                (url.scheme().to_owned(), format!("{}{port}", url.host_str().unwrap_or_default()))
            }
            None => {
                let suffix = if aws.region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
                ("https".to_owned(), format!("s3.{}.{suffix}", aws.region))
            }
        };
        // An address has no names below it; the SDK goes by the same rule.
        let is_address = matches!(endpoint.and_then(|url| url.host()), Some(Host::Ipv4(_) | Host::Ipv6(_)));
        let bucket = &upload.bucket;
        let service = format!("{scheme}://{authority}");
        let (host, root) = if aws.force_path_style || is_address || bucket.contains('.') {
            (authority, format!("/{bucket}/"))
        } else {
            (format!("{bucket}.{authority}"), "/".to_owned())
        };
        Self {
            name: bucket.clone(),
            region: aws.region.clone(),
            endpoint: service,
            origin: format!("{scheme}://{host}"),
            host,
            root,
            kms_key_arn: upload.kms_key_arn.clone(),
        }
    }

    /// What S3 calls the bucket.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The Region that clients sign for.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Where S3 is for clients, as an SDK wants it.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Where the bucket is for clients, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}{}", self.origin, self.root.trim_end_matches('/'))
    }

    /// What a browser asks about before it makes a request of that method: the bucket for a form, else an object.
    #[must_use]
    pub(super) fn preflight_url(&self, method: &str) -> String {
        if method == "POST" { self.form_url() } else { format!("{}{}upload-gateway-doctor", self.origin, self.root) }
    }

    /// The signed host.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// Scheme and host.
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    /// Where an object is, for those who may read it.
    #[must_use]
    pub fn object_url(&self, key: &ObjectKey) -> String {
        format!("{}{}", self.origin, self.path(key))
    }

    /// Where a form is posted to: the bucket itself, without the slash that would begin a key.
    pub(super) fn form_url(&self) -> String {
        let path = if self.root == "/" { "/" } else { self.root.trim_end_matches('/') };
        format!("{}{path}", self.origin)
    }

    /// The headers, or fields of a form, that have an upload encrypted as configured, in the order of their names.
    pub(super) fn encryption(&self) -> impl Iterator<Item = (&'static str, String)> {
        let headers = self.kms_key_arn.as_ref().map(|key| {
            [
                ("x-amz-server-side-encryption", "aws:kms".to_owned()),
                ("x-amz-server-side-encryption-aws-kms-key-id", key.clone()),
            ]
        });
        headers.into_iter().flatten()
    }

    /// The encoded path of an object.
    pub(super) fn path(&self, key: &ObjectKey) -> String {
        let mut path = String::with_capacity(self.root.len() + key.as_str().len() + 16);
        let _ = write!(path, "{}{}", self.root, encode_path(key.as_str()));
        path
    }
}
