//! What does `sandbox.json` say to programs?

use std::path::Path;

use secrecy::ExposeSecret as _;
use serde::Serialize;

use super::Error;
use super::cognito::User;
use super::neighbours::{BUCKET, Neighbours, REGION};
use super::people::{self, people};
use crate::app::Application;

/// The file's name, in the data directory.
const FILE: &str = "sandbox.json";

/// Where everything is and who can sign in.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Document {
    pub(super) public_url: String,
    pub(super) internal_url: String,
    pub(super) s3_url: String,
    sts_url: String,
    pub(super) cognito_url: String,
    /// Where a browser signs in: `/oauth2/authorize` and the other endpoints are below it.
    hosted_ui_url: String,
    /// The names to ask for as `identity_provider`.
    pub(super) identity_providers: Vec<String>,
    issuer: String,
    pub(super) client_id: String,
    region: &'static str,
    bucket: &'static str,
    role_arn: String,
    pub(super) database_url: String,
    pub(super) users: Vec<Person>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Person {
    pub(super) email: String,
    pub(super) password: String,
    pub(super) tenant: Option<&'static str>,
    pub(super) role: &'static str,
}

impl Document {
    pub(super) fn new(application: &Application, neighbours: &Neighbours, database_url: &str) -> Self {
        let person = |user: User| Person {
            tenant: people::slug_of(&user),
            role: people::role_of(&user),
            password: user.password.expose_secret().to_owned(),
            email: user.email,
        };
        Self {
            public_url: format!("http://{}", application.public_address()),
            internal_url: format!("http://{}", application.internal_address()),
            s3_url: neighbours.aws.url().to_owned(),
            sts_url: neighbours.aws.url().to_owned(),
            cognito_url: neighbours.cognito.url().to_owned(),
            hosted_ui_url: neighbours.cognito.url().to_owned(),
            identity_providers: people::identity_providers().into_iter().map(|provider| provider.name).collect(),
            issuer: neighbours.cognito.issuer().to_owned(),
            client_id: neighbours.cognito.client_id().to_owned(),
            region: REGION,
            bucket: BUCKET,
            role_arn: neighbours.aws.role_arn().to_owned(),
            database_url: database_url.to_owned(),
            users: people().into_iter().map(person).collect(),
        }
    }

    /// Appears whole or not at all: whoever waits for the file must not read half of it.
    pub(super) fn write(&self, data_dir: &Path) -> Result<(), Error> {
        let path = data_dir.join(FILE);
        let failed = |source| Error::Directory { path: path.clone(), what: "cannot be written", source };
        let text = serde_json::to_string_pretty(self).map_err(|error| failed(error.into()))?;
        let half = data_dir.join("sandbox.json.half");
        std::fs::write(&half, text + "\n").map_err(failed)?;
        std::fs::rename(&half, &path).map_err(failed)
    }

    pub(super) fn remove(data_dir: &Path) {
        let _it_may_not_be_there = std::fs::remove_file(data_dir.join(FILE));
    }
}
