//! What did a form or a query say, each thing at most once?

use url::form_urlencoded;

/// The longest form or query that is read.
pub(super) const LONGEST: usize = 8192;

/// The fields of a form or a query.
pub(super) struct Fields(Vec<(String, String)>);

/// A field is there more than once, so that two readers might read two different things.
#[derive(Debug)]
pub(super) struct Repeated;

impl Fields {
    /// Reads `application/x-www-form-urlencoded`; nothing when it is too long.
    pub(super) fn read(text: &[u8]) -> Option<Self> {
        (text.len() <= LONGEST).then(|| Self(form_urlencoded::parse(text).into_owned().collect()))
    }

    /// The value of a field. An empty one counts as left out (RFC 6749, 3.1).
    pub(super) fn one(&self, name: &str) -> Result<Option<&str>, Repeated> {
        let mut values = self.0.iter().filter(|(given, _)| given == name).map(|(_, value)| value.as_str());
        match (values.next(), values.next()) {
            (value, None) => Ok(value.filter(|value| !value.is_empty())),
            (_, Some(_)) => Err(Repeated),
        }
    }

    /// The value of a field of one of our own pages, empty when it is not there once.
    pub(super) fn text(&self, name: &str) -> &str {
        self.one(name).ok().flatten().unwrap_or_default()
    }
}
