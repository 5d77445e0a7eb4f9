//! How does a handler get what the request brings, typed and bounded?

use std::borrow::Cow;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use actix_web::web::{self, BytesMut};
use actix_web::{FromRequest, HttpMessage as _, HttpRequest};
use futures_util::StreamExt as _;
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::object::Object;
use super::problem::{FieldFault, Problem};
use crate::domain::authenticate::Caller;
use crate::model::{Admin, Invalid, Principal, Provenance};

/// No request about one thing needs more.
const LARGEST_BODY: usize = 64 << 10;
/// 10,000 parts with their entity tags need about 700 KB, 100 uploads less.
const LARGEST_LIST: usize = 1 << 20;

/// What the middleware found out about the request, as a handler's parameter. A handler that asks for what its route's
/// middleware does not provide gets nothing, and the caller an error.
macro_rules! from_extensions {
    ($($name:ty),+) => {$(
        impl FromRequest for $name {
            type Error = Problem;
            type Future = Ready<Result<Self, Problem>>;

            fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
                ready(request.extensions().get::<Self>().cloned().ok_or_else(Problem::internal))
            }
        }
    )+};
}
from_extensions!(Admin, Caller, Principal, Provenance);

/// A JSON body of at most 64 KiB.
pub(super) struct Json<T>(pub(super) T);

/// A JSON body of at most 1 MiB, for what comes in hundreds and thousands.
pub(super) struct LargeJson<T>(pub(super) T);

/// The same, or no body at all.
pub(super) struct OptionalJson<T>(pub(super) Option<T>);

/// Any body of at most 1 MiB.
pub(super) struct Body(pub(super) BytesMut);

impl<T: DeserializeOwned + 'static> FromRequest for Json<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (is_json, body) = (is_json(request), read(request, payload, LARGEST_BODY));
        Box::pin(async move { if is_json { parse(&body.await?).map(Self) } else { Err(Problem::not_json()) } })
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for LargeJson<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (is_json, body) = (is_json(request), read(request, payload, LARGEST_LIST));
        Box::pin(async move { if is_json { parse(&body.await?).map(Self) } else { Err(Problem::not_json()) } })
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for OptionalJson<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (is_json, body) = (is_json(request), read(request, payload, LARGEST_LIST));
        Box::pin(async move {
            match body.await? {
                empty if empty.is_empty() => Ok(Self(None)),
                body if is_json => parse(&body).map(|value| Self(Some(value))),
                _ => Err(Problem::not_json()),
            }
        })
    }
}

impl FromRequest for Body {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = read(request, payload, LARGEST_LIST);
        Box::pin(async move { body.await.map(Self) })
    }
}

fn read(
    request: &HttpRequest,
    payload: &mut Payload,
    most: usize,
) -> impl Future<Output = Result<BytesMut, Problem>> + use<> {
    let announced = request.headers().get(actix_web::http::header::CONTENT_LENGTH);
    let announced: Option<usize> = announced.and_then(|v| v.to_str().ok()).and_then(|text| text.parse().ok());
    let encoding = request.headers().get(CONTENT_ENCODING);
    let is_encoded = encoding.is_some_and(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity"));
    let mut payload = payload.take();
    async move {
        if is_encoded {
            return Err(Problem::encoded_body());
        }
        if announced.is_some_and(|length| length > most) {
            return Err(Problem::body_too_large(most));
        }
        let mut body = BytesMut::new();
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|error| Problem::unreadable_body(error.to_string()))?;
            if body.len() + chunk.len() > most {
                return Err(Problem::body_too_large(most));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

fn is_json(request: &HttpRequest) -> bool {
    let value = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

/// What is no JSON is 400; JSON of another shape is 422 with the place where it differs.
fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let Object(value) = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let pointer = pointer(error.path());
        let error = error.into_inner();
        if error.is_data() {
            Problem::invalid(vec![FieldFault { pointer: pointer.into(), detail: without_position(&error) }])
        } else {
            Problem::malformed_json(error.to_string())
        }
    })?;
    deserializer.end().map_err(|error| Problem::malformed_json(error.to_string()))?;
    Ok(value)
}

fn without_position(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}

/// A JSON pointer, RFC 6901.
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let segment = |segment: &Segment| match segment {
        Segment::Seq { index } => format!("/{index}"),
        Segment::Map { key } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
        Segment::Enum { variant } => format!("/{variant}"),
        Segment::Unknown => "/?".to_owned(),
    };
    path.iter().map(segment).collect()
}

/// The UUID in the path. What is no UUID names nothing, so it is 404 like any id that does not exist.
pub(super) struct Id(pub(super) Uuid);

impl FromRequest for Id {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = request.match_info().get("id").and_then(|text| Uuid::try_parse(text).ok());
        ready(id.map(Id).ok_or_else(|| Problem::from(crate::domain::Error::NotFound("thing at this path"))))
    }
}

/// Query parameters; those that nobody asked for are ignored.
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let parsed = web::Query::<T>::from_query(request.query_string());
        ready(parsed.map(|query| Self(query.into_inner())).map_err(|error| {
            // Each parameter is a text to serde, so all that can be wrong is that one comes twice.
            let name = error.to_string().split('`').nth(1).unwrap_or_default().to_owned();
            let fault = FieldFault { pointer: format!("?{name}").into(), detail: "must be given once".to_owned() };
            Problem::invalid(vec![fault])
        }))
    }
}

/// Gathers what is wrong with a request, so that its caller learns all of it at once.
#[derive(Default)]
pub(super) struct Faults {
    found: Vec<FieldFault>,
    /// Where the members are that are being looked at.
    below: String,
}

impl Faults {
    /// The value, or a remark about it.
    pub(super) fn take<T>(&mut self, pointer: &'static str, result: Result<T, Invalid>) -> Option<T> {
        result.map_err(|rule| self.note(pointer.into(), &rule)).ok()
    }

    /// How many items a page is to have: 1 to 200, and 50 unless `?limit` says otherwise.
    pub(super) fn page_size(&mut self, limit: Option<&str>) -> u8 {
        match limit.map(str::parse) {
            None => 50,
            Some(Ok(size @ 1..=200)) => size,
            Some(_) => self.take("?limit", Err(Invalid::rule("must be 1 to 200"))).unwrap_or_default(),
        }
    }

    /// The same list of remarks, while members below that place are looked at.
    pub(super) fn at(&mut self, place: String) -> &mut Self {
        self.below = place;
        self
    }

    fn note(&mut self, pointer: Cow<'static, str>, rule: &Invalid) {
        let pointer = if self.below.is_empty() { pointer } else { format!("{}{pointer}", self.below).into() };
        self.found.push(FieldFault { pointer, detail: rule.to_string() });
    }

    /// Every value of a list, or a remark about each that is wrong.
    pub(super) fn take_all<T>(
        &mut self,
        pointer: &str,
        texts: &[String],
        parse: impl Fn(&str) -> Result<T, Invalid>,
    ) -> Vec<T> {
        let mut values = Vec::with_capacity(texts.len());
        for (index, text) in texts.iter().enumerate() {
            match parse(text) {
                Ok(value) => values.push(value),
                Err(rule) => self.note(format!("{pointer}/{index}").into(), &rule),
            }
        }
        values
    }

    /// The whole, when nothing was remarked.
    pub(super) fn finish<T>(self, value: Option<T>) -> Result<T, Problem> {
        match value {
            Some(value) if self.found.is_empty() => Ok(value),
            _ => Err(Problem::invalid(self.found)),
        }
    }
}
