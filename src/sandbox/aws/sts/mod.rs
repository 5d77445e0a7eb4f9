//! Who gets temporary credentials? The two STS actions that the gateway uses, over STS's query protocol.

mod assume_role;
mod xml;

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::http::Extensions;
use hyper::{HeaderMap, Method, StatusCode, Uri};
use rand::Rng as _;
use rand::seq::IndexedRandom as _;
use s3s::route::S3Route;
use s3s::{Body, S3Error, S3Request, S3Response, S3Result};
use time::Duration;
use url::form_urlencoded;

use self::assume_role::AssumeRole;
pub(super) use self::xml::{Refused, reshape};
use super::identity::{Principal, Refusal, Session};
use super::{AssumeRoleCall, ROLE_ARN, Shared};

/// The most that a query request may be long: fifty tags of the greatest length do not fill it.
pub(super) const LONGEST_REQUEST: usize = 256 * 1024;

/// The session tag without which the role cannot be assumed.
const TENANT_TAG: &str = "customerName";
/// The tags that a session may have.
const TAGS: [&str; 2] = [TENANT_TAG, "subject"];

/// STS, reached through s3s so that s3s checks the signatures.
pub(super) struct Sts(pub(super) Arc<Shared>);

/// Whether a request is for STS rather than for S3: both answer on one port.
pub(super) fn is_query_request(method: &Method, uri: &Uri, headers: &HeaderMap) -> bool {
    let form = |value: &HeaderValue| value.as_bytes().starts_with(b"application/x-www-form-urlencoded");
    method == Method::POST && uri.path() == "/" && headers.get(CONTENT_TYPE).is_some_and(form)
}

/// The `Action` of a query request.
pub(super) fn action(body: &[u8]) -> Option<String> {
    form_urlencoded::parse(body).find_map(|(name, value)| (name == "Action").then(|| value.into_owned()))
}

#[async_trait::async_trait]
impl S3Route for Sts {
    fn is_match(&self, method: &Method, uri: &Uri, headers: &HeaderMap, _: &mut Extensions) -> bool {
        is_query_request(method, uri, headers)
    }

    /// Nobody is turned away here: `call` does it, in STS's own words.
    async fn check_access(&self, _: &mut S3Request<Body>) -> S3Result<()> {
        Ok(())
    }

    async fn call(&self, mut request: S3Request<Body>) -> S3Result<S3Response<Body>> {
        let body = request
            .input
            .store_all_limited(LONGEST_REQUEST)
            .await
            .map_err(|error| S3Error::with_source(s3s::S3ErrorCode::InvalidRequest, error))?;
        let form = form_urlencoded::parse(&body).into_owned().collect();
        let answer = self.answer(&request, &form);
        let (status, xml) = match answer {
            Ok(xml) => (StatusCode::OK, xml),
            Err(refused) => (refused.status, refused.to_xml()),
        };
        let mut response = S3Response::with_status(Body::from(xml), status);
        response.headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/xml"));
        Ok(response)
    }
}

impl Sts {
    fn answer(&self, request: &S3Request<Body>, form: &BTreeMap<String, String>) -> Result<String, Refused> {
        let credentials = request.credentials.as_ref().ok_or_else(|| {
            Refused::new(403, "MissingAuthenticationToken", "Request is missing Authentication Token")
        })?;
        let token = request.headers.get("x-amz-security-token").and_then(|token| token.to_str().ok());
        let caller = self.0.identities.identify(&credentials.access_key, token)?;
        match form.get("Action").map(String::as_str) {
            Some("AssumeRole") => self.assume_role(&caller, form),
            Some("GetCallerIdentity") => Ok(xml::caller_identity(&caller)),
            other => {
                let action = other.unwrap_or_default();
                Err(Refused::new(400, "InvalidAction", format!("The sandbox does not know the action {action}")))
            }
        }
    }

    fn assume_role(&self, caller: &Principal, form: &BTreeMap<String, String>) -> Result<String, Refused> {
        let request = AssumeRole::parse(form)?;
        let granted = self.authorize(caller, &request);
        self.0.record(AssumeRoleCall {
            session_name: request.session_name.clone(),
            policy: request.policy.as_ref().map(|(json, _)| json.clone()),
            tags: request.tags.clone(),
            duration_seconds: request.duration_seconds,
            granted: granted.is_ok(),
        });
        granted?;

        let packed = request.policy.as_ref().map_or(0, |(json, _)| json.len())
            + request.tags.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>();
        let life = Duration::seconds(request.duration_seconds.into()).min(self.0.set_up.longest_session());
        let issued = self.0.clock.now().truncate_to_second();
        let session = Session {
            access_key_id: format!("ASIA{}", random_text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16)),
            secret_access_key: STANDARD.encode(rand::rng().random::<[u8; 30]>()),
            token: token(),
            issued,
            expiration: issued + life,
            name: request.session_name,
            tags: request.tags.into_iter().map(|(key, value)| (key.to_lowercase(), value)).collect(),
            policy: request.policy.map(|(_, policy)| policy),
        };
        let answer = xml::assumed_role(&session, packed);
        self.0.identities.admit_session(session);
        answer
    }

    /// The role's trust policy: the gateway alone may assume it, and only in the name of a tenant.
    fn authorize(&self, caller: &Principal, request: &AssumeRole) -> Result<(), Refused> {
        let trust = self.0.set_up.trust();
        let tenant = request.tags.iter().find(|(key, _)| key.eq_ignore_ascii_case(TENANT_TAG));
        let is_tagged = tenant.map_or(!trust.requires_tag, |(_, value)| trust.takes_empty_tag || !value.is_empty());
        let is_known = |(key, _): &(String, String)| TAGS.iter().any(|known| key.eq_ignore_ascii_case(known));
        let tagged = is_tagged && (trust.takes_other_tags || request.tags.iter().all(is_known));
        let external_id = self.0.external_id.is_none() || self.0.external_id == request.external_id;
        match caller {
            Principal::Gateway if request.role_arn == ROLE_ARN && external_id && tagged => Ok(()),
            Principal::Gateway | Principal::Admin | Principal::Session(_) => Err(Refused::new(
                403,
                "AccessDenied",
                format!(
                    "User: {} is not authorized to perform: sts:AssumeRole on resource: {}",
                    xml::arn(caller),
                    request.role_arn
                ),
            )),
        }
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::UnknownKey | Refusal::InvalidToken => {
                Self::new(403, "InvalidClientTokenId", "The security token included in the request is invalid.")
            }
            Refusal::Expired => Self::new(403, "ExpiredToken", "The security token included in the request is expired"),
        }
    }
}

/// As long as AWS's, and with the same characters, so that what carries it meets them: `+`, `/` and `=`.
fn token() -> String {
    let mut bytes = [0; 322];
    rand::rng().fill(&mut bytes[..]);
    format!("IQoJb3JpZ2luX2Vj{}", STANDARD.encode(bytes))
}

fn random_text(alphabet: &str, length: usize) -> String {
    let alphabet = alphabet.as_bytes();
    let mut rng = rand::rng();
    (0..length).filter_map(|_| alphabet.choose(&mut rng)).map(|letter| char::from(*letter)).collect()
}
