//! Which JSON numbers are whole? `5` and `5.0` are one number (JSON Schema 2020-12 §4.2.3), and some clients write the latter.

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// A whole number, however it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(super) struct Integer(pub(super) i64);

impl<'de> Deserialize<'de> for Integer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_i64(Whole).map(Self)
    }
}

struct Whole;

impl Visitor<'_> for Whole {
    type Value = i64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<i64, E> {
        Ok(number)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<i64, E> {
        i64::try_from(number).map_err(|_too_large| E::custom("must fit into 64 bits"))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<i64, E> {
        // 2^63 is the first that is too large, and a double can say it.
        let bound = -(i64::MIN as f64);
        match number {
            _ if number.fract() != 0.0 => Err(E::custom("must be a whole number")),
            _ if (-bound..bound).contains(&number) => Ok(number as i64),
            _ => Err(E::custom("must fit into 64 bits")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_number_may_have_a_point() {
        for (text, number) in [
            ("5", Some(5)),
            ("5.0", Some(5)),
            ("5e3", Some(5000)),
            ("-0.0", Some(0)),
            ("-3", Some(-3)),
            ("9223372036854775807", Some(i64::MAX)),
            ("-9223372036854775808.0", Some(i64::MIN)),
            ("9223372036854775808", None),
            ("9223372036854775808.0", None),
            ("1e30", None),
            ("-1e30", None),
            ("5.5", None),
            ("\"5\"", None),
            ("true", None),
            ("null", None),
        ] {
            assert_eq!(serde_json::from_str::<Integer>(text).ok(), number.map(Integer), "{text}");
        }
    }
}
