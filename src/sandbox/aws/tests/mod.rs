//! Does the sandbox behave as AWS does? Asked by AWS's own SDK, over HTTP.

mod browsers;
mod conditions;
mod events;
mod faults;
mod integrity;
mod multipart;
mod policies;
mod post;
mod queue;
mod queue_signatures;
mod roles;
mod sessions;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::presigning::{PresignedRequest, PresigningConfig};
use tempfile::TempDir;

use super::{Aws, Options};
use crate::model::Clock;

const BUCKET: &str = "uploads";
const REGION: &str = "eu-west-1";

/// A sandbox of its own for each test, with a clock that the test moves.
struct Sandbox {
    aws: Aws,
    seconds_ahead: Arc<AtomicI64>,
    directory: TempDir,
}

impl Sandbox {
    async fn start() -> Self {
        Self::start_with(|_| ()).await
    }

    async fn start_with(change: impl FnOnce(&mut Options)) -> Self {
        let directory = TempDir::new().unwrap();
        let seconds_ahead = Arc::new(AtomicI64::new(0));
        let (machine, ahead) = (Clock::system(), Arc::clone(&seconds_ahead));
        let clock = Clock::new(move || machine.now() + time::Duration::seconds(ahead.load(Ordering::SeqCst)));
        let mut options = Options {
            directory: directory.path().to_owned(),
            port: 0,
            region: REGION.to_owned(),
            bucket: BUCKET.to_owned(),
            clock,
            external_id: None,
        };
        change(&mut options);
        Self { aws: Aws::start(options).await.unwrap(), seconds_ahead, directory }
    }

    fn pass(&self, time: Duration) {
        self.seconds_ahead.fetch_add(i64::try_from(time.as_secs()).unwrap(), Ordering::SeqCst);
    }

    fn admin(&self) -> aws_sdk_s3::Client {
        self.s3(long_term(self.aws.admin_credentials()))
    }

    async fn tenant(&self, slug: &str) -> aws_sdk_s3::Client {
        self.s3(self.session(slug, None).await)
    }

    fn s3(&self, credentials: Credentials) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .endpoint_url(self.aws.url())
            .force_path_style(true)
            .retry_config(RetryConfig::disabled())
            .credentials_provider(credentials)
            .build();
        aws_sdk_s3::Client::from_conf(config)
    }

    fn sts(&self, credentials: Credentials) -> aws_sdk_sts::Client {
        let config = aws_sdk_sts::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .endpoint_url(self.aws.url())
            .retry_config(RetryConfig::disabled())
            .credentials_provider(credentials)
            .build();
        aws_sdk_sts::Client::from_conf(config)
    }

    fn sqs(&self, credentials: Credentials) -> aws_sdk_sqs::Client {
        let config = aws_sdk_sqs::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .endpoint_url(self.aws.url())
            .retry_config(RetryConfig::disabled())
            .credentials_provider(credentials)
            .build();
        aws_sdk_sqs::Client::from_conf(config)
    }

    /// An AssumeRole request of the gateway's, in the name of a tenant.
    fn assume_role(&self, slug: &str) -> aws_sdk_sts::operation::assume_role::builders::AssumeRoleFluentBuilder {
        self.sts(long_term(self.aws.gateway_credentials()))
            .assume_role()
            .role_arn(self.aws.role_arn())
            .role_session_name("alice")
            .tags(tag("customerName", slug))
    }

    async fn session(&self, slug: &str, policy: Option<&str>) -> Credentials {
        let answer = self.assume_role(slug).set_policy(policy.map(str::to_owned)).send().await.unwrap();
        credentials(answer.credentials().unwrap())
    }

    /// How many files the store holds.
    fn files(&self) -> usize {
        let files = walkdir::WalkDir::new(self.directory.path()).into_iter();
        files.filter(|entry| entry.as_ref().unwrap().file_type().is_file()).count()
    }
}

fn long_term((id, secret): (&str, &str)) -> Credentials {
    Credentials::new(id, secret, None, None, "test")
}

fn credentials(from: &aws_sdk_sts::types::Credentials) -> Credentials {
    let token = Some(from.session_token().to_owned());
    Credentials::new(from.access_key_id(), from.secret_access_key(), token, None, "test")
}

fn tag(key: &str, value: &str) -> aws_sdk_sts::types::Tag {
    aws_sdk_sts::types::Tag::builder().key(key).value(value).build().unwrap()
}

/// The HTTP status and the error code of an SDK call; `(200, "")` if there was no error.
fn outcome<T, E: ProvideErrorMetadata>(
    result: &Result<T, SdkError<E, aws_sdk_s3::config::http::HttpResponse>>,
) -> (u16, String) {
    let Err(error) = result else { return (200, String::new()) };
    let status = error.raw_response().map_or(0, |response| response.status().as_u16());
    (status, error.code().unwrap_or_default().to_owned())
}

fn denied() -> (u16, String) {
    (403, "AccessDenied".to_owned())
}

fn soon() -> PresigningConfig {
    PresigningConfig::expires_in(Duration::from_secs(300)).unwrap()
}

/// A presigned request, ready to be changed and sent.
fn unsent(presigned: &PresignedRequest) -> reqwest::RequestBuilder {
    let method = reqwest::Method::from_bytes(presigned.method().as_bytes()).unwrap();
    let request = reqwest::Client::new().request(method, presigned.uri());
    presigned.headers().fold(request, |request, (name, value)| request.header(name, value))
}

/// The HTTP status and the error code of an answer.
async fn answer(request: reqwest::RequestBuilder) -> (u16, String) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let body = response.text().await.unwrap();
    let code = body.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    (status, code.map(|(code, _)| code.to_owned()).unwrap_or_default())
}
