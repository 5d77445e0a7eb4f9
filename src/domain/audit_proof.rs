//! Is the audit what was written? Every chain is walked from its beginning to its end, and past what anchors know of it.

use serde::Serialize;
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::Error;
use crate::adapters::postgres::audit_chains::{self, PAGE};
use crate::model::audit_anchor::Anchor;
use crate::model::audit_walk::{Chained, Fault, FaultKind, Head, Walk};

/// What was found.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Proof {
    /// So many events are as they were written, unless there are faults.
    pub events: u64,
    /// So many of them are in links of which a part was dropped: somebody who gave them another digest would not be found.
    pub edge: u64,
    /// In so many links.
    pub links: i64,
    /// Of so many chains.
    pub chains: usize,
    /// Against so many anchors.
    pub anchors: usize,
    /// So many events were written before there were chains: nothing is known of these.
    pub unchained: i64,
    /// What came before was dropped.
    #[serde(with = "time::serde::rfc3339::option")]
    pub dropped_until: Option<OffsetDateTime>,
    /// What is not as it was written, the earliest first.
    #[serde(serialize_with = "as_texts")]
    pub faults: Vec<Fault>,
}

/// Walks every chain. Nothing that ended after `dropped_by` may have been dropped for its age. `told` is told of the links that were
/// read, as they are, and of how many there are.
///
/// # Errors
/// When Postgres does not answer.
pub async fn verify(
    pool: &PgPool,
    anchors: &[Anchor],
    dropped_by: OffsetDateTime,
    mut told: impl FnMut(i64, i64),
) -> Result<Proof, Error> {
    // Whoever writes on meanwhile writes behind these.
    let heads = audit_chains::heads(pool).await?;
    let cuts = audit_chains::cuts(pool).await?;
    let begin = |chain: i16| {
        let cut = cuts.iter().find(|(head, _)| head.chain == chain);
        cut.map_or_else(|| Head::first(chain), |(head, _)| head.clone())
    };
    let all = heads.iter().map(|head| (head.number - begin(head.chain).number).max(0)).sum();
    let mut proof =
        Proof { anchors: anchors.len(), dropped_until: cuts.first().map(|(_, until)| *until), ..Proof::default() };
    let forged = |(cut, until): &&(Head, OffsetDateTime)| *until > dropped_by || is_disowned(cut, *until, anchors);
    proof
        .faults
        .extend(cuts.iter().filter(forged).map(|(cut, _)| fault(FaultKind::Removed, cut.chain, cut.number, None)));
    for head in &heads {
        let first = begin(head.chain);
        let mut chain = Chain::new(&first, head, anchors);
        let mut behind = (0, 0, Uuid::nil());
        loop {
            let events = audit_chains::page(pool, head.chain, behind, head.number).await?;
            let Some(last) = events.last() else { break };
            behind = (last.number, last.place, last.id);
            told(proof.links + (last.number - first.number).max(0), all);
            for event in &events {
                chain.take(event);
            }
            proof.events += u64::try_from(events.len()).unwrap_or_default();
            proof.edge +=
                u64::try_from(events.iter().filter(|event| event.number <= first.number).count()).unwrap_or_default();
            if events.len() < PAGE {
                break;
            }
        }
        proof.links += (head.number - first.number).max(0);
        proof.chains += usize::from(head.number > 0);
        proof.faults.extend(chain.finish(head));
    }
    for unknown in
        anchors.iter().flat_map(|anchor| &anchor.heads).filter(|known| heads.iter().all(|h| h.chain != known.chain))
    {
        proof.faults.push(fault(FaultKind::Removed, unknown.chain, unknown.number, None));
    }
    if let Some((chain, number, id, at)) = audit_chains::astray(pool).await? {
        proof.faults.push(inserted(chain, number, id, at));
    }
    let unchained = audit_chains::unchained(pool).await?;
    proof.unchained = unchained.older;
    proof.faults.extend(unchained.first.map(|(id, at)| inserted(0, 0, id, at)));
    proof.faults.sort_by_key(|fault| fault.at);
    Ok(proof)
}

/// Does an anchor know better than that the chain was dropped up to there, as its part in months that ended by then?
fn is_disowned(cut: &Head, until: OffsetDateTime, anchors: &[Anchor]) -> bool {
    // What is written a day after the end of a month is no longer of that month, whatever the clocks.
    let later = |anchor: &&Anchor| anchor.at > until + Duration::DAY;
    let known =
        |anchor: &&Anchor| anchor.heads.iter().any(|known| known.chain == cut.chain && known.number < cut.number);
    let same = |known: &Head| known.chain == cut.chain && known.number == cut.number;
    anchors.iter().filter(later).any(|anchor| known(&anchor))
        || anchors.iter().flat_map(|anchor| &anchor.heads).any(|known| same(known) && known.seal != cut.seal)
}

impl Proof {
    /// Was nothing found to be otherwise?
    #[must_use]
    pub fn holds(&self) -> bool {
        self.faults.is_empty()
    }
}

/// One chain on the way, and what anchors know of it.
struct Chain<'a> {
    chain: i16,
    /// Up to this link, only the events themselves can be looked at.
    first: i64,
    edge: Vec<Fault>,
    walk: Walk,
    known: Vec<&'a Head>,
    /// The first event that no anchor has vouched for.
    since: Option<(Uuid, String, OffsetDateTime)>,
    disowned: Option<Fault>,
}

impl<'a> Chain<'a> {
    fn new(first: &Head, head: &Head, anchors: &'a [Anchor]) -> Self {
        let of_chain = |known: &&Head| known.chain == head.chain && known.number > first.number;
        let known = anchors.iter().flat_map(|anchor| &anchor.heads).filter(of_chain).collect();
        let (chain, walk) = (head.chain, Walk::from(first.clone()));
        Self { chain, first: first.number, edge: Vec::new(), walk, known, since: None, disowned: None }
    }

    fn take(&mut self, event: &Chained) {
        if event.number <= self.first {
            self.edge.extend((event.digest != event.computed).then(|| {
                let fault = fault(FaultKind::Changed, self.chain, event.number, Some(event.at));
                Fault { event: Some((event.id, event.action.clone())), ..fault }
            }));
            return;
        }
        self.walk.take(event);
        self.since.get_or_insert_with(|| (event.id, event.action.clone(), event.at));
        let Some(seal) = &event.seal else { return };
        for known in self.known.iter().filter(|known| known.number == event.number) {
            if known.seal == *seal {
                self.since = None;
            } else if self.disowned.is_none() {
                let (id, action, at) = self.since.clone().unwrap_or_else(|| (event.id, event.action.clone(), event.at));
                let mut fault = fault(FaultKind::Disowned, known.chain, known.number, Some(at));
                fault.event = Some((id, action));
                self.disowned = Some(fault);
            }
        }
    }

    fn finish(self, head: &Head) -> Vec<Fault> {
        let behind = self.known.iter().find(|known| known.number > head.number);
        let gone = behind.map(|known| fault(FaultKind::Removed, known.chain, head.number + 1, None));
        self.edge.into_iter().chain(self.walk.finish(head)).chain(self.disowned).chain(gone).collect()
    }
}

const fn fault(kind: FaultKind, chain: i16, number: i64, at: Option<OffsetDateTime>) -> Fault {
    Fault { kind, chain, number, at, event: None }
}

fn inserted(chain: i16, number: i64, id: Uuid, at: OffsetDateTime) -> Fault {
    Fault { event: Some((id, "of no chain".to_owned())), ..fault(FaultKind::Inserted, chain, number, Some(at)) }
}

fn as_texts<S: serde::Serializer>(faults: &[Fault], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(faults.iter().map(ToString::to_string))
}
