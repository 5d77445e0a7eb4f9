//! Which ways lead to Postgres, and what is sent along each?
//!
//! A pooler in transaction mode gives each transaction whatever connection is free, so nothing that was set or asked for before it
//! is there any more. What needs that goes to Postgres itself, by `database.session_url`:
//!
//! - `LISTEN`, for tenants' changes (`tenant_listener`);
//! - the advisory lock under which one replica migrates while the others wait;
//! - the ledger's writer, whose `lock_timeout` is its own.
//!
//! All other SQL is single statements and short transactions, with nothing kept on the connection but prepared statements, which a
//! pooler must carry: PgBouncer does since 1.21, with `max_prepared_statements` above 0.

use std::str::FromStr as _;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};

use crate::config;

/// A replica that falls silent in the middle of a transaction must not keep the others from its tenant for long.
const IDLE_TIMEOUT: &str = "2s";

/// How long Postgres may take to say that it is there. A probe waits for hardly longer.
const PATIENCE: Duration = Duration::from_secs(2);

/// How connections are made.
#[derive(Clone)]
pub struct Ways {
    /// Those of the pool. When sessions have a way of their own, they may lead through a pooler in transaction mode.
    pub pool: PgConnectOptions,
    /// To what needs a session: `LISTEN`, the migrations' lock, and the ledger's writer with its time-outs.
    pub sessions: PgConnectOptions,
}

impl Ways {
    /// As the configuration says.
    ///
    /// # Errors
    /// When a URL cannot be read.
    pub fn new(database: &config::Database) -> Result<Self, sqlx::Error> {
        let milliseconds = database.statement_timeout.as_millis().to_string();
        let options = |url: &SecretString| {
            Ok::<_, sqlx::Error>(PgConnectOptions::from_str(url.expose_secret())?.application_name("upload-gateway"))
        };
        let bounded = |url| {
            Ok::<_, sqlx::Error>(options(url)?.options([
                ("statement_timeout", milliseconds.as_str()),
                ("idle_in_transaction_session_timeout", IDLE_TIMEOUT),
            ]))
        };
        Ok(match &database.session_url {
            None => Self { pool: bounded(&database.url)?, sessions: bounded(&database.url)? },
            // PgBouncer takes neither: who is served by a connection next would have the same.
            Some(sessions) => {
                Self { pool: options(&database.url)?.extra_float_digits(None), sessions: bounded(sessions)? }
            }
        })
    }
}

/// Where connections come from.
#[derive(Clone)]
pub struct Pools {
    /// For reads and administration.
    pub pool: PgPool,
    /// Only its options count: whoever needs a session makes one of its own by them, and keeps it.
    pub sessions: PgPool,
    /// Do sessions have a way of their own?
    apart: bool,
}

impl Pools {
    /// Connects when it is first needed, so that the gateway starts also while Postgres does not.
    ///
    /// # Errors
    /// When a URL cannot be read.
    pub fn new(database: &config::Database) -> Result<Self, sqlx::Error> {
        let Ways { pool, sessions } = Ways::new(database)?;
        let options = PgPoolOptions::new()
            .max_connections(database.max_connections)
            .acquire_timeout(database.connect_timeout)
            .acquire_slow_threshold(database.connect_timeout);
        Ok(Self {
            pool: options.connect_lazy_with(pool),
            sessions: PgPoolOptions::new()
                .max_connections(1)
                .acquire_timeout(database.connect_timeout)
                .connect_lazy_with(sessions),
            apart: database.session_url.is_some(),
        })
    }

    /// New connections are made so.
    pub fn lead(&self, ways: Ways) {
        self.pool.set_connect_options(ways.pool);
        self.sessions.set_connect_options(ways.sessions);
    }

    /// Can Postgres be reached right now, by every way that grants take?
    pub async fn are_reachable(&self) -> bool {
        let answers = async |pool| {
            let answer = tokio::time::timeout(PATIENCE, sqlx::query("select 1").execute(pool)).await;
            answer.is_ok_and(|answer| answer.is_ok())
        };
        let sessions = async || !self.apart || answers(&self.sessions).await;
        let (pool, sessions) = tokio::join!(answers(&self.pool), sessions());
        pool && sessions
    }

    /// Ends every connection.
    pub async fn close(&self) {
        self.sessions.close().await;
        self.pool.close().await;
    }
}

/// What bounds the statements and the transactions of the pool's connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeOuts {
    /// Whose connections they are, as Postgres calls the user.
    pub user: String,
    /// `statement_timeout`, as in `5s`; `0` is none.
    pub statement: String,
    /// `idle_in_transaction_session_timeout`, likewise.
    pub idle_in_transaction: String,
}

/// Asks one of the pool's connections while another is held, so that each has prepared a statement and a pooler has to keep them
/// apart.
///
/// # Errors
/// When Postgres does not answer, or a statement was lost.
pub async fn time_outs(pool: &PgPool) -> Result<TimeOuts, sqlx::Error> {
    let statement = "select current_user::text, current_setting('statement_timeout'),
                            current_setting('idle_in_transaction_session_timeout')";
    let (mut one, mut other) = (pool.acquire().await?, pool.acquire().await?);
    sqlx::query("select 1").execute(&mut *one).await?;
    let (user, statement, idle_in_transaction) = sqlx::query_as(statement).fetch_one(&mut *other).await?;
    sqlx::query("select 2").execute(&mut *one).await?;
    Ok(TimeOuts { user, statement, idle_in_transaction })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_through_a_pooler_asks_it_for_nothing_that_would_stay() {
        let database = |session_url: Option<&str>| config::Database {
            url: "postgres://u@pooler/d".into(),
            session_url: session_url.map(Into::into),
            password: config::DatabasePassword::InUrl,
            max_connections: 2,
            connect_timeout: Duration::from_secs(1),
            statement_timeout: Duration::from_secs(5),
        };
        let bounds = "-c statement_timeout=5000 -c idle_in_transaction_session_timeout=2s";
        let Ways { pool, sessions } = Ways::new(&database(None)).unwrap();
        for way in [pool, sessions] {
            assert_eq!((way.get_host(), way.get_options()), ("pooler", Some(bounds)));
        }
        let Ways { pool, sessions } = Ways::new(&database(Some("postgres://u@direct/d"))).unwrap();
        assert_eq!((pool.get_host(), pool.get_options()), ("pooler", None));
        assert_eq!((sessions.get_host(), sessions.get_options()), ("direct", Some(bounds)));
    }
}
