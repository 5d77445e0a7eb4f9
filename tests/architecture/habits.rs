//! Does each file keep the habits that need no map: length, first line, name, no look at the environment?

use crate::paths;
use crate::tree::Source;

const MOST_LINES: usize = 300;

/// Names that say nothing, alone or as the last word of a longer one.
const EMPTY_NAMES: &[&str] = &["util", "utils", "helper", "helpers", "manager", "common", "data", "info"];

/// What reads the environment in `std::env`.
const READS: &[&str] = &["var", "var_os", "vars", "vars_os"];

/// Files that are too long.
pub(crate) fn long_files(sources: &[Source]) -> Vec<String> {
    let lines = |source: &Source| source.text.lines().count();
    let long = sources.iter().filter(|source| lines(source) > MOST_LINES);
    long.map(|source| {
        let what = format!(
            "{} lines, and {MOST_LINES} is the most: give one of its questions a file of its own",
            lines(source)
        );
        source.fault(MOST_LINES + 1, &what)
    })
    .collect()
}

/// Files whose first line is not a `//!`.
pub(crate) fn files_without_a_question(sources: &[Source]) -> Vec<String> {
    let mute = sources.iter().filter(|source| !source.text.starts_with("//! "));
    mute.map(|source| source.fault(1, "begin with a line `//! …` that says which question this file answers")).collect()
}

/// Reads of environment variables outside `config`.
pub(crate) fn readers_of_the_environment(sources: &[Source]) -> Vec<String> {
    let what = "the environment is read in config.rs alone: make this a setting and pass it in";
    let mut faults = Vec::new();
    for source in sources.iter().filter(|source| source.module.first().is_none_or(|top| top != "config")) {
        for path in paths::written(&source.tokens) {
            let reads = |pair: &[String]| matches!(pair, [env, var] if env == "env" && READS.contains(&var.as_str()));
            if path.names.windows(2).any(reads) {
                faults.push(source.fault(path.line, what));
            }
        }
    }
    faults
}

/// Files, folders and inline modules that are named for nothing.
pub(crate) fn empty_names(sources: &[Source]) -> Vec<String> {
    let mut faults = Vec::new();
    for source in sources {
        let files = source.module.iter().map(|name| (1, name.clone()));
        let inline = paths::inline_modules(&source.tokens);
        for (line, name) in files.chain(inline) {
            if name.rsplit('_').next().is_some_and(|word| EMPTY_NAMES.contains(&word)) {
                faults.push(source.fault(
                    line,
                    &format!("`{name}` says nothing: name it for what is in it, or move it where it is used"),
                ));
            }
        }
    }
    faults
}
