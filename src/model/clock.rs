//! What time is it? The one place that may ask the machine.

use std::fmt;
use std::sync::Arc;

use time::OffsetDateTime;

/// A source of UTC time, handed to everything that needs to know what time it is.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> OffsetDateTime + Send + Sync>);

impl Clock {
    /// The machine's own clock.
    #[must_use]
    pub fn system() -> Self {
        #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else is given")]
        Self(Arc::new(OffsetDateTime::now_utc))
    }

    /// A clock that answers whatever `now` answers, for tests that travel in time.
    pub fn new(now: impl Fn() -> OffsetDateTime + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The present moment, in UTC, to the microsecond: Postgres keeps no more, and what is answered must be what is on record.
    #[must_use]
    pub fn now(&self) -> OffsetDateTime {
        (self.0)().truncate_to_microsecond()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}
