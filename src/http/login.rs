//! `GET /v1/login`

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::extract::{Faults, Query};
use super::problem::Problem;
use super::{State, schema};
use crate::model::{EmailDomain, Invalid};

/// Who wants to sign in.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Person {
    /// The person's e-mail address, of which only the domain is looked at.
    #[param(value_type = schema::EmailAddress, inline, required = true)]
    email: Option<String>,
}

/// Where a person signs in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Login {
    /// Where to send the browser. Its page adds `state`, `nonce`, `code_challenge` and `code_challenge_method=S256`; one of a
    /// partner's own has its own `redirect_uri`.
    #[schema(value_type = schema::AuthorizeUrl)]
    authorize_url: String,
    /// The identity provider in Cognito; `COGNITO` is the user pool itself.
    #[schema(value_type = schema::IdentityProvider)]
    identity_provider: String,
}

/// Where this person signs in.
///
/// Anybody may ask. A domain that nobody knows is answered like that of a tenant without an identity provider.
#[utoipa::path(
    get, path = "/v1/login", operation_id = "getLogin", tag = "people", params(Person),
    extensions(("x-problems" = json!(["sign-in-not-configured"]))),
    responses(
        (status = 200, description = "The way to the sign-in page", body = Login),
    )
)]
pub(super) async fn get(Query(person): Query<Person>, state: Data<State>) -> Result<HttpResponse, Problem> {
    let mut faults = Faults::default();
    let email = person.email.ok_or(Invalid::rule("is required"));
    let domain = faults.take("?email", email.and_then(|address| EmailDomain::of_address(&address)));
    let way = state.login.way(&faults.finish(domain)?).await?;
    Ok(HttpResponse::Ok().json(Login { authorize_url: way.authorize_url, identity_provider: way.identity_provider }))
}
