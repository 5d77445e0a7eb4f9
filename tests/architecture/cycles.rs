//! Do two neighbours import each other, directly or by way of others?

use std::collections::{BTreeMap, BTreeSet};

use crate::paths::Crate;
use crate::tree::Source;

/// For the modules that share a parent: who uses whom, and one place where it does.
type Neighbours = BTreeMap<String, BTreeMap<String, String>>;

/// One fault for each ring of modules below one parent.
pub(crate) fn faults(sources: &[Source]) -> Vec<String> {
    let mut parents: BTreeMap<Vec<String>, Neighbours> = BTreeMap::new();
    let house = Crate::of(sources);
    for source in sources {
        for reference in house.references(source) {
            let (from, to) = (&source.module, &reference.module);
            let shared = from.iter().zip(to).take_while(|(a, b)| a == b).count();
            // A child and its parent are one family, not two neighbours.
            if let (Some(from), Some(to)) = (from.get(shared), to.get(shared)) {
                let place = source.fault(reference.line, &format!("uses {}", reference.written));
                let parent = source.module.iter().take(shared).cloned().collect();
                let uses = parents.entry(parent).or_default().entry(from.clone()).or_default();
                uses.entry(to.clone()).or_insert(place);
            }
        }
    }
    parents.iter().flat_map(|(parent, neighbours)| rings(&parent.join("/"), neighbours)).collect()
}

fn rings(parent: &str, neighbours: &Neighbours) -> Vec<String> {
    let mut faults = Vec::new();
    let mut seen = BTreeSet::new();
    for start in neighbours.keys() {
        if seen.contains(start) {
            continue;
        }
        if let Some(ring) = way_back(start, neighbours) {
            let mut fault =
                format!("src/{parent}: {} is a ring: turn one arrow round, or move what both need below them", {
                    let mut names = ring.clone();
                    names.push(start.clone());
                    names.join(" → ")
                });
            for (at, from) in ring.iter().enumerate() {
                let to = ring.get(at + 1).unwrap_or(start);
                if let Some(place) = neighbours.get(from).and_then(|uses| uses.get(to)) {
                    fault.push_str(&format!("\n    {place}"));
                }
            }
            seen.extend(ring);
            faults.push(fault);
        }
    }
    faults
}

/// The shortest way from `start` to itself, `start` first.
fn way_back(start: &String, neighbours: &Neighbours) -> Option<Vec<String>> {
    let mut ways = std::collections::VecDeque::from([vec![start.clone()]]);
    let mut visited = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        for next in neighbours.get(way.last()?).into_iter().flat_map(BTreeMap::keys) {
            if next == start {
                return Some(way);
            }
            if visited.insert(next) {
                ways.push_back([way.clone(), vec![next.clone()]].concat());
            }
        }
    }
    None
}
