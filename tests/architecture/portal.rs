//! Do the portal's modules keep the habits of the house, and is each of them served?

use std::path::Path;

/// One fault a line, of every file in the portal's folder.
pub(crate) fn faults() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http/portal");
    let served = std::fs::read_to_string(root.join("page.rs")).unwrap_or_default();
    let entries = std::fs::read_dir(root.join("page")).map(|entries| entries.flatten().collect::<Vec<_>>());
    let files = entries.unwrap_or_default().into_iter().map(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        (std::fs::read_to_string(entry.path()).unwrap_or_default(), name)
    });
    let files: Vec<_> = files.collect();
    assert!(!files.is_empty(), "the portal's modules are not where they were");
    files.iter().flat_map(|(text, name)| of_file(name, text, &served)).collect()
}

pub(crate) fn of_file(name: &str, text: &str, served: &str) -> Vec<String> {
    let asks = text.lines().next().is_some_and(|line| line.starts_with("// ") && line.contains('?'));
    [
        (text.lines().count() > 300, "has more than 300 lines: it answers more than one question"),
        (name.ends_with(".js") && !asks, "does not begin with the question that it answers: // … ?"),
        (!served.contains(&format!("\"{name}\"")), "is not served: name it in page.rs"),
    ]
    .into_iter()
    .filter(|(is_fault, _)| *is_fault)
    .map(|(_, fault)| format!("src/http/portal/page/{name} {fault}"))
    .collect()
}
