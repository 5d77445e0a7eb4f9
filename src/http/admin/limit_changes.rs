//! What may an admin say about limits, a tenant's or the gateway's?

use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::changes::list;
use crate::http::extract::Faults;
use crate::http::integer::Integer;
use crate::http::schema;
use crate::model::{ContentTypePattern, FileSize, Invalid, Limits};

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
    allowed_content_types: Option<Vec<ContentTypePattern>>,
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

/// What was said goes over what was so.
pub(super) fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

/// Tells a null from an absent member.
pub(super) fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// 1 to the most that the type holds.
pub(super) fn positive<T: TryFrom<i64> + Into<i64>>(value: Option<Integer>, most: T) -> Result<Option<T>, Invalid> {
    let Some(Integer(number)) = value else { return Ok(None) };
    if number < 1 {
        return Err(Invalid::rule("must be at least 1, or null"));
    }
    let too_large = |_| format!("must be at most {}, or null", most.into()).into();
    T::try_from(number).map(Some).map_err(too_large)
}
