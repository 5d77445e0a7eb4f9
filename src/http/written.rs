//! How is an answer that is asked for thousands of times a second written?

use actix_web::http::header::ContentType;
use actix_web::{HttpResponse, HttpResponseBuilder};
use serde::Serialize;

use super::problem::Problem;

/// A grant in JSON: its URL holds a session token of a kilobyte or more, so room is made once and not five times over.
const ROOM: usize = 4096;

/// The answer with that value as its body, as [`HttpResponseBuilder::json`] has it.
pub(super) fn json(builder: &mut HttpResponseBuilder, value: &impl Serialize) -> Result<HttpResponse, Problem> {
    let mut body = Vec::with_capacity(ROOM);
    serde_json::to_writer(&mut body, value).map_err(|_unwritable| Problem::internal())?;
    Ok(builder.content_type(ContentType::json()).body(body))
}
