//! What lets in a page that can send no token?

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use time::OffsetDateTime;

use super::{Invalid, Subject, UppySessionId};

/// A time in which Uppy 6 may upload as one subject: it sends no header at all, so a secret in the path stands for the token.
#[derive(Debug, Clone)]
pub struct UppySession {
    /// What names it, for the one who takes it back.
    pub id: UppySessionId,
    /// As whom it uploads.
    pub subject: Subject,
    /// When it was begun.
    pub created_at: OffsetDateTime,
    /// When it ends by itself.
    pub expires_at: OffsetDateTime,
}

/// The secret of an Uppy session: 256 random bits, which are kept nowhere. Only their digest is.
#[derive(Clone, PartialEq, Eq)]
pub struct UppySecret([u8; Self::LENGTH]);

impl UppySecret {
    const LENGTH: usize = 32;

    /// Of these bits, which nobody can have guessed.
    #[must_use]
    pub const fn new(random: [u8; Self::LENGTH]) -> Self {
        Self(random)
    }

    /// Reads what [`Self::reveal`] wrote, letter for letter.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        const RULE: Invalid = Invalid::rule("must be 43 characters of base64url");
        // Longer texts are not even decoded.
        let bytes = (text.len() == 43).then(|| URL_SAFE_NO_PAD.decode(text).ok()).flatten();
        bytes.and_then(|bytes| bytes.try_into().ok()).map(Self).ok_or(RULE)
    }

    /// The 43 characters of base64url (RFC 4648 §5) that go into the path.
    #[must_use]
    pub fn reveal(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Its SHA-256, by which it is found again. There is nothing to guess, so there is no salt and no stretching.
    #[must_use]
    pub fn digest(&self) -> Vec<u8> {
        digest(&SHA256, &self.0).as_ref().to_vec()
    }
}

impl fmt::Debug for UppySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UppySecret")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_secret_is_read_as_it_was_written_and_in_no_other_way(random: [u8; 32], other in "[A-Za-z0-9+/=_ -]") {
            let secret = UppySecret::new(random);
            let text = secret.reveal();
            prop_assert_eq!(UppySecret::parse(&text), Ok(secret.clone()));
            // Two bits of the last letter mean nothing, and must be zero.
            let mut last = text.clone();
            last.replace_range(42.., &other);
            prop_assert!(last == text || UppySecret::parse(&last) != Ok(secret));
            prop_assert!(UppySecret::parse(&(text.clone() + &other)).is_err());
            prop_assert!(UppySecret::parse(&text[1..]).is_err());
        }

        #[test]
        fn no_text_makes_it_fall(text in ".{0,60}") {
            let _whatever = UppySecret::parse(&text);
        }
    }

    #[test]
    fn it_does_not_show() {
        assert_eq!(format!("{:?}", UppySecret::new([7; 32])), "UppySecret");
    }
}
