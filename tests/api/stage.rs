//! How does a test use the gateway's own side of S3 and STS, without a gateway around it?

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use reqwest::header::HeaderMap;
use tempfile::TempDir;
use time::OffsetDateTime;
use upload_gateway::adapters::s3::{Bucket, Objects, PresignedRequest};
use upload_gateway::adapters::sts::{CredentialCache, Reach, RoleAssumer, TemporaryCredentials};
use upload_gateway::config::Config;
use upload_gateway::metrics::Metrics;
use upload_gateway::model::{
    Clock, Collection, ContentType, FileName, FileSize, Grant, GrantedSize, Isolation, Metadata, Method, ObjectKey,
    Slug, Subject, Tenant, TenantId, TenantName, TenantStatus, UploadId,
};
use upload_gateway::sandbox::aws::{Aws, Options};
use upload_gateway::sandbox::neighbours::{BUCKET, REGION};

/// How long what is signed on a stage works.
pub(crate) const MINUTE: Duration = Duration::from_secs(60);

/// S3 and STS, and what the gateway talks to them with.
pub(crate) struct Stage {
    pub(crate) aws: Aws,
    pub(crate) bucket: Bucket,
    pub(crate) objects: Objects,
    shared: aws_config::SdkConfig,
    config: Config,
    metrics: Metrics,
    _files: TempDir,
}

impl Stage {
    pub(crate) async fn set() -> Self {
        Self::with("").await
    }

    /// With further TOML at the end of the configuration, behind `[upload]`.
    pub(crate) async fn with(further: &str) -> Self {
        Self::at(Clock::system(), further).await
    }

    /// The same, and S3 and STS believe this clock.
    pub(crate) async fn at(clock: Clock, further: &str) -> Self {
        let files = tempfile::tempdir().expect("a directory");
        let aws = Aws::start(Options {
            directory: files.path().to_owned(),
            port: 0,
            region: REGION.to_owned(),
            bucket: BUCKET.to_owned(),
            clock,
            external_id: None,
        })
        .await
        .expect("the sandbox starts");
        let text = format!(
            "[database]\nurl = \"postgres://x\"\n[[auth.pools]]\nissuer = \"https://i.example\"\nclient_ids = [\"c\"]\n\
             [aws]\nregion = \"{REGION}\"\nendpoint_url = \"{}\"\nforce_path_style = true\n\
             [upload]\nbucket = \"{BUCKET}\"\nrole_arn = \"{}\"\n{further}",
            aws.url(),
            aws.role_arn(),
        );
        let config = Config::from_toml(&text).expect("a good configuration");
        let (id, secret) = aws.gateway_credentials();
        let shared = aws_config::SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(1)))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new(id, secret, None, None, "test")))
            .build();
        let metrics = Metrics::new().expect("metrics");
        Self {
            bucket: Bucket::new(&config.aws, &config.upload),
            objects: Objects::new(&shared, &config.aws, &config.upload, &metrics),
            aws,
            shared,
            config,
            metrics,
            _files: files,
        }
    }

    fn assumer(&self) -> RoleAssumer {
        RoleAssumer::new(&self.shared, &self.config.aws, &self.config.upload, self.metrics.clone())
    }

    /// An empty memory of credentials, with the settings of the configuration.
    pub(crate) fn credentials(&self, clock: Clock) -> CredentialCache {
        let upload = &self.config.upload;
        CredentialCache::new(self.assumer(), upload.url_expiry, upload.session_duration, clock)
    }

    /// The gateway's session for a tenant, or for one subject of it.
    pub(crate) async fn session(&self, slug: &str, subject: Option<&str>) -> TemporaryCredentials {
        let subject = subject.map(|text| Subject::parse(text).expect("a subject"));
        self.assumer().assume(&tenant(slug), &Reach::of(subject.as_ref())).await.expect("a session")
    }

    /// An S3 client that may do everything.
    pub(crate) fn admin(&self) -> Client {
        let (id, secret) = self.aws.admin_credentials();
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .endpoint_url(self.aws.url())
            .force_path_style(true)
            .credentials_provider(Credentials::new(id, secret, None, None, "test"))
            .build();
        Client::from_conf(config)
    }

    /// Puts an object there, past every wall.
    pub(crate) async fn plant(&self, key: &str, text: &str) {
        let put = self.admin().put_object().bucket(BUCKET).key(key).body(text.as_bytes().to_vec().into());
        Box::pin(put.send()).await.expect("stored");
    }

    /// Every key in the bucket.
    pub(crate) async fn keys(&self) -> Vec<String> {
        let listing = self.admin().list_objects_v2().bucket(BUCKET).send().await.expect("a listing");
        listing.contents().iter().filter_map(|object| object.key()).map(str::to_owned).collect()
    }
}

/// A tenant of that slug, with everything else as usual.
pub(crate) fn tenant(slug: &str) -> Tenant {
    Tenant {
        id: TenantId::new(OffsetDateTime::UNIX_EPOCH),
        slug: Slug::parse(slug).expect("a slug"),
        name: TenantName::parse(slug).expect("a name"),
        status: TenantStatus::Active,
        claim_values: Box::default(),
        email_domains: Box::default(),
        identity_provider: None,
        native_users: true,
        limits: upload_gateway::model::Limits {
            max_upload_bytes: FileSize::parse(1).expect("a size"),
            allowed_content_types: Box::default(),
            monthly_bytes: None,
            requests_per_minute: None,
        },
        isolation: Isolation::Tenant,
        credential_reading: false,
        sessions_from: None,
        credential_vending: false,
        created_at: OffsetDateTime::UNIX_EPOCH,
        updated_at: OffsetDateTime::UNIX_EPOCH,
    }
}

/// A grant to Alice of Acme, of at most so many bytes of text.
pub(crate) fn grant(at_most: i64) -> Grant {
    let (subject, collection) = (Subject::parse("alice").expect("a subject"), Collection::default());
    let (id, file_name) = (UploadId::new(now()), FileName::parse("a.txt").expect("a name"));
    Grant {
        id,
        key: ObjectKey::new(&tenant("acme"), &subject, &collection, id, &file_name),
        subject,
        collection,
        file_name,
        content_type: ContentType::parse("text/plain").expect("a type"),
        size: GrantedSize::AtMost(FileSize::parse(at_most).expect("a size")),
        checksum: None,
        metadata: Metadata::default(),
        method: Method::Post,
        parts: None,
    }
}

pub(crate) fn now() -> OffsetDateTime {
    Clock::system().now()
}

/// What came back: status, headers and body.
pub(crate) type Sent = (u16, HeaderMap, String);

/// Makes a presigned request with that body.
pub(crate) async fn send(request: &PresignedRequest, body: impl Into<reqwest::Body>) -> Sent {
    let method = request.method.parse().expect("a method");
    let call = reqwest::Client::new().request(method, &request.url).body(body);
    // The client writes the length itself.
    let headers = request.headers.iter().filter(|(name, _)| *name != "content-length");
    answer(headers.fold(call, |call, (name, value)| call.header(*name, value))).await
}

pub(crate) async fn answer(request: reqwest::RequestBuilder) -> Sent {
    let answer = request.send().await.expect("S3 answers");
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    (status, headers, answer.text().await.expect("a body"))
}
