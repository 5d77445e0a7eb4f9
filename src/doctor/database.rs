//! Can Postgres be reached, is it new enough, and does it have the shape that this version knows?

use super::{Finding, Neighbours, sessions};
use crate::adapters::postgres::{self, DatabaseError, Shape, Transport, audit_months};

const CHECK: &str = "database";
const AUDIT: &str = "audit";

/// What this version is tried with.
const OLDEST: u32 = 15;

pub(super) async fn check(neighbours: &Neighbours) -> Vec<Finding> {
    let shape = match postgres::shape(&neighbours.pools.pool).await {
        Ok(Shape::Known) => Finding::ok(CHECK, "Postgres answers, and every migration is in"),
        Ok(Shape::Older { missing }) => Finding::failed(
            CHECK,
            format!("{missing} migrations of this version are not in"),
            "Run `upload-gateway migrate` with this configuration.",
        ),
        Ok(Shape::Newer { unknown }) => Finding::warning(
            CHECK,
            format!("{unknown} migrations are in that this version does not know"),
            "A newer version was here. In the middle of a roll-out that is as it should be; otherwise update this one.",
        ),
        Ok(Shape::Changed { version }) => Finding::failed(
            CHECK,
            format!("migration {version} is not the one that was run"),
            "This program and this database are of different builds. Find out which one is wrong before anything is served.",
        ),
        Err(error) => {
            return vec![Finding::failed(
                CHECK,
                format!("Postgres does not answer: {error}"),
                sessions::advice_about(&error)
                    .unwrap_or("Look at database.url, at the network, and at what this user may do."),
            )];
        }
    };
    let version = match postgres::server_version(&neighbours.pools.pool).await {
        Ok(Some(version)) => of_version(version),
        Ok(None) | Err(_) => Finding::unknown(CHECK, "Postgres does not say which version it is", "Look yourself."),
    };
    let mut findings = vec![shape, version, of_transport("database.url", postgres::transport(&neighbours.pools.pool))];
    if neighbours.config.database.session_url.is_some() {
        findings.push(of_transport("database.session_url", postgres::transport(&neighbours.pools.sessions)));
    }
    findings.extend(sessions::check(neighbours).await);
    findings.push(of_audit(audit_months::may_be_changed(&neighbours.pools.pool).await));
    findings
}

fn of_audit(may_be_changed: Result<bool, DatabaseError>) -> Finding {
    match may_be_changed {
        Ok(false) => Finding::ok(AUDIT, "this user can add to the audit, and neither change nor remove what is in it"),
        Ok(true) => Finding::warning(
            AUDIT,
            "this user can change the audit, as its owner or with the owner's rights",
            "Serve as a member of upload_gateway_service, and let another user own the tables: migrations/README.md says how.",
        ),
        Err(error) => Finding::unknown(AUDIT, format!("whose audit it is cannot be asked: {error}"), "Look yourself."),
    }
}

/// `150004` is 15.4.
fn of_version(number: u32) -> Finding {
    let (major, minor) = (number / 10_000, number % 10_000);
    let seen = format!("the server is Postgres {major}.{minor}");
    if major >= OLDEST {
        Finding::ok(CHECK, seen)
    } else {
        Finding::failed(
            CHECK,
            seen,
            format!("Postgres {OLDEST} is the oldest that the gateway is tried with: upgrade it."),
        )
    }
}

fn of_transport(setting: &str, transport: Transport) -> Finding {
    match transport {
        Transport::Local => Finding::ok(CHECK, "the connection does not leave this machine"),
        Transport::Verified => Finding::ok(CHECK, "the connection is encrypted, and the server must prove its name"),
        Transport::Unverified { host, mode } => Finding::warning(
            CHECK,
            format!("whoever answers as {host} is believed: sslmode is {mode}"),
            format!(
                "Add ?sslmode=verify-full&sslrootcert=… to {setting} (of RDS: the bundle of \
                 https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem)."
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Outcome;

    #[test]
    fn an_old_server_is_not_good_enough() {
        for (number, outcome) in [(140_020, Outcome::Failed), (150_000, Outcome::Ok), (180_001, Outcome::Ok)] {
            assert_eq!(of_version(number).outcome, outcome, "{number}");
        }
        assert!(of_version(150_018).seen.contains("15.18"));
    }

    #[test]
    fn a_server_elsewhere_must_prove_its_name() {
        let unverified = Transport::Unverified { host: "db.example".to_owned(), mode: "prefer" };
        let finding = of_transport("database.session_url", unverified);
        assert_eq!(finding.outcome, Outcome::Warning);
        assert!(finding.advice.unwrap().contains("to database.session_url"));
        for good in [Transport::Local, Transport::Verified] {
            assert_eq!(of_transport("database.url", good).outcome, Outcome::Ok);
        }
    }
}
