//! To whose trace does a request belong? Its headers `traceparent` and `tracestate`, W3C Trace Context §2.2 and §4.

use actix_web::http::header::{HeaderMap, HeaderName};

use crate::model::{TraceParent, TraceState};
use crate::trace::Caller;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// What the request says of its trace, when it says it well. A state is worth nothing without a parent, and a bad state takes no parent
/// along; a parent that is there twice is as good as none.
pub(super) fn caller(headers: &HeaderMap) -> Option<Caller> {
    let mut given = headers.get_all(TRACEPARENT);
    let (Some(parent), None) = (given.next(), given.next()) else { return None };
    let parent = parent.to_str().ok().and_then(|text| TraceParent::parse(text).ok())?;
    Some((parent, state(headers)))
}

fn state(headers: &HeaderMap) -> Option<TraceState> {
    let values: Result<Vec<&str>, _> = headers.get_all(TRACESTATE).map(|value| value.to_str()).collect();
    TraceState::parse(&values.ok()?.join(",")).ok()
}
