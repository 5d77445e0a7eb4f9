//! How is one value of a change read?

use serde::{Deserialize, Deserializer};

use crate::http::extract::Faults;
use crate::http::integer::Integer;
use crate::model::Invalid;

/// What was said goes over what was so.
pub(super) fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

/// Tells a null from an absent member.
pub(super) fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// 1 to the most that the type holds.
pub(super) fn positive<T: TryFrom<i64> + Into<i64>>(value: Option<Integer>, most: T) -> Result<Option<T>, Invalid> {
    let Some(Integer(number)) = value else { return Ok(None) };
    if number < 1 {
        return Err(Invalid::rule("must be at least 1, or null"));
    }
    let too_large = |_| format!("must be at most {}, or null", most.into()).into();
    T::try_from(number).map(Some).map_err(too_large)
}

/// In one order, whatever order they came in, and none twice.
pub(super) fn list<T: Ord>(
    faults: &mut Faults,
    pointer: &'static str,
    texts: Option<&Vec<String>>,
    parse: impl Fn(&str) -> Result<T, Invalid>,
) -> Option<Box<[T]>> {
    let texts = texts?;
    if texts.len() > 100 {
        return faults.take(pointer, Err(Invalid::rule("must hold at most 100 values")));
    }
    let mut values = faults.take_all(pointer, texts, parse);
    values.sort_unstable();
    values.dedup();
    Some(values.into())
}
