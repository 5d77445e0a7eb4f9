//! Where does a listing go on?
//!
//! A cursor names the last item of a page. It is opaque to callers, and tied to the listing that made it: to its tenant,
//! to whose items it shows and to its filters. It is **no authority**: the digest has no key, so anyone who reads this can
//! make one. All it guards against is mistakes, a page of one listing asked for in another. What a caller may see is for
//! the query alone, which is scoped with or without a cursor.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use super::Invalid;

/// Bytes of the SHA-256 that a cursor carries.
const MARK: usize = 8;

/// The longest text that can be one: 64 bytes, the longest name of a collection, and the mark.
const LONGEST: usize = (64 + MARK).div_ceil(3) * 4;

const RULE: Invalid = Invalid::rule("must be the nextCursor of this very listing, with the same filters");

/// The listing that a cursor belongs to.
#[derive(Debug, Clone)]
pub struct CursorScope(Vec<u8>);

impl CursorScope {
    /// Of the listing of that name.
    #[must_use]
    pub fn new(listing: &'static str) -> Self {
        Self(Vec::new()).with(Some(listing))
    }

    /// Narrowed by something that must be the same on the next page; none is different from empty.
    #[must_use]
    pub fn with(mut self, part: Option<impl AsRef<[u8]>>) -> Self {
        match part {
            None => self.0.push(0),
            Some(part) => {
                let part = part.as_ref();
                self.0.push(1);
                // The length keeps one part's end apart from the next one's beginning.
                self.0.extend_from_slice(&part.len().to_be_bytes());
                self.0.extend_from_slice(part);
            }
        }
        self
    }

    /// The cursor behind the item of that id: 32 characters.
    #[must_use]
    pub fn after_id(&self, last: Uuid) -> String {
        self.seal(last.as_bytes())
    }

    /// The cursor behind the item of that name.
    #[must_use]
    pub fn after_name(&self, last: &str) -> String {
        self.seal(last.as_bytes())
    }

    /// The id that [`Self::after_id`] was given.
    ///
    /// # Errors
    /// When the text is no cursor, was changed, or is of another listing.
    pub fn id(&self, text: &str) -> Result<Uuid, Invalid> {
        Uuid::from_slice(&self.open(text)?).map_err(|_other_length| RULE)
    }

    /// The name that [`Self::after_name`] was given.
    ///
    /// # Errors
    /// When the text is no cursor, was changed, or is of another listing.
    pub fn name(&self, text: &str) -> Result<String, Invalid> {
        String::from_utf8(self.open(text)?).map_err(|_no_name| RULE)
    }

    fn seal(&self, item: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode([item, self.mark(item).as_slice()].concat())
    }

    fn open(&self, text: &str) -> Result<Vec<u8>, Invalid> {
        let fits = text.len() <= LONGEST;
        let mut bytes = fits.then(|| URL_SAFE_NO_PAD.decode(text).ok()).flatten().ok_or(RULE)?;
        let mark = bytes.split_off(bytes.len().saturating_sub(MARK));
        if mark == self.mark(&bytes) { Ok(bytes) } else { Err(RULE) }
    }

    fn mark(&self, item: &[u8]) -> Vec<u8> {
        let whole = self.clone().with(Some(item));
        let digest = digest(&SHA256, &whole.0);
        digest.as_ref().iter().copied().take(MARK).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scope(parts: &[Option<&str>]) -> CursorScope {
        parts.iter().fold(CursorScope::new("things"), |scope, part| scope.with(*part))
    }

    #[test]
    fn a_cursor_is_taken_by_its_own_listing_alone() {
        let scopes = [
            scope(&[]),
            scope(&[None]),
            scope(&[Some("")]),
            scope(&[None, None]),
            scope(&[Some("a"), None]),
            scope(&[None, Some("a")]),
            scope(&[Some("a"), Some("bc")]),
            scope(&[Some("ab"), Some("c")]),
            CursorScope::new("other things"),
        ];
        let id = Uuid::from_u128(7);
        for (made, one) in scopes.iter().enumerate() {
            for (read, other) in scopes.iter().enumerate() {
                assert_eq!(other.id(&one.after_id(id)).ok(), (made == read).then_some(id), "{made} {read}");
            }
        }
    }

    proptest! {
        #[test]
        fn what_was_sealed_comes_back_and_what_was_changed_does_not(
            id: u128, name in "[A-Za-z0-9][A-Za-z0-9._-]{0,63}", at: prop::sample::Index, other in "[A-Za-z0-9_-]",
        ) {
            let scope = scope(&[Some("tenant"), None]);
            let id = Uuid::from_u128(id);
            prop_assert_eq!(scope.after_id(id).len(), 32);
            prop_assert_eq!(scope.id(&scope.after_id(id)), Ok(id));
            prop_assert_eq!(scope.name(&scope.after_name(&name)), Ok(name.clone()));
            for cursor in [scope.after_id(id), scope.after_name(&name)] {
                let at = at.index(cursor.len());
                let mut changed = cursor.clone();
                changed.replace_range(at..=at, &other);
                prop_assert_eq!(scope.name(&changed).is_ok() || scope.id(&changed).is_ok(), changed == cursor);
                prop_assert!(scope.open(&cursor[..at]).is_err());
            }
        }

        #[test]
        fn no_text_makes_it_fall(text in ".{0,200}") {
            prop_assert!(scope(&[]).open(&text).is_err());
        }
    }
}
