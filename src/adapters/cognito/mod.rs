//! How is a user pool set up?
//!
//! With the gateway's own credentials. IAM actions needed, on the pool alone, and by the doctor alone:
//! `cognito-idp:DescribeUserPool`, `cognito-idp:ListUserPoolClients` and `cognito-idp:DescribeUserPoolClient`. Three calls are not
//! worth the SDK's crate for Cognito, which takes longer to compile than any other; so they are signed here.

mod described;

use aws_lc_rs::digest::{SHA256, digest};
use aws_sdk_sts::config::{ProvideCredentials as _, SharedCredentialsProvider};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use url::Url;

pub use described::{AppClient, UserPool};

use crate::adapters::aws_error::{LookError, with_causes};
use crate::adapters::sigv4::{Scope, SigningKeys, timestamp};
use crate::config;
use crate::model::Clock;

const MEDIA_TYPE: &str = "application/x-amz-json-1.1";
const SERVICE: &str = "AWSCognitoIdentityProviderService";
/// An app client with a hundred addresses and as many scopes has some 50 KiB.
const LARGEST_ANSWER: usize = 1024 * 1024;
/// The most that Cognito lists at a time.
const PAGE: usize = 60;
/// With these a pool's clients are all seen, up to the thousand that AWS gives a pool unless it is asked for more.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html>
const PAGES: usize = 17;

/// A user pool's place, as its issuer tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolPlace {
    region: String,
    /// Such as `eu-central-1_AbC123`.
    pub id: String,
    endpoint: Url,
}

impl PoolPlace {
    /// Of `https://cognito-idp.REGION.amazonaws.com/POOL`, or of any issuer that ends in a pool's id where an endpoint for Cognito
    /// is configured. Nothing for an issuer that is no user pool of Cognito's.
    #[must_use]
    pub fn of(issuer: &str, aws: &config::Aws) -> Option<Self> {
        let url = Url::parse(issuer.trim_end_matches('/')).ok()?;
        let id = url.path_segments()?.next_back()?.to_owned();
        let (region, name) = id.split_once('_')?;
        let is_region =
            region.split('-').count() >= 3 && region.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if !is_region || name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return None;
        }
        let host = url.host_str()?;
        let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        let endpoint = match &aws.cognito_endpoint_url {
            Some(endpoint) => endpoint.clone(),
            None if host == format!("cognito-idp.{region}.{suffix}") => Url::parse(&format!("https://{host}")).ok()?,
            None => return None,
        };
        Some(Self { region: region.to_owned(), endpoint, id })
    }
}

/// The app clients of a pool, by their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientIds {
    /// As many as were listed.
    pub ids: Vec<String>,
    /// The pool has no others.
    pub are_all: bool,
}

/// Asks Cognito how its pools and their app clients are set up.
pub struct UserPools {
    http: reqwest::Client,
    credentials: Option<SharedCredentialsProvider>,
    clock: Clock,
}

impl UserPools {
    /// With the gateway's own credentials, which come with `shared`.
    ///
    /// # Errors
    /// When the HTTP client's TLS cannot be set up.
    pub fn new(shared: &aws_config::SdkConfig, aws: &config::Aws, clock: Clock) -> Result<Self, reqwest::Error> {
        let http =
            reqwest::Client::builder().timeout(aws.timeout).redirect(reqwest::redirect::Policy::none()).build()?;
        Ok(Self { http, credentials: shared.credentials_provider(), clock })
    }

    /// The pool.
    ///
    /// # Errors
    /// When the gateway may not look, there is no such pool, or Cognito cannot be asked.
    pub async fn pool(&self, place: &PoolPlace) -> Result<UserPool, LookError> {
        let answer: described::PoolAnswer =
            self.call(place, "DescribeUserPool", &json!({"UserPoolId": place.id})).await?;
        Ok(answer.user_pool)
    }

    /// One of its app clients. Its secret, which comes with the answer, is not kept.
    ///
    /// # Errors
    /// As [`Self::pool`].
    pub async fn app_client(&self, place: &PoolPlace, client_id: &str) -> Result<AppClient, LookError> {
        let question = json!({"UserPoolId": place.id, "ClientId": client_id});
        let answer: described::ClientAnswer = self.call(place, "DescribeUserPoolClient", &question).await?;
        Ok(answer.user_pool_client)
    }

    /// The ids of its app clients.
    ///
    /// # Errors
    /// As [`Self::pool`].
    pub async fn app_clients(&self, place: &PoolPlace) -> Result<ClientIds, LookError> {
        let (mut ids, mut next) = (Vec::new(), None);
        for _ in 0..PAGES {
            let mut question = json!({"UserPoolId": place.id, "MaxResults": PAGE});
            if let (Some(token), Some(members)) = (next, question.as_object_mut()) {
                members.insert("NextToken".to_owned(), Value::String(token));
            }
            let page: described::ClientsAnswer = self.call(place, "ListUserPoolClients", &question).await?;
            ids.extend(page.user_pool_clients.into_iter().map(|client| client.client_id));
            next = page.next_token;
            if next.is_none() {
                return Ok(ClientIds { ids, are_all: true });
            }
        }
        Ok(ClientIds { ids, are_all: false })
    }

    async fn call<T: DeserializeOwned>(&self, place: &PoolPlace, action: &str, body: &Value) -> Result<T, LookError> {
        let unavailable = |error: &dyn std::error::Error| LookError::Unavailable(with_causes(error));
        let request = self.signed(place, action, body.to_string()).await?;
        let mut answer = request.send().await.map_err(|error| unavailable(&error))?;
        let status = answer.status();
        let mut text = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| unavailable(&error))? {
            if text.len() + chunk.len() > LARGEST_ANSWER {
                return Err(LookError::Unavailable(format!("the answer is larger than {LARGEST_ANSWER} bytes")));
            }
            text.extend_from_slice(&chunk);
        }
        if status.is_success() {
            // Not what the parser says of it: an answer may hold a client's secret.
            return serde_json::from_slice(&text)
                .map_err(|_unreadable| LookError::Unavailable(format!("the answer to {action} cannot be read")));
        }
        Err(refusal(status.as_u16(), &text))
    }

    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>
    async fn signed(
        &self,
        place: &PoolPlace,
        action: &str,
        body: String,
    ) -> Result<reqwest::RequestBuilder, LookError> {
        let provider = self.credentials.as_ref();
        let provider = provider.ok_or_else(|| LookError::Unavailable("there are no AWS credentials".to_owned()))?;
        let key = provider.provide_credentials().await;
        let key = key.map_err(|error| LookError::Unavailable(with_causes(&error)))?;
        let now = self.clock.now();
        let port = place.endpoint.port().map(|port| format!(":{port}")).unwrap_or_default();
        let host = format!("{}{port}", place.endpoint.host_str().unwrap_or_default());
        let mut headers = vec![("content-type", MEDIA_TYPE.to_owned()), ("host", host), ("x-amz-date", timestamp(now))];
        headers.extend(key.session_token().map(|token| ("x-amz-security-token", token.to_owned())));
        headers.push(("x-amz-target", format!("{SERVICE}.{action}")));
        let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
        let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let hash: String = digest(&SHA256, body.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        let canonical = format!("POST\n/\n\n{lines}\n{names}\n{hash}");
        let day =
            SigningKeys::new(key.secret_access_key().into(), Scope::new(&place.region, "cognito-idp")).day_key(now);
        let signature = day.sign(&timestamp(now), &canonical);
        let claims = format!(
            "AWS4-HMAC-SHA256 Credential={}/{}, SignedHeaders={names}, Signature={signature}",
            key.access_key_id(),
            day.scope()
        );
        let mut request = self.http.post(place.endpoint.clone()).header(AUTHORIZATION, claims);
        for (name, value) in headers.into_iter().filter(|(name, _)| *name != "host" && *name != "content-type") {
            request = request.header(name, value);
        }
        Ok(request.header(CONTENT_TYPE, MEDIA_TYPE).body(body))
    }
}

/// What the answer says in AWS JSON: `{"__type": "…#AccessDeniedException", "message": "…"}`.
fn refusal(status: u16, text: &[u8]) -> LookError {
    let answer: Value = serde_json::from_slice(text).unwrap_or_default();
    let member = |name: &str| answer.get(name).and_then(Value::as_str);
    let code = member("__type").map(|code| code.rsplit('#').next().unwrap_or(code));
    let message = member("message").or_else(|| member("Message")).unwrap_or("no message");
    let described =
        code.map_or_else(|| format!("the answer's status is {status}"), |code| format!("{code}: {message}"));
    LookError::by_code(code, Some(status), described)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aws(endpoint: Option<&str>) -> config::Aws {
        let text = "[database]\nurl = \"postgres://x\"\n[[auth.pools]]\nissuer = \"https://i.example\"\nclient_ids = [\"c\"]\n\
                    [aws]\nregion = \"eu-central-1\"\n[upload]\nbucket = \"uploads\"\nrole_arn = \"arn:aws:iam::1:role/x\"";
        let aws = config::Config::from_toml(text).unwrap().aws;
        config::Aws { cognito_endpoint_url: endpoint.map(|url| Url::parse(url).unwrap()), ..aws }
    }

    #[test]
    fn an_issuer_of_cognito_says_where_its_pool_is() {
        let place = |issuer: &str, endpoint| {
            let place = PoolPlace::of(issuer, &aws(endpoint))?;
            Some((place.region, place.id, place.endpoint.to_string()))
        };
        let found =
            |region: &str, id: &str, endpoint: &str| Some((region.to_owned(), id.to_owned(), endpoint.to_owned()));
        assert_eq!(
            place("https://cognito-idp.eu-west-3.amazonaws.com/eu-west-3_AbC123", None),
            found("eu-west-3", "eu-west-3_AbC123", "https://cognito-idp.eu-west-3.amazonaws.com/")
        );
        assert_eq!(
            place("https://cognito-idp.us-gov-west-1.amazonaws.com/us-gov-west-1_A", None),
            found("us-gov-west-1", "us-gov-west-1_A", "https://cognito-idp.us-gov-west-1.amazonaws.com/")
        );
        assert_eq!(
            place("http://127.0.0.1:9229/eu-central-1_Sandbox01", Some("http://127.0.0.1:9229")),
            found("eu-central-1", "eu-central-1_Sandbox01", "http://127.0.0.1:9229/")
        );
        assert_eq!(
            place("https://cognito-idp.eu-west-3.amazonaws.com/eu-west-3_AbC123/", None),
            found("eu-west-3", "eu-west-3_AbC123", "https://cognito-idp.eu-west-3.amazonaws.com/"),
            "a slash at its end is none of the pool's, as for its tokens"
        );
        for other in [
            "https://login.example/eu-west-3_AbC123",
            "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-3_AbC123",
            "https://cognito-idp.eu-west-3.amazonaws.com.evil.example/eu-west-3_AbC123",
            "https://cognito-idp.eu-west-3.amazonaws.com/",
            "https://cognito-idp.eu-west-3.amazonaws.com/pool",
            "https://cognito-idp.eu-west-3.amazonaws.com/eu-west-3_",
        ] {
            assert_eq!(place(other, None), None, "{other}");
        }
        assert_eq!(place("http://127.0.0.1:5000/pool", Some("http://127.0.0.1:9229")), None);
    }

    #[test]
    fn refusals_are_told_apart() {
        let of = |text: &str| refusal(400, text.as_bytes());
        let denied = of(r#"{"__type":"com.amazonaws.x#AccessDeniedException","Message":"no"}"#);
        assert_eq!(denied, LookError::Denied("AccessDeniedException: no".to_owned()));
        assert!(matches!(of(r#"{"__type":"ResourceNotFoundException"}"#), LookError::Missing(_)));
        assert!(matches!(of(r#"{"__type":"UnknownOperationException"}"#), LookError::Unknown(_)));
        assert!(matches!(of("<html>"), LookError::Unavailable(_)));
    }
}
