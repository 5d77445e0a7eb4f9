//! Which upload, which tenant, which request? Typed identifiers, so that one cannot stand in for another.

use std::fmt;

use time::OffsetDateTime;
use uuid::{Builder, NoContext, Timestamp, Uuid};

use super::Invalid;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Uuid);

        impl $name {
            /// A new identifier that sorts after those made before `now` (UUIDv7, RFC 9562 §5.7).
            #[must_use]
            pub fn new(now: OffsetDateTime) -> Self {
                Self(uuid_v7(now))
            }

            /// The identifier as the database and the wire know it.
            #[must_use]
            pub const fn as_uuid(&self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

uuid_id! {
    /// Names one upload, from its grant to its end.
    UploadId
}
uuid_id! {
    /// Names one tenant.
    TenantId
}
uuid_id! {
    /// Names one Uppy session; it is no secret.
    UppySessionId
}
uuid_id! {
    /// Names one audit event.
    AuditId
}

impl AuditId {
    /// Not above any identifier that is made at that time, and above all that are made a millisecond before.
    #[must_use]
    pub fn first_of(time: OffsetDateTime) -> Self {
        let milliseconds = u64::try_from(time.unix_timestamp_nanos().div_euclid(1_000_000)).unwrap_or(0);
        Self(Builder::from_unix_timestamp_millis(milliseconds, &[0; 10]).into_uuid())
    }
}

fn uuid_v7(now: OffsetDateTime) -> Uuid {
    let seconds = u64::try_from(now.unix_timestamp()).unwrap_or(0);
    Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, now.nanosecond()))
}

/// Names one HTTP request in the answer, the logs, the records and the problem documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    const LONGEST: usize = 128;

    /// A fresh one, for a request that brought none.
    #[must_use]
    pub fn new(now: OffsetDateTime) -> Self {
        Self(uuid_v7(now).to_string())
    }

    /// The caller's own, when it is short and plain enough to be written into logs and headers.
    ///
    /// # Errors
    /// When it is empty, longer than 128 characters, or holds anything but letters, digits, `.`, `_` and `-`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if text.is_empty() || text.len() > Self::LONGEST || !text.chars().all(plain) {
            return Err(Invalid::rule("a request id is 1 to 128 letters, digits, '.', '_' and '-'"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The text of the identifier.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn later_ids_sort_after_earlier_ones() {
        let earlier = UploadId::new(datetime!(2026-01-01 0:00 UTC));
        let later = UploadId::new(datetime!(2026-01-01 0:00:01 UTC));
        assert!(earlier < later);
    }

    #[test]
    fn the_first_id_of_a_time_is_before_those_of_that_time_and_after_those_before() {
        let time = datetime!(2026-01-01 0:00:00.5 UTC);
        for _ in 0..100 {
            assert!(AuditId::first_of(time) <= AuditId::new(time));
            assert!(AuditId::new(time - time::Duration::MILLISECOND) < AuditId::first_of(time));
        }
        assert!(AuditId::first_of(datetime!(0000-01-01 0:00 UTC)) <= AuditId::new(datetime!(1970-01-01 0:00 UTC)));
        assert!(AuditId::new(time) < AuditId::first_of(datetime!(9999-12-31 23:59 UTC)));
    }

    #[test]
    fn a_request_id_cannot_forge_a_log_line() {
        assert!(RequestId::parse("a\nb").is_err());
        assert!(RequestId::parse("").is_err());
        assert!(RequestId::parse(&"a".repeat(129)).is_err());
        assert_eq!(RequestId::parse("Root-1.67_a").unwrap().as_str(), "Root-1.67_a");
    }
}
