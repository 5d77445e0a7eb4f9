//! How is it proved that nobody changed what is on record?
//!
//! Each event has a digest: SHA-256 over its members, each with its length before it. The events of one transaction are a link of a
//! chain, whose seal is SHA-256 over the seal before it, its number, and the digests of its events in their order. Postgres makes the
//! seals (`audit_seal` in migrations/), so that a link and the head of its chain are written together or not at all.

use std::net::IpAddr;

use aws_lc_rs::digest::{Context, SHA256, digest};
use time::OffsetDateTime;
use time::macros::datetime;
use uuid::Uuid;

/// SHA-256.
pub type Digest = [u8; 32];

/// The members of an event that its digest covers, as they are on record.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// Its own id.
    pub id: Uuid,
    /// When it was.
    pub at: OffsetDateTime,
    /// To or for which tenant.
    pub tenant: Option<Uuid>,
    /// Who did it.
    pub subject: &'a str,
    /// What was done.
    pub action: &'a str,
    /// To which upload.
    pub upload: Option<Uuid>,
    /// In which request.
    pub request: &'a str,
    /// In which trace, in hexadecimal digits.
    pub trace: Option<&'a str>,
    /// From which address.
    pub address: Option<&'a str>,
    /// What else is known: JSON without white space, whose members are in the order of their names.
    pub detail: &'a str,
}

/// So that nothing else that is ever hashed looks like an event.
const DOMAIN: &[u8] = b"upload-gateway audit event 1";

impl Entry<'_> {
    /// What stands for it in its link.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut bytes = Vec::with_capacity(384);
        bytes.extend_from_slice(DOMAIN);
        let mut member = |value: Option<&[u8]>| {
            // No member is this long, so none looks like one that is absent.
            let length = value.map_or(u32::MAX, |value| u32::try_from(value.len()).unwrap_or(u32::MAX - 1));
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(value.unwrap_or_default());
        };
        member(Some(self.id.as_bytes()));
        member(Some(&microseconds(self.at).to_be_bytes()));
        member(self.tenant.as_ref().map(|id| id.as_bytes().as_slice()));
        member(Some(self.subject.as_bytes()));
        member(Some(self.action.as_bytes()));
        member(self.upload.as_ref().map(|id| id.as_bytes().as_slice()));
        member(Some(self.request.as_bytes()));
        member(self.trace.map(str::as_bytes));
        member(self.address.map(str::as_bytes));
        member(Some(self.detail.as_bytes()));
        sha256(&bytes)
    }
}

/// How an address is on record. A long-lived text: an IPv4 address that came through an IPv6 socket is written as what it is.
#[must_use]
pub fn written(address: IpAddr) -> String {
    address.to_canonical().to_string()
}

/// As Postgres keeps a time.
fn microseconds(at: OffsetDateTime) -> i64 {
    i64::try_from((at - datetime!(2000-01-01 0:00 UTC)).whole_microseconds()).unwrap_or(i64::MAX)
}

/// The seal that a chain begins with.
#[must_use]
pub fn first(chain: i16) -> Digest {
    sha256(format!("upload-gateway audit chain {chain}").as_bytes())
}

/// The seal of a link.
#[must_use]
pub fn next(before: &[u8], number: i64, digests: &[Digest]) -> Digest {
    let mut context = Context::new(&SHA256);
    context.update(before);
    context.update(&number.to_be_bytes());
    for digest in digests {
        context.update(digest);
    }
    fixed(context.finish().as_ref())
}

fn sha256(bytes: &[u8]) -> Digest {
    fixed(digest(&SHA256, bytes).as_ref())
}

fn fixed(bytes: &[u8]) -> Digest {
    let mut fixed = [0; 32];
    fixed.copy_from_slice(bytes);
    fixed
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::Duration;

    use super::*;

    const ENTRY: Entry<'_> = Entry {
        id: Uuid::from_u128(1),
        at: datetime!(2026-11-21 9:30 UTC),
        tenant: Some(Uuid::from_u128(2)),
        subject: "alice",
        action: "upload.granted",
        upload: Some(Uuid::from_u128(3)),
        request: "r-1",
        trace: Some("4bf92f3577b34da6a3ce929d0e0e4736"),
        address: Some("203.0.113.7"),
        detail: "{}",
    };

    #[test]
    fn every_member_counts_and_no_two_can_be_mistaken_for_each_other() {
        let others = [
            Entry { id: Uuid::from_u128(9), ..ENTRY },
            Entry { at: ENTRY.at + Duration::MICROSECOND, ..ENTRY },
            Entry { tenant: None, ..ENTRY },
            Entry { tenant: ENTRY.upload, upload: ENTRY.tenant, ..ENTRY },
            Entry { subject: "alic", action: "eupload.granted", ..ENTRY },
            Entry { upload: None, ..ENTRY },
            Entry { request: "r-2", ..ENTRY },
            Entry { trace: None, ..ENTRY },
            Entry { trace: None, address: ENTRY.trace, ..ENTRY },
            Entry { address: None, ..ENTRY },
            Entry { address: Some(""), ..ENTRY },
            Entry { detail: "{\"a\":1}", ..ENTRY },
        ];
        let mut seen: Vec<Digest> = others.iter().map(Entry::digest).collect();
        seen.push(ENTRY.digest());
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), others.len() + 1);
    }

    #[test]
    fn what_postgres_does_not_keep_does_not_count() {
        let finer = Entry { at: ENTRY.at + Duration::nanoseconds(999), ..ENTRY };
        assert_eq!(finer.digest(), ENTRY.digest());
    }

    /// The digests that are on record stay good: whoever changes how they are made finds out here.
    #[test]
    fn a_digest_is_what_it_was() {
        let hex: String = ENTRY.digest().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "78467d0780be85628ed66df1cf5a4d570a7260ca1944c210b6c58513d2c38ff9");
    }

    #[test]
    fn a_seal_holds_the_one_before_its_number_and_its_events_in_their_order() {
        let (a, b) = (ENTRY.digest(), Entry { detail: "[]", ..ENTRY }.digest());
        let seal = next(&first(1), 1, &[a, b]);
        for other in [
            next(&first(2), 1, &[a, b]),
            next(&first(1), 2, &[a, b]),
            next(&first(1), 1, &[b, a]),
            next(&first(1), 1, &[a]),
        ] {
            assert_ne!(seal, other);
        }
    }

    /// The text of a detail is hashed, and Postgres gives its members back in another order.
    #[test]
    fn the_members_of_a_detail_are_written_in_the_order_of_their_names() {
        assert_eq!(json!({"b": {"d": 1, "c": 2}, "a": []}).to_string(), r#"{"a":[],"b":{"c":2,"d":1}}"#);
    }
}
