//! Where do notifications of tenants' changes arrive?
//!
//! In a session of Postgres's own and nowhere else. A pooler in transaction mode takes a `LISTEN` too, and then gives the connection
//! to others, who are told what they never asked for and break off over it. So nobody listens where connections turn out to be
//! shared, and whether notifications arrive is tried.

use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use sqlx::postgres::{PgListener, PgPoolOptions};
use sqlx::{PgExecutor, PgPool};
use tokio::time::Instant;

use super::Pools;

/// What the trigger of the migrations notifies.
const CHANNEL: &str = "tenants";
/// How long opening may take. Postgres's own time-outs end nothing on a connection that a network swallowed.
const PATIENCE: Duration = Duration::from_secs(5);
/// A pooler that is busy gives out another connection each time, and one that is not the same one to everybody.
const LOOKS: usize = 3;
/// The shortest and the longest wait before it is tried again.
const WAIT: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// Nobody is told of changes.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Consecutive statements are served by different sessions, or one session serves everybody.
    #[error("connections are shared, as by a pooler in transaction mode")]
    Shared,
    /// Somebody listens, and does not hear.
    #[error("what the pool's connections notify does not arrive: this is another database, or a pooler is between")]
    Deaf,
    /// There is no session, or it broke.
    #[error("there is no session")]
    Unavailable(#[from] sqlx::Error),
}

/// What happened at the ear.
#[derive(Debug)]
pub enum Event {
    /// From now on changes are heard. Earlier ones may have been missed.
    Opened,
    /// Some tenant changed.
    Heard,
    /// The session is gone.
    Lost(ListenError),
    /// There is none yet.
    Failed(ListenError),
}

enum State {
    Closed { until: Instant },
    Opening(BoxFuture<'static, Result<PgListener, ListenError>>),
    Open { session: PgListener, since: Instant },
}

/// Listens, and begins anew whenever it no longer can.
pub struct Ear {
    pools: Pools,
    state: State,
    wait: Duration,
}

impl Ear {
    /// One that will open.
    #[must_use]
    pub fn new(pools: Pools) -> Self {
        Self { pools, state: State::Closed { until: Instant::now() }, wait: WAIT.0 }
    }

    /// What happens next. Whoever stops waiting misses nothing.
    pub async fn next(&mut self) -> Event {
        loop {
            match &mut self.state {
                State::Closed { until } => {
                    tokio::time::sleep_until(*until).await;
                    self.state = State::Opening(open(self.pools.clone()).boxed());
                }
                State::Opening(opening) => match opening.await {
                    Ok(session) => {
                        self.wait = WAIT.0;
                        self.state = State::Open { session, since: Instant::now() };
                        return Event::Opened;
                    }
                    Err(error) => {
                        self.close();
                        return Event::Failed(error);
                    }
                },
                // Nothing instead of a notification means that the connection was lost.
                State::Open { session, .. } => match session.try_recv().await {
                    Ok(Some(_notification)) => return Event::Heard,
                    lost => {
                        self.close();
                        return Event::Lost(lost.err().unwrap_or(sqlx::Error::WorkerCrashed).into());
                    }
                },
            }
        }
    }

    /// Gives up what there is. It is opened again at once where it held for a while, soon where it did not, and later each time
    /// where it could not even be opened.
    pub fn close(&mut self) {
        let wait = match &self.state {
            State::Open { since, .. } if since.elapsed() >= WAIT.0 => Duration::ZERO,
            State::Open { .. } => WAIT.0,
            State::Opening(_) | State::Closed { .. } => {
                let wait = self.wait;
                self.wait = (wait * 2).min(WAIT.1);
                wait
            }
        };
        self.state = State::Closed { until: Instant::now() + wait };
    }

    /// The session, where there is one.
    pub const fn session(&mut self) -> Option<&mut PgListener> {
        match &mut self.state {
            State::Open { session, .. } => Some(session),
            State::Closed { .. } | State::Opening(_) => None,
        }
    }
}

/// A session in which changes of tenants are heard, as was tried.
///
/// # Errors
/// When there is none.
pub async fn open(pools: Pools) -> Result<PgListener, ListenError> {
    let opened = tokio::time::timeout(PATIENCE, try_to_open(&pools)).await;
    opened.unwrap_or_else(|_elapsed| Err(sqlx::Error::PoolTimedOut.into()))
}

async fn try_to_open(pools: &Pools) -> Result<PgListener, ListenError> {
    // A pool of its own, which goes with it: giving a connection back takes an answer, and one that was lost gives none.
    let own = PgPoolOptions::new().max_connections(1).max_lifetime(None).idle_timeout(None);
    let options = (*pools.sessions.connect_options()).clone().application_name("upload-gateway listener");
    let own = own.connect_with(options).await?;
    let mut session = PgListener::connect_with(&own).await?;
    session.ignore_pool_close_event(true);
    session.eager_reconnect(false);
    if is_shared(&mut session, &pools.pool).await? {
        return Err(ListenError::Shared);
    }
    let trial = format!("{CHANNEL}-{:016x}", rand::random::<u64>());
    session.listen_all([CHANNEL, &trial]).await?;
    sqlx::query!("select pg_notify($1, '')", trial).execute(&pools.pool).await?;
    let arrived = async {
        while session.try_recv().await?.ok_or(ListenError::Deaf)?.channel() != trial {}
        Ok::<_, ListenError>(())
    };
    tokio::time::timeout(WAIT.0, arrived).await.map_err(|_elapsed| ListenError::Deaf)??;
    session.unlisten(&trial).await?;
    Ok(session)
}

/// Does the same server process serve both, or more than one of them the session?
async fn is_shared(session: &mut PgListener, pool: &PgPool) -> Result<bool, sqlx::Error> {
    let own = server_process(&mut *session).await?;
    for _ in 0..LOOKS {
        if server_process(pool).await? == own || server_process(&mut *session).await? != own {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn server_process(connection: impl PgExecutor<'_>) -> Result<Option<i32>, sqlx::Error> {
    sqlx::query_scalar!("select pg_backend_pid()").fetch_one(connection).await
}
