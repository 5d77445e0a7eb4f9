//! Do the database's connections have what the gateway leans on, also where a pooler gives them out: time-outs, prepared statements
//! that are found again, and sessions in which notifications arrive?

use super::{Finding, Neighbours};
use crate::adapters::postgres::tenant_listener::{self, ListenError};
use crate::adapters::postgres::{self, TimeOuts};

const CHECK: &str = "database";

pub(super) async fn check(neighbours: &Neighbours) -> Vec<Finding> {
    let time_outs = match postgres::time_outs(&neighbours.pools.pool).await {
        Ok(time_outs) => of_time_outs(&time_outs),
        Err(error) => Finding::failed(
            CHECK,
            format!("two connections at a time do not work: {error}"),
            advice_about(&error).unwrap_or("Look at how many connections this user may have."),
        ),
    };
    let listening = tenant_listener::open(neighbours.pools.clone()).await;
    vec![time_outs, of_listening(listening.err().as_ref(), neighbours.config.database.session_url.is_some())]
}

/// What to do about an error that only a pooler gives.
pub(super) fn advice_about(error: &sqlx::Error) -> Option<&'static str> {
    let error = error.as_database_error()?;
    match error.code().as_deref() {
        // `invalid_sql_statement_name` and `duplicate_prepared_statement`.
        Some("26000" | "42P05") => Some(
            "A pooler is between that does not carry prepared statements. PgBouncer does since 1.21, where max_prepared_statements is \
             above 0.",
        ),
        Some("08P01") if error.message().contains("startup parameter") => Some(
            "A pooler is between that takes no time-outs. Set database.session_url to Postgres itself: then none are sent through \
             the pooler.",
        ),
        _ => None,
    }
}

fn of_time_outs(TimeOuts { user, statement, idle_in_transaction }: &TimeOuts) -> Finding {
    if statement != "0" && idle_in_transaction != "0" {
        let seen = format!(
            "a statement ends after {statement}, and a transaction in which nothing happens after {idle_in_transaction}"
        );
        return Finding::ok(CHECK, seen);
    }
    Finding::warning(
        CHECK,
        format!(
            "statement_timeout is {statement} and idle_in_transaction_session_timeout is {idle_in_transaction}: 0 is never"
        ),
        format!(
            "The gateway cannot set them through a pooler, so the role must have them. As its owner run\n\
             alter role \"{user}\" set statement_timeout = '5s';\n\
             alter role \"{user}\" set idle_in_transaction_session_timeout = '2s';\n\
             and have the pooler connect anew (of PgBouncer: RECONNECT); or set them in PgBouncer's connect_query."
        ),
    )
}

fn of_listening(error: Option<&ListenError>, has_own_way: bool) -> Finding {
    let Some(error) = error else { return Finding::ok(CHECK, "notifications of tenants' changes arrive") };
    let reason = match error {
        ListenError::Shared | ListenError::Deaf => error.to_string(),
        ListenError::Unavailable(source) => format!("{error}: {source}"),
    };
    if has_own_way {
        return Finding::failed(
            CHECK,
            format!("notifications of tenants' changes do not arrive: {reason}"),
            "database.session_url must lead to the database of database.url, and to Postgres itself. Grants are recorded there.",
        );
    }
    Finding::warning(
        CHECK,
        format!("notifications of tenants' changes do not arrive: {reason}"),
        "Where database.url leads through a pooler in transaction mode, set database.session_url to Postgres itself. Without it a \
         replica finds changes out by looking every tenants.poll, and two that migrate do not wait for one another.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Outcome;

    #[test]
    fn a_statement_and_a_silent_transaction_must_end() {
        let of = |statement: &str, idle: &str| {
            let (statement, idle_in_transaction) = (statement.to_owned(), idle.to_owned());
            of_time_outs(&TimeOuts { user: "gateway".to_owned(), statement, idle_in_transaction })
        };
        assert_eq!(of("5s", "2s").outcome, Outcome::Ok);
        for (statement, idle) in [("0", "2s"), ("5s", "0"), ("0", "0")] {
            let finding = of(statement, idle);
            assert_eq!(finding.outcome, Outcome::Warning, "{statement} {idle}");
            assert!(finding.advice.unwrap().contains("alter role \"gateway\" set statement_timeout"));
        }
    }

    #[test]
    fn a_way_to_sessions_that_leads_to_none_is_worse_than_none() {
        assert_eq!(of_listening(None, true).outcome, Outcome::Ok);
        for error in [ListenError::Shared, ListenError::Deaf, ListenError::Unavailable(sqlx::Error::PoolTimedOut)] {
            assert_eq!(of_listening(Some(&error), false).outcome, Outcome::Warning, "{error}");
            assert_eq!(of_listening(Some(&error), true).outcome, Outcome::Failed, "{error}");
        }
    }
}
