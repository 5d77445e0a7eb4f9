//! How does Uppy ask? As it asks its own server, Companion: Uppy 5 with a token, Uppy 6 with a session in the path.
//!
//! Read from `@uppy/aws-s3` 5.1 (`src/index.ts`) and 6.3 (`src/s3-client/CompanionS3.ts`). Neither says how large a file is, so
//! what it may write is bounded: by the form's policy, and by the sum of the parts when they are put together.

pub(super) mod complete;
pub(super) mod contract;
mod file;
pub(super) mod multipart;
pub(super) mod params;
pub(super) mod parts;
pub(super) mod sessions;

use std::borrow::Cow;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use percent_encoding::percent_decode_str;
use time::OffsetDateTime;
use url::form_urlencoded;
use utoipa::IntoParams;

use super::extract::Faults;
use super::problem::Problem;
use super::{State, schema};
use crate::domain::Error;
use crate::model::{Invalid, MultipartId, Principal, Upload};

/// Does the client of that path show a refusal's `message`? Uppy 5 does, to people, when the status is a 4xx.
pub(super) fn shows_messages(path: &str) -> bool {
    path.starts_with("/companion/") || path.starts_with("/u/")
}

/// The multipart upload that a path and its query name: as S3 calls it, because Uppy 5 may sign requests to S3 by itself, and by
/// its object key, which leads to the record.
pub(super) struct Named {
    multipart: MultipartId,
    key: String,
}

/// The object key in the query, which goes with every question about a multipart upload.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes what `Named` reads")]
pub(super) struct Key {
    /// The `key` that was answered with the `uploadId`.
    #[param(value_type = schema::ProposedKey)]
    key: String,
}

impl FromRequest for Named {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    /// What can be no name of S3's names nothing.
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::read(request))
    }
}

impl Named {
    fn read(request: &HttpRequest) -> Result<Self, Problem> {
        let mut faults = Faults::default();
        let key = faults.take("?key", parameter(request, "key").ok_or(Invalid::rule("is required")));
        let key = faults.finish(key)?.into_owned();
        // The router leaves `%2F` as it is, which Uppy makes of a slash.
        let given = request.match_info().get("uploadId").unwrap_or_default();
        let given = percent_decode_str(given).decode_utf8_lossy();
        let multipart =
            MultipartId::parse(&given).map_err(|_rule| Problem::from(Error::NotFound("multipart upload")))?;
        Ok(Self { multipart, key })
    }

    /// The upload, which must be the principal's.
    async fn find(&self, state: &State, principal: &Principal) -> Result<Upload, Problem> {
        Ok(state.uploads.find_multipart(principal, &self.key, &self.multipart).await?)
    }
}

/// The first parameter of that name in the query.
fn parameter<'a>(request: &'a HttpRequest, name: &str) -> Option<Cow<'a, str>> {
    form_urlencoded::parse(request.query_string().as_bytes()).find(|(given, _)| given == name).map(|(_, value)| value)
}

/// The whole seconds from now until then. Uppy 5 gives up a request of its own after so long.
fn seconds_until(state: &State, then: OffsetDateTime) -> i64 {
    (then - state.clock.now()).whole_seconds().max(1)
}

/// The refusal, with the names that Uppy has for what it sent.
fn in_its_words(error: Error, names: &[(&'static str, &'static str)]) -> Problem {
    let renamed = |given: &'static str| names.iter().find(|(ours, _)| *ours == given).map_or(given, |(_, its)| *its);
    let error = if let Error::NotAllowed(broken) = error {
        Error::NotAllowed(broken.into_iter().map(|(pointer, rule)| (renamed(pointer), rule)).collect())
    } else {
        error
    };
    error.into()
}
