//! What does a client call a request that it may repeat?

use super::Invalid;

/// The value of an `Idempotency-Key` header
/// (<https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/>). It belongs to its subject alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Takes 1 to 255 visible ASCII characters, in quotes or not.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let bare = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
        let fits = (1..=255).contains(&bare.len()) && bare.bytes().all(|b| b.is_ascii_graphic());
        if fits { Ok(Self(bare.to_owned())) } else { Err(Invalid::rule("must be 1 to 255 visible ASCII characters")) }
    }

    /// The text of the key.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_not_part_of_the_key() {
        let quoted = IdempotencyKey::parse("\"8e03978e-40d5\"");
        assert_eq!(quoted, IdempotencyKey::parse("8e03978e-40d5"));
        for wrong in ["", "\"\"", "a b", "a\u{e9}", &"a".repeat(256)] {
            assert!(IdempotencyKey::parse(wrong).is_err(), "{wrong}");
        }
    }
}
