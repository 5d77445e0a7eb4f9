//! What may an admin say about limits, a tenant's or the gateway's?

use serde::Deserialize;
use utoipa::ToSchema;

use super::values::{given, list, positive, set};
use crate::http::extract::Faults;
use crate::http::integer::Integer;
use crate::http::schema;
use crate::model::{ContentTypePattern, FileSize, Limits};

/// What may change about the limits; null takes a limit away.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct LimitChanges {
    /// The largest object.
    #[schema(value_type = Option<schema::FileSize>)]
    max_upload_bytes: Option<Integer>,
    #[schema(value_type = Option<Vec<schema::ContentTypePattern>>, max_items = 100)]
    allowed_content_types: Option<Vec<String>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<schema::MonthlyBytes>)]
    monthly_bytes: Option<Option<Integer>>,
    /// Of all its people together.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<schema::RequestsPerMinute>)]
    requests_per_minute: Option<Option<Integer>>,
}

/// The same, each member parsed.
pub(super) struct Parsed {
    max_upload_bytes: Option<FileSize>,
    allowed_content_types: Option<Box<[ContentTypePattern]>>,
    monthly_bytes: Option<Option<i64>>,
    requests_per_minute: Option<Option<i32>>,
}

impl LimitChanges {
    /// The members of `/limits`, and whatever is wrong with them among the faults.
    pub(super) fn parse(&self, faults: &mut Faults) -> Parsed {
        Parsed {
            max_upload_bytes: self
                .max_upload_bytes
                .and_then(|Integer(bytes)| faults.take("/limits/maxUploadBytes", FileSize::parse(bytes))),
            allowed_content_types: list(
                faults,
                "/limits/allowedContentTypes",
                self.allowed_content_types.as_ref(),
                ContentTypePattern::parse,
            ),
            monthly_bytes: self.monthly_bytes.and_then(|n| faults.take("/limits/monthlyBytes", positive(n, i64::MAX))),
            requests_per_minute: self
                .requests_per_minute
                .and_then(|n| faults.take("/limits/requestsPerMinute", positive(n, i32::MAX))),
        }
    }
}

impl Parsed {
    pub(super) fn apply(self, limits: &mut Limits) {
        set(&mut limits.max_upload_bytes, self.max_upload_bytes);
        set(&mut limits.allowed_content_types, self.allowed_content_types);
        set(&mut limits.monthly_bytes, self.monthly_bytes);
        set(&mut limits.requests_per_minute, self.requests_per_minute);
    }
}
