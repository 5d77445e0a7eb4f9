//! Which actions in the audit does somebody mean?

use super::Invalid;

/// One action by its name, as `upload.granted`, or every one below a name, as `upload.*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionPattern(String);

impl ActionPattern {
    const LONGEST: usize = 64;

    /// Takes 1 to 64 of `a` to `z`, digits, `.`, `_` and `-`; the end may be `.*`.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
        let name = text.strip_suffix(".*").unwrap_or(text);
        if name.is_empty() || text.len() > Self::LONGEST || !name.chars().all(plain) {
            return Err(Invalid::rule(
                "must be 1 to 64 lower-case letters, digits, '.', '_' and '-', and may end in '.*'",
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// The text of the pattern.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name, when one action is meant.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        (!self.0.ends_with('*')).then_some(&self.0)
    }

    /// What the names begin with, when several are meant.
    #[must_use]
    pub fn beginning(&self) -> Option<&str> {
        self.0.strip_suffix('*')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_action_or_those_below_a_name() {
        let parsed = |text: &str| ActionPattern::parse(text).unwrap();
        let seen = |text: &str| (parsed(text).name().map(str::to_owned), parsed(text).beginning().map(str::to_owned));
        assert_eq!(seen("upload.granted"), (Some("upload.granted".to_owned()), None));
        assert_eq!(seen("uppy_session.*"), (None, Some("uppy_session.".to_owned())));
    }

    #[test]
    fn anything_else_is_refused() {
        assert!(ActionPattern::parse(&"a".repeat(64)).is_ok());
        assert!(ActionPattern::parse(&format!("{}.*", "a".repeat(62))).is_ok());
        let long = ["a".repeat(65), format!("{}.*", "a".repeat(63))];
        for text in ["", "*", ".*", "a*", "*.a", "a.*.b", "A", "a b", "a%", "é", "a\n", &long[0], &long[1]] {
            assert!(ActionPattern::parse(text).is_err(), "{text}");
        }
    }
}
