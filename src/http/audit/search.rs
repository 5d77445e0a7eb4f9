//! Which events does somebody look for, and what is the answer?

use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::export::{self, Format};
use super::view::Event;
use crate::adapters::postgres::audit_listing::Filter;
use crate::domain::audit::{Reach, Search};
use crate::http::extract::Faults;
use crate::http::problem::Problem;
use crate::http::{State, schema};
use crate::model::{ActionPattern, AuditId, Invalid, Subject, UploadId};

/// Which events to show.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct Listing {
    /// How many.
    #[param(value_type = schema::PageSize, inline, required = false)]
    limit: Option<String>,
    /// The `nextCursor` of the page before, with the same filters.
    #[param(value_type = schema::Cursor, inline, required = false)]
    cursor: Option<String>,
    /// What this one did.
    #[param(value_type = schema::Subject, inline, required = false)]
    subject: Option<String>,
    /// What was done.
    #[param(value_type = schema::ActionPattern, inline, required = false)]
    action: Option<String>,
    /// What was done to this upload.
    #[param(value_type = Uuid, required = false)]
    upload: Option<String>,
    /// From then on. A `+` in it is written `%2B`.
    #[param(value_type = String, format = DateTime, required = false)]
    from: Option<String>,
    /// Before then. A `+` in it is written `%2B`.
    #[param(value_type = String, format = DateTime, required = false)]
    to: Option<String>,
}

/// A page of events, newest first.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AuditEventPage)]
pub(in crate::http) struct EventPage {
    #[schema(max_items = 200)]
    items: Vec<Event>,
    /// What to ask for next; null on the last page.
    #[schema(value_type = Option<schema::Cursor>)]
    next_cursor: Option<String>,
}

/// What is found within that reach, as the request wants it: a page, or all of it to save.
pub(in crate::http) async fn answer(
    state: &State,
    request: &HttpRequest,
    listing: Listing,
    reach: Result<Reach, (&'static str, Invalid)>,
) -> Result<HttpResponse, Problem> {
    let (mut search, limit) = listing.parse(reach)?;
    if let Some(format) = Format::wanted(request) {
        search.filter.before = None;
        return export::answer(state, format, search).await;
    }
    let scope = search.cursor_scope();
    let (found, more) = search.page(&state.pool, limit).await?;
    let next_cursor = found.last().filter(|_| more).map(|last| scope.after_id(last.id));
    let items = found.into_iter().map(Event::from).collect();
    Ok(HttpResponse::Ok().json(EventPage { items, next_cursor }))
}

impl Listing {
    fn parse(self, reach: Result<Reach, (&'static str, Invalid)>) -> Result<(Search, u8), Problem> {
        let mut faults = Faults::default();
        let limit = faults.page_size(self.limit.as_deref());
        let subject = self.subject.and_then(|text| faults.take("?subject", Subject::parse(&text)));
        let action = self.action.and_then(|text| faults.take("?action", ActionPattern::parse(&text)));
        let upload = self.upload.and_then(|text| faults.take("?upload", uuid(&text))).map(UploadId::from);
        let from = self.from.and_then(|text| faults.take("?from", time(&text)));
        let until = self.to.and_then(|text| faults.take("?to", time(&text)));
        let filter = Filter { subject, action, upload, from, until, before: None };
        let reach = reach.map_or_else(|(pointer, rule)| faults.take(pointer, Err(rule)), Some);
        let mut search = reach.map(|reach| Search { reach, filter });
        if let (Some(search), Some(text)) = (&mut search, self.cursor) {
            search.filter.before = faults.take("?cursor", search.cursor_scope().id(&text)).map(AuditId::from);
        }
        faults.finish(search.map(|search| (search, limit)))
    }
}

pub(in crate::http) fn uuid(text: &str) -> Result<Uuid, Invalid> {
    Uuid::try_parse(text).map_err(|_no_uuid| Invalid::rule("must be a UUID"))
}

fn time(text: &str) -> Result<OffsetDateTime, Invalid> {
    let time = OffsetDateTime::parse(text, &Rfc3339).ok();
    // The last hours of the year 9999 may be the next year's in UTC, which has no name.
    let time = time.and_then(|time| time.checked_to_offset(UtcOffset::UTC));
    time.ok_or(Invalid::rule("must be a time as RFC 3339 has it, such as 2026-11-21T09:30:00Z"))
}
