//! What opens Postgres when its URL holds no password, and how is it renewed before it stops to?
//!
//! Either a token of RDS IAM authentication, which the gateway signs by itself with its own AWS credentials and which RDS takes
//! for 15 minutes (IAM action `rds-db:connect` on the database user), or a secret that RDS keeps in Secrets Manager and
//! rotates (`secretsmanager:GetSecretValue` on that secret). Connections that stand are not asked again, so only new ones
//! need the newest: the pools and the ledger's writer take it from the pools' options. Where sessions have a way of their own, both
//! are opened alike: with the same secret, or each with a token that is signed for its own address.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.html>,
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html>

use std::time::Duration;

use aws_sdk_secretsmanager::config::{BehaviorVersion, ProvideCredentials as _, SharedCredentialsProvider};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use sqlx::postgres::PgConnectOptions;
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::{Pools, Ways};
use crate::adapters::aws_error::{describe, with_causes};
use crate::adapters::sigv4::{Scope, SigningKeys, encode, timestamp};
use crate::adapters::trace_headers::TraceHeaders;
use crate::adapters::whole_answers::WholeAnswers;
use crate::config::{self, DatabasePassword};
use crate::model::Clock;

/// Well within a token's life, and about as long as new connections may fail after a secret was rotated.
const RENEWAL: Duration = Duration::from_secs(60);
/// How soon it is tried again when there was no answer.
const RETRY: Duration = Duration::from_secs(5);
/// How long RDS takes a token, in seconds; it takes none that asks for longer.
const TOKEN_LIFE: u16 = 900;

/// There is nothing to open Postgres with.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// The database's URL cannot be read.
    #[error("the database's URL cannot be read")]
    Url(#[from] sqlx::Error),
    /// The gateway has no AWS credentials to sign a token with.
    #[error("there are no AWS credentials to sign a token for the database with: {0}")]
    Credentials(String),
    /// Secrets Manager does not answer, or refuses.
    #[error("the database's secret could not be read: {0}")]
    Secret(String),
    /// The secret is there, and is not as RDS writes it.
    #[error("the database's secret must be a JSON object with \"username\" and \"password\"")]
    Form,
}

/// What RDS writes into a secret; the rest of it stands in the URL.
#[derive(Deserialize)]
struct Secret {
    username: String,
    password: SecretString,
}

enum Source {
    InUrl,
    Iam { credentials: Option<SharedCredentialsProvider>, region: String, clock: Clock },
    Secret { client: aws_sdk_secretsmanager::Client, arn: String },
}

/// Where the password comes from.
pub struct Password {
    ways: Ways,
    source: Source,
    next_look: Duration,
}

impl Password {
    /// As the configuration says.
    ///
    /// # Errors
    /// When the database's URL cannot be read.
    pub fn new(
        shared: &aws_config::SdkConfig,
        aws: &config::Aws,
        database: &config::Database,
        clock: Clock,
    ) -> Result<Self, sqlx::Error> {
        let source = match &database.password {
            DatabasePassword::InUrl => Source::InUrl,
            DatabasePassword::Iam => {
                Source::Iam { credentials: shared.credentials_provider(), region: aws.region.clone(), clock }
            }
            DatabasePassword::Secret { arn } => {
                let endpoint = aws.secretsmanager_endpoint_url.as_ref();
                let mut builder = aws_sdk_secretsmanager::config::Builder::from(shared)
                    .interceptor(WholeAnswers)
                    .interceptor(TraceHeaders);
                builder.set_endpoint_url(endpoint.map(|url| url.as_str().trim_end_matches('/').to_owned()));
                let builder = builder.behavior_version(BehaviorVersion::latest());
                Source::Secret { client: aws_sdk_secretsmanager::Client::from_conf(builder.build()), arn: arn.clone() }
            }
        };
        Ok(Self { ways: Ways::new(database)?, source, next_look: RENEWAL })
    }

    /// How connections are made right now.
    ///
    /// # Errors
    /// When there is no password to be had.
    pub async fn ways(&self) -> Result<Ways, PasswordError> {
        let Ways { pool, sessions } = self.ways.clone();
        match &self.source {
            Source::InUrl => Ok(Ways { pool, sessions }),
            Source::Iam { credentials, region, clock } => {
                let absent = || PasswordError::Credentials("the chain is empty".to_owned());
                let provider = credentials.as_ref().ok_or_else(absent)?;
                let own = provider.provide_credentials().await;
                let own = own.map_err(|error| PasswordError::Credentials(with_causes(&error)))?;
                let keys = SigningKeys::new(own.secret_access_key().into(), Scope::new(region.as_str(), "rds-db"));
                let signer = Signer { access_key_id: own.access_key_id(), session_token: own.session_token(), keys };
                let now = clock.now();
                let opened = |way: PgConnectOptions| {
                    let token = signer.token(&way, now);
                    way.password(&token)
                };
                Ok(Ways { pool: opened(pool), sessions: opened(sessions) })
            }
            Source::Secret { client, arn } => {
                let answer = client.get_secret_value().secret_id(arn).send().await;
                let answer = answer.map_err(|error| PasswordError::Secret(describe(&error)))?;
                let secret = answer.secret_string().and_then(|text| serde_json::from_str(text).ok());
                let Secret { username, password } = secret.ok_or(PasswordError::Form)?;
                let opened = |way: PgConnectOptions| way.username(&username).password(password.expose_secret());
                Ok(Ways { pool: opened(pool), sessions: opened(sessions) })
            }
        }
    }

    /// Gives the pools what they need now. A failure is logged and not fatal: Secrets Manager may come back.
    pub async fn renew(&mut self, pools: &Pools) {
        self.next_look = match self.ways().await {
            Ok(ways) => {
                pools.lead(ways);
                RENEWAL
            }
            Err(error) => {
                warn!(%error, "the database's password was not renewed");
                RETRY
            }
        }
    }

    /// Keeps it fresh, where there is anything to renew.
    pub async fn renew_until(mut self, pools: Pools, stop: CancellationToken) {
        if matches!(self.source, Source::InUrl) {
            return;
        }
        while stop.run_until_cancelled(tokio::time::sleep(self.next_look)).await.is_some() {
            self.renew(&pools).await;
        }
    }
}

/// The gateway's own key, ready to sign tokens.
struct Signer<'a> {
    access_key_id: &'a str,
    session_token: Option<&'a str>,
    keys: SigningKeys,
}

impl Signer<'_> {
    /// A presigned request to `connect` as that user, without its scheme.
    fn token(&self, options: &PgConnectOptions, now: OffsetDateTime) -> String {
        let (day_key, timestamp) = (self.keys.day_key(now), timestamp(now));
        let place = format!("{}:{}", options.get_host(), options.get_port());
        let user = encode(options.get_username());
        let credential = format!("{}/{}", self.access_key_id, day_key.scope());
        let session = self.session_token.map(|token| format!("&X-Amz-Security-Token={}", encode(token)));
        let query = format!(
            "Action=connect&DBUser={user}&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={}&X-Amz-Date={timestamp}\
             &X-Amz-Expires={TOKEN_LIFE}{}&X-Amz-SignedHeaders=host",
            encode(&credential),
            session.unwrap_or_default(),
        );
        // The hash is that of an empty body.
        let canonical = format!(
            "GET\n/\n{query}\nhost:{place}\n\nhost\n\
             e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        format!("{place}/?{query}&X-Amz-Signature={}", day_key.sign(&timestamp, &canonical))
    }
}

#[cfg(test)]
mod tests {
    use std::str::FromStr as _;

    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_token_is_the_one_that_boto3_makes() {
        // `generate_db_auth_token` of boto3 1.43.106, with its clock at that moment. It signs the same and writes in another order.
        let token_of_boto3 = "db.example.eu-central-1.rds.amazonaws.com:5432/?Action=connect&DBUser=upload_gateway\
            &X-Amz-Algorithm=AWS4-HMAC-SHA256\
            &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20260102%2Feu-central-1%2Frds-db%2Faws4_request\
            &X-Amz-Date=20260102T030405Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host\
            &X-Amz-Security-Token=TOKEN%2B%2F%3D\
            &X-Amz-Signature=8bf847021399d843a0e3b99dc77394c19d93e154d76c91c6e643ff0689364bdb";
        let url = "postgres://upload_gateway@db.example.eu-central-1.rds.amazonaws.com/gateway?sslmode=verify-full";
        let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        let signer = Signer {
            access_key_id: "AKIAIOSFODNN7EXAMPLE",
            session_token: Some("TOKEN+/="),
            keys: SigningKeys::new(secret.into(), Scope::new("eu-central-1", "rds-db")),
        };
        let options = PgConnectOptions::from_str(url).unwrap();
        let token = signer.token(&options, datetime!(2026-01-02 3:04:05 UTC));
        let sorted = |token: &str| {
            let (place, query) = token.split_once('?').unwrap();
            let mut pieces: Vec<_> = query.split('&').map(ToOwned::to_owned).collect();
            pieces.sort();
            (place.to_owned(), pieces)
        };
        assert_eq!(sorted(&token), sorted(token_of_boto3));
    }
}
