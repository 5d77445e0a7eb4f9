//! What stands around a gateway in the sandbox and in the tests: S3, STS, SQS and Cognito, and the
//! configuration that points there.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Duration;

use super::Error;
use super::aws::{self, Aws};
use super::cognito::{self, Cognito, SigningKeys, User};
use super::people;
use crate::config::Config;
use crate::model::Clock;

/// The Region that everything pretends to be in.
pub const REGION: &str = "eu-central-1";
/// The bucket.
pub const BUCKET: &str = "uploads";
const POOL_ID: &str = "eu-central-1_Sandbox01";
const CLIENT_ID: &str = "sandbox-client";

/// How the neighbours are set up.
pub struct Options {
    /// Where objects live.
    pub data_dir: PathBuf,
    /// The port of S3, STS and SQS; 0 for any.
    pub s3_port: u16,
    /// The port of Cognito; 0 for any.
    pub cognito_port: u16,
    /// What signs tokens.
    pub keys: SigningKeys,
    /// Who can sign in.
    pub people: Vec<User>,
    /// Anybody may register in the user pool.
    pub self_sign_up: bool,
    /// The Postgres that the gateway will use.
    pub database_url: String,
    /// What time it is.
    pub clock: Clock,
    /// The gateway listens to S3's events.
    pub events: bool,
}

/// The running stand-ins.
pub struct Neighbours {
    /// S3, STS, SQS and IAM.
    pub aws: Aws,
    /// The user pool.
    pub cognito: Cognito,
    database_url: String,
    events: bool,
}

impl Neighbours {
    /// Starts them.
    ///
    /// # Errors
    /// When a port is taken or the directory cannot be used.
    pub async fn start(options: Options) -> Result<Self, Error> {
        let aws = Aws::start(aws::Options {
            directory: options.data_dir.join("s3"),
            port: options.s3_port,
            region: REGION.to_owned(),
            bucket: BUCKET.to_owned(),
            clock: options.clock.clone(),
            external_id: None,
        })
        .await?;
        let cognito = Cognito::start(cognito::Options {
            port: options.cognito_port,
            region: REGION.to_owned(),
            pool_id: POOL_ID.to_owned(),
            client_id: CLIENT_ID.to_owned(),
            users: options.people,
            identity_providers: people::identity_providers(),
            self_sign_up: options.self_sign_up,
            keys: options.keys,
            clock: options.clock,
            token_lifetime: Duration::from_secs(3600),
            iam: Some(aws.iam()),
        })
        .await?;
        Ok(Self { aws, cognito, database_url: options.database_url, events: options.events })
    }

    /// The configuration of a gateway among them, with further TOML at its end, behind `[upload]`.
    ///
    /// # Errors
    /// When the further TOML is not taken.
    pub fn configuration(&self, (public, internal): (u16, u16), further: &str) -> Result<Config, Error> {
        let (key_id, secret) = self.aws.gateway_credentials();
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let events = self.events.then(|| format!("[events]\nqueue_url = {}\n", quoted(&self.aws.queue_url())));
        let text = format!(
            "[database]\nurl = {database}\n\
             [[auth.pools]]\nissuer = {issuer}\nclient_ids = [{client}]\njwks_url = {jwks}\nhosted_ui = {cognito}\n\
             [aws]\nregion = \"{REGION}\"\nendpoint_url = {aws}\ncognito_endpoint_url = {cognito}\nforce_path_style = true\n\
             access_key_id = {key_id}\nsecret_access_key = {secret}\n\
             {events}\
             [upload]\nbucket = \"{BUCKET}\"\nrole_arn = {role}\n{further}",
            database = quoted(&self.database_url),
            issuer = quoted(self.cognito.issuer()),
            client = quoted(self.cognito.client_id()),
            jwks = quoted(&self.cognito.jwks_url()),
            cognito = quoted(self.cognito.url()),
            aws = quoted(self.aws.url()),
            key_id = quoted(key_id),
            secret = quoted(secret),
            events = events.unwrap_or_default(),
            role = quoted(self.aws.role_arn()),
        );
        let mut config = Config::from_toml(&text)?;
        config.server.public_address = (Ipv4Addr::LOCALHOST, public).into();
        config.server.internal_address = (Ipv4Addr::LOCALHOST, internal).into();
        Ok(config)
    }

    /// Stops them.
    pub async fn stop(self) {
        self.cognito.stop().await;
        self.aws.stop().await;
    }
}
