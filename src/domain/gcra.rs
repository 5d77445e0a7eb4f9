//! May one more request through? The generic cell rate algorithm (ITU-T I.371 annex A), for requests in a minute.
//!
//! Eight bytes for each caller, one atomic exchange for each request. The `governor` crate does the same, but over a clock
//! that never goes back, and ours is the wall clock that tests travel on: when that is set back by an hour, `governor`
//! refuses every active caller for an hour. Nor can it look without taking, or give back, which two limits at once need.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use time::OffsetDateTime;

/// What a limit is for, in nanoseconds: a minute.
const WINDOW: i64 = 60_000_000_000;

/// By how much two threads' readings of the clock may differ, in nanoseconds, before it counts as set back.
const SLACK: i64 = 1_000_000_000;

/// One caller's requests under one limit. All of a minute's requests may come at once; after that they come back evenly.
#[derive(Debug)]
pub(super) struct Bucket {
    limit: NonZeroU32,
    /// When it will be full again, in nanoseconds since 1970.
    full_at: AtomicI64,
}

/// How a caller stands with one limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Requests in a minute.
    pub limit: u32,
    /// Requests that may come right now.
    pub remaining: u32,
    /// How long until all of them may, if none comes.
    pub full_in: Duration,
    /// How long until one may.
    pub next_in: Duration,
}

impl Bucket {
    /// A full one.
    #[must_use]
    pub(super) const fn new(limit: NonZeroU32) -> Self {
        Self { limit, full_at: AtomicI64::new(0) }
    }

    /// Lets one request through, if it may; otherwise nothing has changed.
    #[must_use]
    pub(super) fn take(&self, now: OffsetDateTime) -> bool {
        let now = nanoseconds(now);
        let after = |full_at| {
            let backlog = self.backlog(full_at, now) + self.interval();
            (backlog <= self.most()).then(|| now + backlog)
        };
        self.full_at.fetch_update(Ordering::AcqRel, Ordering::Acquire, after).is_ok()
    }

    /// How it stands, without a request.
    #[must_use]
    pub(super) fn look(&self, now: OffsetDateTime) -> Standing {
        self.standing(self.backlog(self.full_at.load(Ordering::Acquire), nanoseconds(now)))
    }

    /// Takes back a request that was let through and then refused for another reason.
    pub(super) fn give_back(&self) {
        self.full_at.fetch_sub(self.interval(), Ordering::AcqRel);
    }

    /// How far from full it is, in nanoseconds. A bucket that would be full later than an empty one remembers a clock that was set back.
    fn backlog(&self, full_at: i64, now: i64) -> i64 {
        let backlog = full_at.saturating_sub(now);
        if backlog > WINDOW + SLACK { 0 } else { backlog.max(0) }
    }

    /// What one request costs, in nanoseconds.
    const fn interval(&self) -> i64 {
        let interval = WINDOW / self.limit.get() as i64;
        if interval == 0 { 1 } else { interval }
    }

    /// What all of them cost; a little less than a minute where that does not divide evenly.
    const fn most(&self) -> i64 {
        self.interval() * self.limit.get() as i64
    }

    fn standing(&self, backlog: i64) -> Standing {
        let remaining = (self.most() - backlog).max(0) / self.interval();
        let duration = |nanoseconds: i64| Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or_default());
        Standing {
            limit: self.limit.get(),
            remaining: u32::try_from(remaining).unwrap_or(u32::MAX),
            full_in: duration(backlog),
            next_in: duration(backlog + self.interval() - self.most()),
        }
    }
}

fn nanoseconds(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos()).unwrap_or(i64::MAX - WINDOW)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOON: OffsetDateTime = datetime!(2026-11-21 12:00 UTC);

    fn bucket(limit: u32) -> Bucket {
        Bucket::new(NonZeroU32::new(limit).unwrap())
    }

    fn passes(bucket: &Bucket, tries: u32, now: OffsetDateTime) -> u32 {
        (0..tries).map(|_| u32::from(bucket.take(now))).sum()
    }

    #[test]
    fn as_many_as_the_limit_pass_at_once_and_the_rest_comes_back_evenly() {
        for limit in [1, 2, 7, 60, 600, 6_000] {
            let bucket = bucket(limit);
            assert_eq!(passes(&bucket, limit * 2, NOON), limit);
            let interval = Duration::from_secs(60) / limit;
            assert_eq!(passes(&bucket, 3, NOON + interval), 1, "{limit}");
            assert_eq!(passes(&bucket, limit * 2, NOON + Duration::from_secs(120)), limit, "{limit}");
        }
    }

    #[test]
    fn it_says_what_is_left_and_when_to_come_back() {
        let bucket = bucket(3);
        let seconds = Duration::from_secs;
        let standing =
            |remaining, full, next| Standing { limit: 3, remaining, full_in: seconds(full), next_in: seconds(next) };
        assert_eq!(bucket.look(NOON), standing(3, 0, 0));
        for after in [standing(2, 20, 0), standing(1, 40, 0), standing(0, 60, 20)] {
            assert!(bucket.take(NOON));
            assert_eq!(bucket.look(NOON), after);
        }
        assert!(!bucket.take(NOON + seconds(5)));
        assert_eq!(bucket.look(NOON + seconds(5)), standing(0, 55, 15));
        assert_eq!(bucket.look(NOON + seconds(25)), standing(1, 35, 0));
        bucket.give_back();
        assert_eq!(bucket.look(NOON), standing(1, 40, 0));
    }

    #[test]
    fn a_clock_that_is_set_back_refuses_nobody_for_long() {
        let bucket = bucket(10);
        assert_eq!(passes(&bucket, 20, NOON), 10);
        assert_eq!(passes(&bucket, 20, NOON - Duration::from_millis(900)), 0, "threads read the clock in no order");
        assert_eq!(passes(&bucket, 20, NOON - Duration::from_secs(3600)), 10);
    }

    #[test]
    fn threads_get_no_more_together_than_one_alone() {
        let bucket = bucket(1_000);
        let passed: u32 = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| passes(&bucket, 500, NOON))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(passed, 1_000);
    }

    #[test]
    fn the_largest_limit_is_one_too() {
        let bucket = bucket(u32::MAX);
        assert_eq!(passes(&bucket, 1_000, NOON), 1_000);
        assert_eq!(bucket.look(NOON).remaining, u32::MAX - 1_000);
    }
}
