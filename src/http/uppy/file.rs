//! What does Uppy say about a file, and what is wrong with it?

use std::collections::BTreeMap;

use actix_web::HttpRequest;
use serde::Deserialize;
use serde_json::Value;
use url::form_urlencoded;
use utoipa::ToSchema;

use super::in_its_words;
use crate::domain::Error;
use crate::domain::uploads::create::Request;
use crate::http::extract::Faults;
use crate::http::problem::Problem;
use crate::http::schema;
use crate::model::{Collection, ContentType, FileName, Invalid, Metadata, Method};

/// What Uppy says of every file as its metadata, besides saying it anyway.
const SAID_TWICE: [&str; 2] = ["name", "type"];

/// What a file is when its type is not known.
const BYTES: &str = "application/octet-stream";

/// Where Uppy says what, for refusals.
pub(super) struct Places {
    filename: &'static str,
    content_type: &'static str,
    metadata: &'static str,
}

/// In the query.
pub(super) const IN_QUERY: Places = Places { filename: "?filename", content_type: "?type", metadata: "?metadata" };
/// In the body.
pub(super) const IN_BODY: Places = Places { filename: "/filename", content_type: "/type", metadata: "/metadata" };

/// A file that Uppy wants to upload.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = UppyFile)]
pub(in crate::http) struct File {
    #[schema(value_type = schema::FileName)]
    filename: Option<String>,
    /// `application/octet-stream` when it is empty or absent.
    #[serde(rename = "type")]
    #[schema(value_type = Option<schema::ContentType>)]
    content_type: Option<String>,
    #[schema(value_type = Option<schema::UppyMetadata>)]
    metadata: Option<BTreeMap<String, Value>>,
}

impl File {
    /// Reads `filename`, `type` and each `metadata[…]`, none of them twice.
    pub(super) fn from_query(request: &HttpRequest) -> Result<Self, Problem> {
        let mut faults = Faults::default();
        let (mut file, mut metadata) = (Self::default(), BTreeMap::new());
        for (name, value) in form_urlencoded::parse(request.query_string().as_bytes()) {
            let value = value.into_owned();
            let entry = name.strip_prefix("metadata[").and_then(|rest| rest.strip_suffix(']'));
            let (place, before) = match (entry, name.as_ref()) {
                (Some(entry), _) => {
                    (IN_QUERY.metadata, metadata.insert(entry.to_owned(), Value::String(value)).is_some())
                }
                (None, "filename") => (IN_QUERY.filename, file.filename.replace(value).is_some()),
                (None, "type") => (IN_QUERY.content_type, file.content_type.replace(value).is_some()),
                (None, _) => continue,
            };
            let once = if before { Err(Invalid::rule("must not be given twice")) } else { Ok(()) };
            faults.take(place, once);
        }
        file.metadata = Some(metadata);
        faults.finish(Some(file))
    }

    /// The request for an upload of unknown size.
    pub(super) fn parse(self, places: &Places, method: Method) -> Result<Request, Problem> {
        let mut faults = Faults::default();
        let file_name = self.filename.ok_or(Invalid::rule("is required")).and_then(|text| FileName::parse(&text));
        let file_name = faults.take(places.filename, file_name);
        let content_type = self.content_type.filter(|text| !text.is_empty());
        let content_type = ContentType::parse(content_type.as_deref().unwrap_or(BYTES));
        let content_type = faults.take(places.content_type, content_type);
        let metadata = texts(self.metadata.unwrap_or_default()).and_then(Metadata::parse);
        let metadata = faults.take(places.metadata, metadata);
        let request = || {
            Some(Request {
                file_name: file_name?,
                content_type: content_type?,
                size: None,
                checksum: None,
                collection: Collection::default(),
                metadata: metadata?,
                method: Some(method),
                #[cfg(feature = "walls-off-for-tests")]
                unwalled_key: None,
            })
        };
        faults.finish(request())
    }
}

impl Places {
    /// The refusal of a request that [`File::parse`] made.
    pub(super) fn refusal(&self, error: Error) -> Problem {
        in_its_words(error, &[("/contentType", self.content_type)])
    }
}

/// As JavaScript writes them. Uppy 6 sends the values as they are, null among them.
fn texts(entries: BTreeMap<String, Value>) -> Result<BTreeMap<String, String>, Invalid> {
    let mut texts = BTreeMap::new();
    for (name, value) in entries.into_iter().filter(|(name, _)| !SAID_TWICE.contains(&name.as_str())) {
        let text = match value {
            Value::Null => continue,
            Value::String(text) => text,
            Value::Bool(truth) => truth.to_string(),
            Value::Number(number) => number.to_string(),
            Value::Array(_) | Value::Object(_) => return Err(Invalid::rule("must hold no lists and no objects")),
        };
        texts.insert(name, text);
    }
    Ok(texts)
}
