//! Within which bounds is each setting of the database taken?

use std::str::FromStr as _;

use secrecy::{ExposeSecret as _, SecretString};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use url::Url;

use super::reader::Reader;
use super::sections::{Database, DatabasePassword};
use super::values::{MINUTE, SECOND};
use crate::model::Invalid;

pub(super) fn database(r: &mut Reader) -> Option<Database> {
    let url = r.required_parsed("database.url", database_url);
    let session_url = r.parsed("database.session_url", database_url);
    if let (Some(url), Some(sessions)) = (&url, &session_url)
        && url.expose_secret() == sessions.expose_secret()
    {
        r.fault("database.session_url", "must not be database.url over again: without a pooler it is left out");
    }
    let password = password(r, url.as_ref(), session_url.as_ref());
    let max_connections = r.number("database.max_connections", 2, 1000);
    let connect_timeout = r.duration("database.connect_timeout", SECOND / 10, MINUTE);
    let statement_timeout = r.duration("database.statement_timeout", SECOND / 10, MINUTE);
    Some(Database {
        url: url?,
        session_url,
        password: password?,
        max_connections: u32::try_from(max_connections?).ok()?,
        connect_timeout: connect_timeout?,
        statement_timeout: statement_timeout?,
    })
}

/// Where the password comes from. There is one place for it, so that nobody has to guess which one counts.
fn password(
    r: &mut Reader,
    url: Option<&SecretString>,
    session_url: Option<&SecretString>,
) -> Option<DatabasePassword> {
    let iam: bool = r.required("database.iam")?;
    let secret = r.parsed("database.secret_arn", secret_arn);
    let password = match (iam, secret) {
        (false, None) => return Some(DatabasePassword::InUrl),
        (true, None) => DatabasePassword::Iam,
        (false, Some(arn)) => DatabasePassword::Secret { arn },
        (true, Some(_)) => {
            r.fault("database.secret_arn", "must not be given where database.iam is true");
            return None;
        }
    };
    for (setting, url) in [("database.url", Some(url?)), ("database.session_url", session_url)] {
        let Some(url) = url.map(SecretString::expose_secret) else { continue };
        if Url::parse(url).is_ok_and(|url| url.password().is_some()) {
            r.fault(setting, "must hold no password where database.iam or database.secret_arn gives one");
        }
        if password == DatabasePassword::Iam && !keeps_tokens(url) {
            r.fault(setting, "must say sslmode=verify-full or verify-ca where database.iam is true");
        }
    }
    Some(password)
}

/// Whoever answers at that address is given the token, which opens the database for a quarter of an hour.
fn keeps_tokens(url: &str) -> bool {
    let Ok(options) = PgConnectOptions::from_str(url) else { return false };
    let is_known = matches!(options.get_ssl_mode(), PgSslMode::VerifyCa | PgSslMode::VerifyFull);
    is_known || ["localhost", "127.0.0.1", "::1"].contains(&options.get_host())
}

fn secret_arn(text: &str) -> Result<String, Invalid> {
    let mut pieces = text.splitn(6, ':');
    let (arn, partition, service) = (pieces.next(), pieces.next().unwrap_or_default(), pieces.next());
    let secret = pieces.nth(2).is_some_and(|resource| resource.starts_with("secret:"));
    if arn == Some("arn") && partition.starts_with("aws") && service == Some("secretsmanager") && secret {
        return Ok(text.to_owned());
    }
    Err(Invalid::rule(
        "must be a secret's ARN such as arn:aws:secretsmanager:eu-central-1:123456789012:secret:name-AbCdEf",
    ))
}

/// The parameters that sqlx knows. It would log an unknown one with its value, which may be a secret.
const DATABASE_PARAMETERS: [&str; 8] =
    ["sslmode", "sslrootcert", "sslcert", "sslkey", "statement-cache-capacity", "host", "port", "user"];

/// The text is never repeated in a fault: it may hold a password.
fn database_url(text: &str) -> Result<SecretString, Invalid> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "postgres" | "postgresql"));
    let url = url.ok_or(Invalid::rule("must be a postgres:// URL"))?;
    if let Some((name, _)) = url.query_pairs().find(|(name, _)| !DATABASE_PARAMETERS.contains(&name.as_ref())) {
        return Err(format!("has the unknown parameter {name}").into());
    }
    match PgConnectOptions::from_str(text) {
        Ok(_) => Ok(SecretString::from(text)),
        Err(_unreadable) => Err(Invalid::rule("has a parameter whose value cannot be read")),
    }
}

#[cfg(test)]
#[path = "database_tests.rs"]
mod tests;
