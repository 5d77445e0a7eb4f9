//! Time passes, jumps and goes back: the lockout itself, before the same DynamoDBs, with a clock that the test holds.

use std::time::Duration;

use futures_util::future::join_all;
use time::OffsetDateTime;
use time::macros::datetime;
use upload_gateway::domain::lockout::{Admission, Lockout};
use upload_gateway::model::{Account, LockoutPolicy};

use crate::table::Table;

const POLICY: LockoutPolicy = LockoutPolicy { attempts: 5, duration: MINUTES_15 };
const MINUTES_15: Duration = Duration::from_secs(900);
const MINUTE: Duration = Duration::from_secs(60);
const MILLISECOND: Duration = Duration::from_millis(1);
const NOON: OffsetDateTime = datetime!(2026-05-01 12:00 UTC);

struct Door<'a> {
    table: &'a Table,
    lockout: Lockout,
    account: Account,
}

impl<'a> Door<'a> {
    fn of(table: &'a Table) -> Self {
        let lockout = Lockout::new(&table.shared, &table.name, POLICY);
        Self { table, lockout, account: Account::parse("pool", "jane").unwrap() }
    }

    async fn opens(&self, now: OffsetDateTime) -> bool {
        self.lockout.admit(&self.account, now).await.unwrap() == Admission::Admitted
    }

    /// Five attempts at this moment.
    async fn lock(&self, now: OffsetDateTime) {
        for _attempt in 0..5 {
            assert!(self.opens(now).await, "{}", self.table.server);
        }
        assert!(!self.opens(now).await, "{}", self.table.server);
    }
}

#[tokio::test]
async fn a_lock_ends_to_the_millisecond_whatever_was_tried_meanwhile_and_five_attempts_are_left() {
    for table in Table::in_each().await {
        let door = Door::of(&table);
        door.lock(NOON).await;
        assert!(!door.opens(NOON + MINUTE * 14).await);
        assert!(!door.opens(NOON + MINUTES_15 - MILLISECOND).await);
        door.lock(NOON + MINUTES_15).await;
        assert!(!door.opens(NOON + MINUTES_15 * 2 - MILLISECOND).await);
        assert!(door.opens(NOON + MINUTES_15 * 2).await);
    }
}

#[tokio::test]
async fn failures_are_forgotten_when_nobody_tries_for_the_duration() {
    for table in Table::in_each().await {
        let door = Door::of(&table);
        for minute in [0, 14, 28, 42] {
            assert!(door.opens(NOON + MINUTE * minute).await);
        }
        assert_eq!(table.number("pool#jane", "attempts").await, Some(4), "{}", table.server);
        assert!(door.opens(NOON + MINUTE * 57).await);
        assert_eq!(table.number("pool#jane", "attempts").await, Some(1), "{}", table.server);
    }
}

#[tokio::test]
async fn a_clock_that_goes_back_unlocks_nobody_and_locks_nobody_out_for_longer_than_the_duration() {
    for table in Table::in_each().await {
        for back in [MILLISECOND, MINUTE, MINUTE * 60 * 24 * 365] {
            let door = Door::of(&table);
            door.lock(NOON).await;
            let now = NOON - back;
            assert!(!door.opens(now).await, "{}: {back:?}", table.server);
            assert!(!door.opens(now + MINUTES_15 - MILLISECOND).await, "{}: {back:?}", table.server);
            assert!(door.opens(now + MINUTES_15).await, "{}: {back:?}", table.server);
            door.lockout.clear(&door.account).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_clock_that_goes_back_takes_no_attempt_back() {
    for table in Table::in_each().await {
        let door = Door::of(&table);
        for minute in [50, 40, 30, 20, 10] {
            assert!(door.opens(NOON + MINUTE * minute).await);
        }
        assert!(!door.opens(NOON).await, "{}", table.server);
    }
}

#[tokio::test]
async fn a_clock_that_goes_forward_unlocks_early_by_no_more_than_the_jump() {
    for table in Table::in_each().await {
        let door = Door::of(&table);
        door.lock(NOON).await;
        assert!(!door.opens(NOON + MINUTE * 10 + MINUTE * 4).await, "10 minutes have passed, and it jumped by 4");
        assert!(door.opens(NOON + MINUTE * 10 + MINUTE * 5).await, "10 minutes have passed, and it jumped by 5");
    }
}

#[tokio::test]
async fn dynamodb_may_delete_a_record_only_when_it_means_nothing_more_and_may_be_late() {
    for table in Table::in_each().await {
        let door = Door::of(&table);
        door.lock(NOON).await;
        let expires = table.number("pool#jane", "expires_at").await.unwrap();
        let ends = (NOON + MINUTES_15).unix_timestamp();
        assert!((ends..ends + 172_800).contains(&expires), "{}: in seconds, after the lock: {expires}", table.server);
        let late = OffsetDateTime::from_unix_timestamp(expires).unwrap() + Duration::from_secs(48 * 3600);
        door.lock(late).await;
    }
}

#[tokio::test]
async fn exactly_five_of_many_at_one_moment_are_let_through_also_when_an_older_count_has_run_out() {
    for table in Table::in_each().await {
        let door = Door::of(&table);
        for now in [NOON, NOON + MINUTES_15] {
            let opened = join_all((0..40).map(|_| door.opens(now))).await;
            assert_eq!(opened.into_iter().filter(|open| *open).count(), 5, "{} {now}", table.server);
        }
    }
}

#[tokio::test]
async fn a_record_of_somebody_elses_making_locks_nobody_out_for_good() {
    for table in Table::in_each().await {
        let door = Door::of(&table);
        table.put("pool#jane", &[("attempts", 9)]).await;
        door.lock(NOON).await;
        table.put("pool#jane", &[("attempts", 900), ("count_until", i64::MAX)]).await;
        assert!(!door.opens(NOON).await, "{}", table.server);
        assert!(!door.opens(NOON + MINUTES_15 - MILLISECOND).await, "{}", table.server);
        assert!(door.opens(NOON + MINUTES_15).await, "{}", table.server);
    }
}
