//! When may somebody try a password, and when no more?
//!
//! Cognito has no trigger for a wrong password, so every attempt is counted before its password is looked at, and a success
//! takes the count away. With `attempts = 5`, five attempts are let through; after five failures the sixth is refused,
//! right password or not, until `duration` has passed since the fifth. An attempt that is refused counts for nothing and
//! extends nothing. A count below five is forgotten when nobody has tried for `duration`.

use std::fmt;
use std::time::Duration;

use time::OffsetDateTime;

use super::Invalid;

/// One account of one user pool. Neither half can hold the `#` between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account(String);

impl Account {
    /// Takes a user pool's id and a user's `sub`, each 1 to 128 characters without control characters or `#`.
    ///
    /// # Errors
    /// When one of them is anything else.
    pub fn parse(pool_id: &str, subject: &str) -> Result<Self, Invalid> {
        let good =
            |text: &str| (1..=128).contains(&text.chars().count()) && !text.chars().any(|c| c.is_control() || c == '#');
        if good(pool_id) && good(subject) {
            Ok(Self(format!("{pool_id}#{subject}")))
        } else {
            Err(Invalid::rule("must be 1 to 128 characters, without control characters or #"))
        }
    }

    /// `POOL#SUB`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How many attempts, and how long they count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LockoutPolicy {
    /// The most attempts without a success; at least 1.
    pub attempts: u32,
    /// How long the last of them counts, and so how long a lock lasts. In whole milliseconds.
    pub duration: Duration,
}

/// What is on record of an account. No record is no attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempts {
    /// Those that were let through since the last success.
    pub counted: u32,
    /// When they stop to count: `duration` after the last of them.
    pub count_until: OffsetDateTime,
}

/// What may happen next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockoutStanding {
    /// Nothing counts: the next attempt is the first.
    Fresh,
    /// There is at least one attempt left.
    Counting,
    /// No attempt is let through.
    Locked,
    /// No attempt is let through, and the lock would last longer than `duration` from now: it was written by a clock that
    /// was ahead of this one, or under another policy. It is to be shortened.
    LockedTooLong,
}

impl LockoutPolicy {
    /// How an account stands at `now`.
    #[must_use]
    pub fn standing(&self, record: Option<&Attempts>, now: OffsetDateTime) -> LockoutStanding {
        match record {
            None => LockoutStanding::Fresh,
            Some(record) if record.count_until <= now => LockoutStanding::Fresh,
            Some(record) if record.counted < self.attempts => LockoutStanding::Counting,
            Some(record) if record.count_until > self.end(now) => LockoutStanding::LockedTooLong,
            Some(_reached) => LockoutStanding::Locked,
        }
    }

    /// Until when an attempt made at `now` counts.
    #[must_use]
    pub fn end(&self, now: OffsetDateTime) -> OffsetDateTime {
        now + self.duration
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::datetime;

    use super::*;

    const POLICY: LockoutPolicy = LockoutPolicy { attempts: 5, duration: Duration::from_secs(900) };
    const NOW: OffsetDateTime = datetime!(2026-05-01 12:00 UTC);

    #[test]
    fn an_account_names_one_user_of_one_pool() {
        let long = "é".repeat(128);
        assert_eq!(Account::parse("eu-central-1_AbC", "s-1").unwrap().as_str(), "eu-central-1_AbC#s-1");
        assert!(Account::parse(&long, &long).is_ok());
        for (pool, subject) in [
            ("", "s"),
            ("p", ""),
            ("p#", "s"),
            ("p", "#s"),
            ("p", "s\n"),
            (&format!("{long}é"), "s"),
            ("p", &format!("{long}é")),
        ] {
            assert!(Account::parse(pool, subject).is_err(), "{pool:?} {subject:?}");
        }
    }

    #[test]
    fn the_fifth_attempt_is_let_through_and_the_sixth_is_not() {
        let after = |counted| Attempts { counted, count_until: POLICY.end(NOW) };
        assert_eq!(POLICY.standing(None, NOW), LockoutStanding::Fresh);
        assert_eq!(POLICY.standing(Some(&after(4)), NOW), LockoutStanding::Counting);
        assert_eq!(POLICY.standing(Some(&after(5)), NOW), LockoutStanding::Locked);
        assert_eq!(POLICY.standing(Some(&after(6)), NOW), LockoutStanding::Locked);
    }

    #[test]
    fn a_lock_ends_to_the_millisecond() {
        let locked = Attempts { counted: 5, count_until: POLICY.end(NOW) };
        let end = POLICY.end(NOW);
        assert_eq!(POLICY.standing(Some(&locked), end - Duration::from_millis(1)), LockoutStanding::Locked);
        assert_eq!(POLICY.standing(Some(&locked), end), LockoutStanding::Fresh);
    }

    /// What one attempt does to the record, as the store does it.
    fn attempt(record: &mut Option<Attempts>, now: OffsetDateTime) -> bool {
        let counted = match POLICY.standing(record.as_ref(), now) {
            LockoutStanding::Fresh => 1,
            LockoutStanding::Counting => record.unwrap().counted + 1,
            LockoutStanding::Locked => return false,
            LockoutStanding::LockedTooLong => {
                record.as_mut().unwrap().count_until = POLICY.end(now);
                return false;
            }
        };
        *record = Some(Attempts { counted, count_until: POLICY.end(now) });
        true
    }

    proptest! {
        #[test]
        fn no_span_of_the_duration_sees_more_than_the_attempts_and_nobody_waits_longer(
            pauses in proptest::collection::vec(0..2000_u64, 1..80),
        ) {
            let (mut record, mut now, mut admitted) = (None, NOW, Vec::new());
            for pause in pauses {
                now += Duration::from_secs(pause);
                let before = record;
                if attempt(&mut record, now) {
                    admitted.push(now);
                } else {
                    prop_assert_eq!(record, before, "a refused attempt extends nothing");
                    let last = *admitted.last().unwrap();
                    prop_assert!(now < last + POLICY.duration, "refused {} after the last attempt", now - last);
                }
            }
            // Without a success, five attempts are followed by a pause of the whole duration, somewhere among any six.
            for six in admitted.windows(6) {
                let longest = six.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
                prop_assert!(longest >= POLICY.duration, "{six:?}");
            }
        }

        #[test]
        fn a_clock_that_jumps_unlocks_no_earlier_than_by_the_jump_and_nobody_waits_longer_than_the_duration(
            waited in 0..900_i64, jump in -100_000..100_000_i64,
        ) {
            let mut record = None;
            while attempt(&mut record, NOW) {}
            let now = NOW + time::Duration::seconds(waited + jump);
            if attempt(&mut record, now) {
                prop_assert!(waited + jump >= 900, "unlocked after {waited} s by a jump of {jump} s");
            } else {
                prop_assert!(record.unwrap().count_until <= POLICY.end(now), "locked for longer than the duration");
                prop_assert!(attempt(&mut record, now + POLICY.duration));
            }
        }
    }
}
