//! Which module does each path in a source file lead to?
//!
//! Paths are read from tokens rather than from a syntax tree, so that those inside macros and attributes count too.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};

use crate::tree::Source;

/// A path as somebody wrote it; a `use` with braces is one path for each leaf.
#[derive(Clone, Default)]
pub(crate) struct Written {
    /// `crate::model::Clock` is `["crate", "model", "Clock"]`; a glob ends in `*`.
    pub(crate) names: Vec<String>,
    /// Where it begins, counted from 1.
    pub(crate) line: usize,
    /// The inline modules around it, outermost first.
    inside: Vec<String>,
    /// The name that a `use` gives it.
    binds: Option<String>,
}

/// A use of one of our modules.
pub(crate) struct Reference {
    /// The module that is used, or that holds what is used.
    pub(crate) module: Vec<String>,
    /// The path as written.
    pub(crate) written: String,
    /// Where.
    pub(crate) line: usize,
}

/// Every path of at least two names, and every `use`.
pub(crate) fn written(tokens: &TokenStream) -> Vec<Written> {
    let mut reader = Reader::default();
    reader.read(tokens, &[], true);
    reader.paths
}

/// The modules that are written between braces: line and name.
pub(crate) fn inline_modules(tokens: &TokenStream) -> Vec<(usize, String)> {
    let mut reader = Reader::default();
    reader.read(tokens, &[], true);
    reader.inline.into_iter().filter_map(|(line, mut names)| Some((line, names.pop()?))).collect()
}

/// What one module declares.
#[derive(Default)]
struct Scope {
    items: BTreeSet<String>,
    uses: BTreeMap<String, Vec<String>>,
    globs: Vec<Vec<String>>,
}

/// All modules of the crate, inline ones too, so that paths can be followed through re-exports.
pub(crate) struct Crate(BTreeMap<Vec<String>, Scope>);

impl Crate {
    /// Reads the modules of `sources`.
    pub(crate) fn of(sources: &[Source]) -> Self {
        let mut house = Self(BTreeMap::from([(Vec::new(), Scope::default())]));
        for source in sources {
            for length in 0..=source.module.len() {
                house.0.entry(source.module.iter().take(length).cloned().collect()).or_default();
            }
            let mut reader = Reader::default();
            reader.read(&source.tokens, &[], true);
            for (_, names) in reader.inline {
                house.0.entry([source.module.clone(), names].concat()).or_default();
            }
            for (inside, item) in reader.items {
                house.0.entry([source.module.clone(), inside].concat()).or_default().items.insert(item);
            }
            for path in reader.paths {
                let scope = house.0.entry([source.module.clone(), path.inside].concat()).or_default();
                match path.binds {
                    Some(name) if name == "*" => scope.globs.push(path.names),
                    Some(name) => _ = scope.uses.insert(name, path.names),
                    None => {}
                }
            }
        }
        house
    }

    /// Where the paths of `source` lead within this crate; one reference for each line and module.
    pub(crate) fn references(&self, source: &Source) -> Vec<Reference> {
        let mut seen = BTreeSet::new();
        let mut references = Vec::new();
        for path in written(&source.tokens) {
            let at = [source.module.clone(), path.inside].concat();
            if let Some((module, _)) = self.follow(&path.names, &at, 0)
                && seen.insert((path.line, module.clone()))
            {
                references.push(Reference { module, written: path.names.join("::"), line: path.line });
            }
        }
        references
    }

    /// The module that `names`, written in module `at`, leads to, and whether it is that module rather than an item of it.
    fn follow(&self, names: &[String], at: &[String], depth: usize) -> Option<(Vec<String>, bool)> {
        let (first, rest) = names.split_first()?;
        let (mut here, rest) = match first.as_str() {
            _ if depth > 16 => return None,
            "crate" | "upload_gateway" => (Vec::new(), rest),
            "self" | "super" => (at.to_vec(), names),
            name => match self.step(name, at, depth)? {
                (module, true) => (module, rest),
                item => return Some(item),
            },
        };
        for name in rest {
            match name.as_str() {
                "self" | "*" => {}
                "super" => _ = here.pop(),
                name => match self.step(name, &here, depth) {
                    Some((module, true)) => here = module,
                    Some(item) => return Some(item),
                    None => return Some((here, false)),
                },
            }
        }
        Some((here, true))
    }

    /// What `name` means in module `at`, if that module says so by a child, a `use` or a glob.
    fn step(&self, name: &str, at: &[String], depth: usize) -> Option<(Vec<String>, bool)> {
        let child = [at, &[name.to_owned()]].concat();
        if self.0.contains_key(&child) {
            return Some((child, true));
        }
        let scope = self.0.get(at)?;
        if let Some(names) = scope.uses.get(name) {
            // `use config::config;` must not look for itself.
            return if names.first().is_some_and(|first| first == name) {
                None
            } else {
                self.follow(names, at, depth + 1)
            };
        }
        if scope.items.contains(name) {
            return Some((at.to_vec(), false));
        }
        scope.globs.iter().find_map(|glob| {
            let (module, _) = self.follow(glob, at, depth + 1)?;
            if module == at { None } else { self.step(name, &module, depth + 1) }
        })
    }
}

/// The words that give a module an item; the item's name comes next.
const DECLARE: [&str; 8] = ["struct", "enum", "union", "trait", "type", "fn", "const", "static"];

#[derive(Default)]
struct Reader {
    paths: Vec<Written>,
    inline: Vec<(usize, Vec<String>)>,
    items: Vec<(Vec<String>, String)>,
}

impl Reader {
    /// Reads the tokens of the inline module `inside`; `declares` while they are its own items and not what is in them.
    fn read(&mut self, tokens: &TokenStream, inside: &[String], declares: bool) {
        let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
        let mut left = tokens.as_slice();
        while let [first, rest @ ..] = left {
            let line = first.span().start().line;
            left = match (first, rest) {
                (TokenTree::Group(group), _) => {
                    self.read(&group.stream(), inside, false);
                    rest
                }
                (TokenTree::Literal(literal), _) => {
                    self.read_quoted(&literal.to_string(), line, inside);
                    rest
                }
                // After a leading `::` come the names of another crate.
                (TokenTree::Punct(_), [second, TokenTree::Ident(_), ..]) if is(first, ':') && is(second, ':') => {
                    chain(rest).1
                }
                (TokenTree::Punct(_), _) => rest,
                (TokenTree::Ident(word), [next, ..]) if word == "use" && !is(next, '<') => {
                    let end = rest.iter().position(|token| is(token, ';')).unwrap_or(rest.len());
                    let (tree, rest) = rest.split_at(end);
                    self.read_use(tree, Written { line, inside: inside.to_vec(), ..Written::default() });
                    rest
                }
                (TokenTree::Ident(word), [TokenTree::Ident(name), TokenTree::Group(body), rest @ ..])
                    if word == "mod" =>
                {
                    let inner = [inside, &[name.to_string()]].concat();
                    self.inline.push((line, inner.clone()));
                    self.read(&body.stream(), &inner, true);
                    rest
                }
                (TokenTree::Ident(word), [TokenTree::Ident(name), ..]) => {
                    if declares && DECLARE.iter().any(|item| word == item) {
                        self.items.push((inside.to_vec(), name.to_string()));
                    }
                    rest
                }
                (TokenTree::Ident(_), _) => {
                    let (names, after) = chain(left);
                    if names.len() > 1 {
                        self.paths.push(Written { names, line, inside: inside.to_vec(), binds: None });
                    }
                    after
                }
            };
        }
    }

    /// One branch of a `use` tree, below the path `so_far`.
    fn read_use(&mut self, tokens: &[TokenTree], so_far: Written) {
        let mut path = so_far;
        let mut tokens = tokens.iter();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Ident(word) if word == "as" => path.binds = tokens.next().map(ToString::to_string),
                TokenTree::Ident(word) => path.names.push(word.to_string()),
                TokenTree::Punct(star) if star.as_char() == '*' => path.names.push("*".to_owned()),
                TokenTree::Group(branches) => {
                    let branches: Vec<TokenTree> = branches.stream().into_iter().collect();
                    for branch in branches.split(|token| is(token, ',')).filter(|branch| !branch.is_empty()) {
                        self.read_use(branch, path.clone());
                    }
                    return;
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
        if path.names.len() > 1 {
            path.names.pop_if(|last| last == "self");
        }
        path.binds = path.binds.or_else(|| path.names.last().cloned());
        self.paths.push(path);
    }

    /// A path in an attribute's string, as in `#[serde(with = "crate::…")]`.
    fn read_quoted(&mut self, literal: &str, line: usize, inside: &[String]) {
        let names: Vec<String> = literal.trim_matches('"').split("::").map(str::to_owned).collect();
        if let [first, _, ..] = names.as_slice()
            && ["crate", "super", "self"].contains(&first.as_str())
        {
            self.paths.push(Written { names, line, inside: inside.to_vec(), binds: None });
        }
    }
}

/// The names of the path that `tokens` begin with, and what follows it.
fn chain(tokens: &[TokenTree]) -> (Vec<String>, &[TokenTree]) {
    let (mut names, mut left) = (Vec::new(), tokens);
    if let [TokenTree::Ident(first), rest @ ..] = tokens {
        names.push(first.to_string());
        left = rest;
    }
    while let [one, two, TokenTree::Ident(name), rest @ ..] = left
        && is(one, ':')
        && is(two, ':')
    {
        names.push(name.to_string());
        left = rest;
    }
    (names, left)
}

fn is(token: &TokenTree, sign: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == sign)
}
