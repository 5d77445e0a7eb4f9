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
        let (host, root) = if aws.force_path_style || is_address || bucket.contains('.') {
            (authority, format!("/{bucket}/"))
        } else {
            (format!("{bucket}.{authority}"), "/".to_owned())
        };
        Self {
            name: bucket.clone(),
            origin: format!("{scheme}://{host}"),
            host,
            root,
            kms_key_arn: upload.kms_key_arn.clone(),
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
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

    /// Where a form is posted to: the bucket itself, without the slash that would begin a key.
    pub(super) fn form_url(&self) -> String {
        let path = if self.root == "/" { "/" } else { self.root.trim_end_matches('/') };
        format!("{}{path}", self.origin)
    }

    /// The encoded path of an object.
    pub(super) fn path(&self, key: &ObjectKey) -> String {
        let mut path = String::with_capacity(self.root.len() + key.as_str().len() + 16);
        let _ = write!(path, "{}{}", self.root, encode_path(key.as_str()));
        path
    }
}
