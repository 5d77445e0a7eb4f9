//! Who is put on record for having been refused? Whoever is known, and was answered 403.

use actix_web::dev::ServiceResponse;
use actix_web::web::Data;
use actix_web::{HttpMessage as _, HttpRequest};

use super::known_method;
use crate::domain::authenticate::Caller;
use crate::domain::refusals::Refusal;
use crate::http::State;
use crate::http::problem::Kind;
use crate::model::{Principal, Provenance};

/// Leaves it to be written down.
pub(super) async fn note(response: &ServiceResponse) {
    let request = response.request();
    let Some(state) = request.app_data::<Data<State>>() else { return };
    let Some(provenance) = known::<Provenance>(request) else { return };
    let route = request.match_pattern().unwrap_or_else(|| "unmatched".to_owned());
    let problem = response.response().extensions().get::<Kind>().map_or("forbidden", |kind| kind.0);
    let refusal = Refusal { problem, method: known_method(request.method()), route: &route };
    if let Some(principal) = known::<Principal>(request) {
        state.refusals.of_principal(&principal, refusal, provenance);
    } else if let Some(caller) = known::<Caller>(request) {
        state.refusals.of_caller(&state.authenticator, &caller, refusal, provenance).await;
    }
}

fn known<T: Clone + 'static>(request: &HttpRequest) -> Option<T> {
    request.extensions().get::<T>().cloned()
}
