//! Is everything found that somebody may have done to a chain?

use proptest::prelude::*;
use time::Duration;
use time::macros::datetime;

use super::*;

const CHAIN: i16 = 7;

/// Links of so many events each, and where their chain stands then.
fn chain(links: &[usize]) -> (Vec<Chained>, Head) {
    let mut head = Head::first(CHAIN);
    let mut events: Vec<Chained> = Vec::new();
    for &places in links {
        head.number += 1;
        let digests: Vec<Digest> = (0..places).map(|place| digest(events.len() + place)).collect();
        head.seal = audit_seal::next(&head.seal, head.number, &digests).to_vec();
        for (place, digest) in digests.iter().enumerate() {
            let index = events.len();
            events.push(Chained {
                id: Uuid::from_u128(index as u128),
                at: datetime!(2026-11-22 9:00 UTC) + Duration::seconds(index as i64),
                action: "upload.granted".to_owned(),
                number: head.number,
                place: place as i32 + 1,
                digest: digest.to_vec(),
                computed: *digest,
                seal: (place + 1 == places).then(|| head.seal.clone()),
            });
        }
    }
    (events, head)
}

fn digest(index: usize) -> Digest {
    [u8::try_from(index % 251).unwrap(); 32]
}

fn walked(events: &[Chained], head: &Head) -> Vec<Fault> {
    let mut walk = Walk::from(Head::first(CHAIN));
    for event in events {
        walk.take(event);
    }
    walk.finish(head)
}

fn first(events: &[Chained], head: &Head) -> (FaultKind, i64, Option<u128>) {
    let faults = walked(events, head);
    let fault = faults.first().unwrap();
    (fault.kind, fault.number, fault.event.as_ref().map(|(id, _)| id.as_u128()))
}

const LINKS: [usize; 5] = [1, 3, 2, 1, 4];

#[test]
fn what_was_written_is_found_as_it_was() {
    for links in [&LINKS[..], &[], &[1], &[64]] {
        let (events, head) = chain(links);
        assert_eq!(walked(&events, &head), []);
    }
}

#[test]
fn a_changed_event_is_named() {
    for index in 0..11 {
        let (mut events, head) = chain(&LINKS);
        events[index].computed = [255; 32];
        assert_eq!(first(&events, &head), (FaultKind::Changed, events[index].number, Some(index as u128)));
        assert_eq!(walked(&events, &head).len(), 1);
    }
}

#[test]
fn a_link_whose_event_was_changed_with_its_digest_is_named() {
    for index in 0..11 {
        let (mut events, head) = chain(&LINKS);
        (events[index].computed, events[index].digest) = ([255; 32], [255; 32].to_vec());
        let begins = events.iter().position(|event| event.number == events[index].number).unwrap();
        assert_eq!(first(&events, &head), (FaultKind::Rewritten, events[index].number, Some(begins as u128)));
        assert_eq!(walked(&events, &head).len(), 1);
    }
}

#[test]
fn a_chain_that_was_made_anew_to_its_end_does_not_lead_to_its_head() {
    let (_, head) = chain(&LINKS);
    let (mut events, _) = chain(&LINKS);
    events.pop();
    let last = events.len() - 1;
    let digests: Vec<Digest> = events.iter().filter(|event| event.number == 5).map(|event| event.computed).collect();
    let before = events.iter().rev().find(|event| event.number == 4).and_then(|event| event.seal.clone()).unwrap();
    events[last].seal = Some(audit_seal::next(&before, 5, &digests).to_vec());
    assert_eq!(first(&events, &head).0, FaultKind::Rewritten);
}

#[test]
fn an_event_that_is_gone_is_missed_wherever_it_was() {
    for index in 0..11 {
        let (mut events, head) = chain(&LINKS);
        let gone = events.remove(index);
        let (kind, number, _) = first(&events, &head);
        assert_eq!((kind, number), (FaultKind::Removed, gone.number), "{index}");
        assert_eq!(walked(&events, &head).len(), 1, "{index}");
    }
}

#[test]
fn links_that_are_gone_are_missed() {
    for (from, to, number) in [(0, 4, 1), (1, 6, 2), (7, 11, 5), (0, 11, 1)] {
        let (mut events, head) = chain(&LINKS);
        events.drain(from..to);
        let faults = walked(&events, &head);
        assert_eq!((faults.len(), faults[0].kind, faults[0].number), (1, FaultKind::Removed, number));
    }
}

#[test]
fn an_event_that_was_put_in_between_is_named() {
    for index in 0..11 {
        let (mut events, head) = chain(&LINKS);
        let mut stranger = events[index].clone();
        stranger.id = Uuid::from_u128(99);
        events.insert(index + 1, stranger);
        let faults = walked(&events, &head);
        assert_eq!((faults.len(), faults[0].kind, faults[0].number), (1, FaultKind::Inserted, events[index].number));
        assert_eq!(faults[0].event.as_ref().map(|(id, _)| id.as_u128()), Some(99));
    }
}

#[test]
fn of_two_in_one_place_the_stranger_is_named_whichever_is_read_first() {
    let (mut events, head) = chain(&LINKS);
    let mut stranger = events[2].clone();
    (stranger.id, stranger.computed) = (Uuid::from_u128(99), [255; 32]);
    events.insert(2, stranger);
    assert_eq!(first(&events, &head), (FaultKind::Inserted, 2, Some(99)));
    assert_eq!(walked(&events, &head).len(), 1);
}

#[test]
fn a_walk_may_begin_behind_any_link() {
    let (events, head) = chain(&LINKS);
    let behind = events.iter().find(|event| event.number == 2 && event.seal.is_some()).unwrap();
    let mut walk = Walk::from(Head { chain: CHAIN, number: 2, seal: behind.seal.clone().unwrap() });
    events.iter().filter(|event| event.number > 2).for_each(|event| walk.take(event));
    assert_eq!(walk.finish(&head), []);
}

proptest! {
    /// Whoever takes some events out, changes some and swaps some is found out, unless nothing came of it.
    #[test]
    fn no_two_different_audits_lead_to_one_head(
        links in proptest::collection::vec(1_usize..5, 1..8),
        gone in proptest::collection::vec(any::<prop::sample::Index>(), 0..3),
        changed in proptest::collection::vec(any::<prop::sample::Index>(), 0..3),
    ) {
        let (whole, head) = chain(&links);
        let mut events = whole.clone();
        for index in &changed {
            let at = index.index(events.len());
            (events[at].computed, events[at].digest) = ([254; 32], [254; 32].to_vec());
        }
        for index in &gone {
            if !events.is_empty() {
                events.remove(index.index(events.len()));
            }
        }
        prop_assert_eq!(walked(&events, &head).is_empty(), changed.is_empty() && gone.is_empty());
    }
}
