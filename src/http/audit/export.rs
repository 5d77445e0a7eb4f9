//! How does somebody save all the events that were found?

use std::io;

use actix_web::http::header::{
    Accept, CONTENT_DISPOSITION, CONTENT_TYPE, ContentDisposition, DispositionParam, DispositionType, Header as _,
};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use futures_util::{StreamExt as _, future, stream};
use time::format_description::well_known::Rfc3339;
use tracing::{Instrument as _, Span, error};
use uuid::Uuid;

use super::view::Event;
use crate::adapters::postgres::audit_listing::Recorded;
use crate::domain::audit::{Export, Search};
use crate::http::State;
use crate::http::problem::Problem;

const COLUMNS: [&str; 10] =
    ["id", "at", "tenantId", "subject", "action", "uploadId", "requestId", "detail", "traceId", "address"];

/// How a file of events is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One JSON object a line.
    Ndjson,
    /// RFC 4180.
    Csv,
}

/// All of it, in pieces, of which the first is found before the answer begins: should that fail, it is an ordinary refusal.
/// Should a later one fail, the body is broken off, so that nobody takes it for whole.
pub(super) async fn answer(state: &State, format: Format, search: Search) -> Result<HttpResponse, Problem> {
    let mut export = Export::new(state.pool.clone(), search);
    let events = export.next().await?.unwrap_or_default();
    let first = format.write(events, true).map_err(|_unwritable| Problem::internal())?;
    // The body is made after its handler, and outside of its request's span.
    let span = Span::current();
    let rest = stream::try_unfold((export, span), move |(mut export, span)| async move {
        let found = export.next().instrument(span.clone()).await.map_err(|error| {
            let _within = span.enter();
            error!(error = Problem::from(error).chain(), "an audit export was broken off");
            io::Error::other("the audit export was broken off")
        })?;
        found.map(|events| Ok((format.write(events, false)?, (export, span)))).transpose()
    });
    let name = format!("audit-{}.{}", state.clock.now().date(), format.extension());
    let parameters = vec![DispositionParam::Filename(name)];
    let disposition = ContentDisposition { disposition: DispositionType::Attachment, parameters };
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, format.content_type()))
        .insert_header((CONTENT_DISPOSITION, disposition))
        .streaming(stream::once(future::ready(Ok::<_, io::Error>(first))).chain(rest)))
}

impl Format {
    /// The one that the caller likes best of what it names; none when that is JSON, or nothing that we have.
    pub(super) fn wanted(request: &HttpRequest) -> Option<Self> {
        let liked = Accept::parse(request).map(|accept| accept.ranked()).unwrap_or_default();
        let known = liked.iter().find_map(|kind| match kind.essence_str() {
            "application/x-ndjson" => Some(Some(Self::Ndjson)),
            "text/csv" => Some(Some(Self::Csv)),
            "application/json" | "application/*" | "*/*" => Some(None),
            _ => None,
        });
        known.flatten()
    }

    const fn extension(self) -> &'static str {
        match self {
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
        }
    }

    const fn content_type(self) -> &'static str {
        match self {
            Self::Ndjson => "application/x-ndjson",
            Self::Csv => "text/csv; charset=utf-8; header=present",
        }
    }

    /// Events as the file holds them, its head before the first.
    ///
    /// # Errors
    /// When one of them has no text.
    pub fn write(self, events: Vec<Recorded>, is_first: bool) -> io::Result<Bytes> {
        match self {
            Self::Ndjson => lines(events),
            Self::Csv => table(is_first, events),
        }
    }
}

fn lines(events: Vec<Recorded>) -> io::Result<Bytes> {
    let mut text = Vec::new();
    for event in events {
        serde_json::to_writer(&mut text, &Event::from(event))?;
        text.push(b'\n');
    }
    Ok(text.into())
}

fn table(with_head: bool, events: Vec<Recorded>) -> io::Result<Bytes> {
    let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    if with_head {
        table.write_record(COLUMNS)?;
    }
    for event in events {
        table.write_record(row(event).map(harmless))?;
    }
    Ok(table.into_inner().map_err(csv::IntoInnerError::into_error)?.into())
}

fn row(event: Recorded) -> [String; 10] {
    let id = |id: Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    [
        event.id.to_string(),
        event.at.format(&Rfc3339).unwrap_or_default(),
        id(event.tenant_id),
        event.subject,
        event.action,
        id(event.upload_id),
        event.request_id,
        event.detail.to_string(),
        event.trace_id.unwrap_or_default(),
        event.address.unwrap_or_default(),
    ]
}

/// A spreadsheet must not take it for a formula.
/// <https://owasp.org/www-community/attacks/CSV_Injection>
fn harmless(cell: String) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { format!("'{cell}") } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for cell in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"] {
            assert_eq!(harmless(cell.to_owned()), format!("'{cell}"));
        }
        for cell in ["", "alice", "{\"a\":\"=1\"}", "1-1", "'=1"] {
            assert_eq!(harmless(cell.to_owned()), cell);
        }
    }

    #[test]
    fn what_is_wanted_is_what_is_liked_best_of_what_there_is() {
        for (accept, wanted) in [
            ("", None),
            ("*/*", None),
            ("application/json", None),
            ("text/html", None),
            ("nonsense", None),
            ("text/csv", Some(Format::Csv)),
            ("Text/CSV; charset=utf-8", Some(Format::Csv)),
            ("application/x-ndjson", Some(Format::Ndjson)),
            ("application/xml, text/csv;q=0.5, */*;q=0.1", Some(Format::Csv)),
            ("text/csv;q=0.5, application/x-ndjson", Some(Format::Ndjson)),
            ("text/csv;q=0.5, application/json", None),
        ] {
            let request = actix_web::test::TestRequest::default().insert_header(("accept", accept)).to_http_request();
            assert_eq!(Format::wanted(&request), wanted, "{accept}");
        }
    }
}
