//! Which top-level module may import which?

use crate::paths::Crate;
use crate::tree::Source;

/// A top-level module and what it may import beside itself; `*` is everything. One row for each module of `src`.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("main", &["*"]),
    ("lib", &["*"]),
    ("bin", &["*"]),
    ("cli", &["*"]),
    ("app", &["*"]),
    ("sandbox", &["*"]),
    ("http", &["domain", "adapters", "model", "config", "metrics", "trace"]),
    ("event_listener", &["domain", "adapters", "model", "config", "metrics", "trace"]),
    ("doctor", &["domain", "adapters", "model", "config", "metrics", "trace"]),
    ("healthcheck", &[]),
    ("usage_keeper", &["adapters"]),
    ("reconciler", &["domain", "adapters", "model", "config", "metrics", "trace"]),
    ("cognito", &["domain", "adapters", "model", "config", "metrics", "trace"]),
    ("domain", &["adapters", "model", "config", "metrics", "trace"]),
    ("adapters", &["model", "config", "metrics", "trace"]),
    ("telemetry", &["config", "model", "trace"]),
    ("metrics", &["model"]),
    ("trace", &["model"]),
    ("config", &["model"]),
    ("model", &[]),
];

/// Every import that does not flow down, and every module that has no row.
pub(crate) fn faults(sources: &[Source]) -> Vec<String> {
    let house = Crate::of(sources);
    let mut faults = Vec::new();
    for source in sources {
        let from = top(&source.module);
        let Some(allowed) = row(from) else {
            faults.push(
                source.fault(1, &format!("{from} is in no layer: give it a row in tests/architecture/layers.rs")),
            );
            continue;
        };
        for reference in house.references(source) {
            let to = top(&reference.module);
            if from == to || to == "lib" || allowed.contains(&to) || allowed.contains(&"*") {
                continue;
            }
            let allowed = if allowed.is_empty() { "nothing of ours".to_owned() } else { allowed.join(", ") };
            let what = format!(
                "{from} uses {to} ({}), but {from} may import {allowed}: move what is shared down, or pass it in as an argument",
                reference.written
            );
            faults.push(source.fault(reference.line, &what));
        }
    }
    faults
}

fn top(module: &[String]) -> &str {
    module.first().map_or("lib", String::as_str)
}

fn row(name: &str) -> Option<&'static [&'static str]> {
    MAY_IMPORT.iter().find(|(module, _)| *module == name).map(|(_, allowed)| *allowed)
}
