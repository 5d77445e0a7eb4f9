//! How is a member of a token's header or payload read? By its name and its type: what has the wrong type is wrong.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::refusal::VerifyError;

/// A JSON object in which no name stands twice. Parsers disagree about which of two wins, and a forger lives off that.
#[derive(Debug)]
pub struct Members(Map<String, Value>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Unique;

        impl<'de> Visitor<'de> for Unique {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Members, A::Error> {
                let mut members = Map::new();
                while let Some((name, value)) = access.next_entry::<String, Value>()? {
                    if members.insert(name, value).is_some() {
                        return Err(A::Error::custom("a name stands twice"));
                    }
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Unique)
    }
}

impl Members {
    /// The member of that name.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Is there a member of that name, whatever its value?
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The text of that name. Anything but a text is an error, and so is its absence.
    pub(super) fn text(&self, name: &'static str) -> Result<&str, VerifyError> {
        self.0.get(name).and_then(Value::as_str).ok_or(VerifyError::Claim(name))
    }

    /// Seconds since 1970 of that name, when it is there. Cognito writes whole numbers.
    pub(super) fn time(&self, name: &'static str) -> Result<Option<i64>, VerifyError> {
        match self.0.get(name) {
            None => Ok(None),
            Some(value) => value.as_i64().map(Some).ok_or(VerifyError::Claim(name)),
        }
    }

    /// The list of that name, empty when it is not there.
    pub(super) fn list(&self, name: &'static str) -> Result<&[Value], VerifyError> {
        match self.0.get(name) {
            None => Ok(&[]),
            Some(Value::Array(items)) => Ok(items),
            Some(_) => Err(VerifyError::Claim(name)),
        }
    }

    /// The list of texts of that name, empty when it is not there.
    pub(super) fn texts(&self, name: &'static str) -> Result<Vec<&str>, VerifyError> {
        self.list(name)?.iter().map(|item| item.as_str().ok_or(VerifyError::Claim(name))).collect()
    }
}
