//! Does a text match a policy's pattern, with its wildcards and variables?

use std::iter::Peekable;
use std::str::Chars;

use super::Tags;
use super::json::Malformed;

/// Which characters of a pattern's text are special.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Syntax {
    /// `*` and `?` are wildcards.
    pub(super) wildcards: bool,
    /// `${…}` is a variable or an escape: only from policy version 2012-10-17 on.
    pub(super) variables: bool,
}

/// A text of a policy in which some characters are special.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Token>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Literal(char),
    /// `?`
    AnyOne,
    /// `*`
    AnyRun,
    /// `${aws:PrincipalTag/KEY}`, with KEY in lower case.
    Tag(String),
}

impl Pattern {
    /// Reads a pattern, and refuses a variable other than a tag of the principal.
    pub(super) fn parse(text: &str, syntax: Syntax) -> Result<Self, Malformed> {
        let mut tokens = Vec::new();
        let mut rest = text.chars().peekable();
        while let Some(next) = rest.next() {
            tokens.push(match next {
                '*' if syntax.wildcards => Token::AnyRun,
                '?' if syntax.wildcards => Token::AnyOne,
                '$' if syntax.variables && rest.peek() == Some(&'{') => variable(&mut rest)?,
                literal => Token::Literal(literal),
            });
        }
        Ok(Self(tokens))
    }

    /// Whether all of `text` matches. A pattern with the variable of a tag that the principal lacks matches nothing.
    pub(super) fn matches(&self, text: &str, tags: &Tags) -> bool {
        let Some(tokens) = self.resolve(tags) else { return false };
        let text: Vec<char> = text.chars().collect();
        glob(&tokens, &text)
    }

    /// The value of a tag is taken letter by letter: a `*` in it is no wildcard.
    fn resolve(&self, tags: &Tags) -> Option<Vec<Token>> {
        let mut resolved = Vec::new();
        for token in &self.0 {
            match token {
                Token::Tag(key) => resolved.extend(tags.get(key)?.chars().map(Token::Literal)),
                Token::Literal(_) | Token::AnyOne | Token::AnyRun => resolved.push(token.clone()),
            }
        }
        Some(resolved)
    }
}

/// What follows a `$`, from the opening brace to the closing one.
fn variable(rest: &mut Peekable<Chars<'_>>) -> Result<Token, Malformed> {
    rest.next();
    let mut name = String::new();
    loop {
        match rest.next() {
            Some('}') => break,
            Some(next) => name.push(next),
            None => return Err(Malformed::new("a policy variable is not closed")),
        }
    }
    let mut escaped = name.chars();
    if let (Some(literal @ ('*' | '?' | '$')), None) = (escaped.next(), escaped.next()) {
        return Ok(Token::Literal(literal));
    }
    principal_tag(&name)
        .map(Token::Tag)
        .ok_or_else(|| Malformed::new(format!("the sandbox does not know the policy variable ${{{name}}}")))
}

/// The tag key, in lower case, of a condition key or variable `aws:PrincipalTag/KEY`.
pub(super) fn principal_tag(name: &str) -> Option<String> {
    let name = name.to_ascii_lowercase();
    name.strip_prefix("aws:principaltag/").filter(|key| !key.is_empty()).map(str::to_owned)
}

/// The usual two-pointer match: on a mismatch the latest `*` swallows one character more.
fn glob(pattern: &[Token], text: &[char]) -> bool {
    let (mut at, mut read) = (0, 0);
    let mut retry = None;
    while let Some(next) = text.get(read) {
        match pattern.get(at) {
            Some(Token::AnyRun) => {
                retry = Some((at, read));
                at += 1;
            }
            Some(Token::AnyOne) => (at, read) = (at + 1, read + 1),
            Some(Token::Literal(literal)) if literal == next => (at, read) = (at + 1, read + 1),
            Some(Token::Literal(_) | Token::Tag(_)) | None => {
                let Some((run, swallowed)) = retry else { return false };
                retry = Some((run, swallowed + 1));
                (at, read) = (run + 1, swallowed + 1);
            }
        }
    }
    pattern.iter().skip(at).all(|token| *token == Token::AnyRun)
}
