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
use time::OffsetDateTime;
use url::form_urlencoded;
use utoipa::IntoParams;
use uuid::Uuid;

use super::State;
use super::problem::Problem;
use crate::domain::Error;
use crate::model::{Principal, Upload, UploadId};

/// Does the client of that path show a refusal's `message`? Uppy 5 does, to people, when the status is a 4xx.
pub(super) fn shows_messages(path: &str) -> bool {
    path.starts_with("/companion/") || path.starts_with("/u/")
}

/// The multipart upload that a path and its query name.
pub(super) struct Named {
    id: UploadId,
    key: Option<String>,
}

/// The object key in the query, which goes with every question about a multipart upload.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes what `Named` reads")]
pub(super) struct Key {
    /// The upload's `key`; when it is given and is another's, there is no such upload.
    #[param(example = "acme/7c0e…/default/0193…/film.mp4")]
    key: Option<String>,
}

impl FromRequest for Named {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    /// What is no UUID names nothing.
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = request.match_info().get("uploadId").and_then(|text| Uuid::try_parse(text).ok());
        let key = parameter(request, "key").map(Cow::into_owned);
        ready(id.map(|id| Self { id: id.into(), key }).ok_or_else(|| Error::NotFound("upload").into()))
    }
}

impl Named {
    /// The upload, which must be the principal's.
    async fn find(&self, state: &State, principal: &Principal) -> Result<Upload, Problem> {
        Ok(state.uploads.find_multipart(principal, self.id, self.key.as_deref()).await?)
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
