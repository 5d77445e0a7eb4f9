//! Which source files are there, and which module is each?

use std::path::Path;

use proc_macro2::TokenStream;
use walkdir::WalkDir;

/// One Rust file.
pub(crate) struct Source {
    /// Its path from the root of the repository, with forward slashes.
    pub(crate) path: String,
    /// Its text.
    pub(crate) text: String,
    /// Its text as the compiler's lexer sees it: no comments, macros and attributes included.
    pub(crate) tokens: TokenStream,
    /// Its place in the crate: `src/domain/quota.rs` is `["domain", "quota"]`, `src/lib.rs` is `[]`.
    pub(crate) module: Vec<String>,
}

impl Source {
    /// Reads `text` as the file at `path`.
    pub(crate) fn parse(path: &str, text: &str) -> Self {
        let tokens = match text.parse() {
            Ok(tokens) => tokens,
            Err(error) => panic!("{path} is not Rust: {error}"),
        };
        Self { path: path.to_owned(), text: text.to_owned(), tokens, module: module(path) }
    }

    /// Says something about one line of this file.
    pub(crate) fn fault(&self, line: usize, what: &str) -> String {
        format!("{}:{line}: {what}", self.path)
    }
}

/// Every Rust file below `folders` of this repository, in order of path.
pub(crate) fn read(folders: &[&str]) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Vec::new();
    for folder in folders.iter().map(|folder| root.join(folder)).filter(|folder| folder.is_dir()) {
        for entry in WalkDir::new(folder).sort_by_file_name() {
            let entry = entry.unwrap_or_else(|error| panic!("the sources cannot be listed: {error}"));
            if entry.path().extension().is_some_and(|extension| extension == "rs") {
                let path = entry.path().strip_prefix(root).unwrap_or(entry.path()).to_string_lossy().replace('\\', "/");
                let text = std::fs::read_to_string(entry.path());
                sources.push(Source::parse(&path, &text.unwrap_or_else(|error| panic!("{path}: {error}"))));
            }
        }
    }
    assert!(!sources.is_empty(), "there is no Rust file in {folders:?}");
    sources
}

fn module(path: &str) -> Vec<String> {
    let inside = path.split_once('/').map_or(path, |(_, inside)| inside);
    let mut module: Vec<String> = inside.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if module.last().is_some_and(|last| last == "mod" || (last == "lib" && module.len() == 1)) {
        module.pop();
    }
    module
}
