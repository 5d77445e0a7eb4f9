//! Is a chain of the audit as it was written? Walked from one end to the other, with one link in memory at a time.

use std::fmt;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use super::audit_seal::{self, Digest};

/// An event in its chain, as it is on record.
#[derive(Debug, Clone)]
pub struct Chained {
    /// Its own id.
    pub id: Uuid,
    /// When it was.
    pub at: OffsetDateTime,
    /// What was done.
    pub action: String,
    /// Of its link, from 1.
    pub number: i64,
    /// Of the event in its link, from 1.
    pub place: i32,
    /// The digest that is on record.
    pub digest: Vec<u8>,
    /// The digest of what is on record.
    pub computed: Digest,
    /// Of the link, at its last event.
    pub seal: Option<Vec<u8>>,
}

/// Where a chain stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Which chain.
    pub chain: i16,
    /// Its last link's number; 0 before the first.
    pub number: i64,
    /// That link's seal.
    pub seal: Vec<u8>,
}

impl Head {
    /// Where every chain begins.
    #[must_use]
    pub fn first(chain: i16) -> Self {
        Self { chain, number: 0, seal: audit_seal::first(chain).to_vec() }
    }
}

/// So many faults of a chain are told.
const MOST: usize = 100;

/// Something that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What happened to it.
    pub kind: FaultKind,
    /// In which chain.
    pub chain: i16,
    /// In which link.
    pub number: i64,
    /// The event's time, or that of the last event before what is gone.
    pub at: Option<OffsetDateTime>,
    /// The event; none when it is gone.
    pub event: Option<(Uuid, String)>,
}

/// What was done to the audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// The event says something else than it did.
    Changed,
    /// Events are gone from there.
    Removed,
    /// The event was not written by a gateway.
    Inserted,
    /// The link was made anew: an event of it, the first that is named, was changed, removed or inserted, with its digest.
    Rewritten,
    /// Links were made anew, seals and all: an anchor knows of others. The event is the first that may be another than it was.
    Disowned,
}

/// A chain on the way through it.
#[derive(Debug)]
pub struct Walk {
    chain: i16,
    /// The link that is being read, or was read last.
    number: i64,
    /// The digests of its events so far; nothing once its seal was read.
    link: Option<Vec<Digest>>,
    /// The last of its places that was read.
    place: i32,
    /// The fault of the event that was read last, if that was told to be changed: another may stand in its place.
    doubtful: Option<usize>,
    first: Option<(OffsetDateTime, Uuid, String)>,
    /// The last seal that was read; none when it is gone.
    seal: Option<Vec<u8>>,
    last: Option<OffsetDateTime>,
    /// The link has a fault already, and needs no second one.
    is_told: bool,
    faults: Vec<Fault>,
}

impl Walk {
    /// Begins behind that link.
    #[must_use]
    pub fn from(head: Head) -> Self {
        let Head { chain, number, seal } = head;
        Self {
            chain,
            number,
            link: None,
            place: 0,
            doubtful: None,
            first: None,
            seal: Some(seal),
            last: None,
            is_told: false,
            faults: Vec::new(),
        }
    }

    /// Goes on to the next event, in the order of link and place.
    pub fn take(&mut self, event: &Chained) {
        let named = || Some((event.id, event.action.clone()));
        match event.number - self.number {
            // Before the beginning, or behind the last event of its link.
            ..0 => return self.tell(FaultKind::Inserted, event.number, Some(event.at), named()),
            0 if self.link.is_none() => return self.tell(FaultKind::Inserted, event.number, Some(event.at), named()),
            0 => {}
            ahead => {
                self.end_link();
                if ahead > 1 {
                    self.tell(FaultKind::Removed, self.number + 1, self.last, None);
                    self.seal = None;
                }
                self.number = event.number;
                self.is_told = false;
                self.place = 0;
                self.link = Some(Vec::new());
                self.first = Some((event.at, event.id, event.action.clone()));
            }
        }
        if event.place <= self.place {
            let is_itself = event.digest == event.computed;
            // Of two in one place, the one that is what its digest says was there first.
            if let Some(stranger) = self.doubtful.take().filter(|_| is_itself && event.place == self.place)
                && let Some(fault) = self.faults.get_mut(stranger)
            {
                fault.kind = FaultKind::Inserted;
                return;
            }
            return self.tell(FaultKind::Inserted, event.number, Some(event.at), named());
        }
        self.doubtful = None;
        let is_next = event.place == self.place + 1;
        self.place = event.place;
        let stored = Digest::try_from(event.digest.as_slice()).unwrap_or_default();
        self.link.get_or_insert_default().push(stored);
        if !is_next {
            self.tell(FaultKind::Removed, event.number, self.last, None);
        } else if stored != event.computed {
            self.doubtful = Some(self.faults.len());
            self.tell(FaultKind::Changed, event.number, Some(event.at), named());
        }
        self.last = Some(event.at);
        if let Some(seal) = &event.seal {
            self.close_link(seal);
        }
    }

    /// What was found, when nothing comes behind that link: that is where the chain says that it stands.
    #[must_use]
    pub fn finish(mut self, head: &Head) -> Vec<Fault> {
        self.end_link();
        if self.number < head.number {
            self.tell(FaultKind::Removed, self.number + 1, self.last, None);
        } else if self.number == head.number && self.seal.as_ref().is_some_and(|seal| *seal != head.seal) {
            self.tell_rewritten();
        }
        self.faults
    }

    fn close_link(&mut self, seal: &[u8]) {
        let digests = self.link.take().unwrap_or_default();
        let expected = self.seal.as_ref().map(|before| audit_seal::next(before, self.number, &digests));
        if expected.is_some_and(|expected| expected != seal) {
            self.tell_rewritten();
        }
        // Whatever it is, the next link was made behind it: one fault is told once.
        self.seal = Some(seal.to_vec());
    }

    /// A link ends with its seal; without, its last events are gone.
    fn end_link(&mut self) {
        if self.link.take().is_some() {
            self.tell(FaultKind::Removed, self.number, self.last, None);
            self.seal = None;
        }
    }

    /// Of a link that has a fault already it says nothing new.
    fn tell_rewritten(&mut self) {
        if !self.is_told {
            let (at, event) = self.first.take().map(|(at, id, action)| (at, (id, action))).unzip();
            self.tell(FaultKind::Rewritten, self.number, at, event);
        }
    }

    fn tell(&mut self, kind: FaultKind, number: i64, at: Option<OffsetDateTime>, event: Option<(Uuid, String)>) {
        self.is_told |= number == self.number;
        if self.faults.len() == MOST {
            return;
        }
        self.faults.push(Fault { kind, chain: self.chain, number, at, event });
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.at.and_then(|at| at.format(&Rfc3339).ok());
        match (self.kind, &self.event) {
            (FaultKind::Removed, _) => write!(f, "removed: events after {}", at.as_deref().unwrap_or("the beginning"))?,
            (kind, event) => {
                let text = match kind {
                    FaultKind::Changed => "changed",
                    FaultKind::Inserted => "inserted",
                    FaultKind::Removed | FaultKind::Rewritten => "made anew, or some after it in its link",
                    FaultKind::Disowned => "other than an anchor says, this or one after it",
                };
                write!(f, "{text}:")?;
                if let Some((id, action)) = event {
                    write!(f, " event {id}, {action}")?;
                }
                if let Some(at) = at {
                    write!(f, ", of {at}")?;
                }
            }
        }
        if self.number > 0 {
            write!(f, " (chain {}, link {})", self.chain, self.number)?;
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "audit_walk_tests.rs"]
mod tests;
