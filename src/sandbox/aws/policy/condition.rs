//! Does a condition of a policy statement hold for a request?

use std::collections::BTreeMap;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::Request;
use super::json::{Malformed, OneOrMany};
use super::pattern::{Pattern, Syntax, principal_tag};

/// One operator applied to one key: the values are alternatives.
#[derive(Debug)]
pub(super) struct Condition {
    key: Key,
    test: Test,
}

#[derive(Debug)]
enum Key {
    /// `s3:prefix`
    Prefix,
    /// `s3:x-amz-server-side-encryption-customer-algorithm`
    CustomerAlgorithm,
    /// `kms:ViaService`: the sandbox has no KMS, so nobody asks by way of a service.
    ViaService,
    /// `aws:TokenIssueTime`, with `DateLessThan` alone.
    TokenIssueTime,
    /// `aws:PrincipalTag/KEY`, with KEY in lower case.
    PrincipalTag(String),
}

#[derive(Debug)]
enum Test {
    /// `StringEquals` and `StringLike`: the key is there and one of the patterns matches it.
    Any(Vec<Pattern>),
    /// `StringNotEquals` and `StringNotLike`: none of the patterns matches, or the key is not there.
    None(Vec<Pattern>),
    /// `Null`: whether the key has to be absent.
    Absent(bool),
    /// `DateLessThan`: the key is there and before this.
    Before(OffsetDateTime),
}

/// The `Condition` element: operator → key → values.
pub(super) type Block = BTreeMap<String, BTreeMap<String, OneOrMany<Scalar>>>;

/// A condition value: JSON booleans stand for their text.
#[derive(Debug, serde::Deserialize)]
#[serde(untagged)]
pub(super) enum Scalar {
    Text(String),
    Flag(bool),
}

impl Condition {
    pub(super) fn parse(block: Block, variables: bool) -> Result<Vec<Self>, Malformed> {
        let mut conditions = Vec::new();
        for (operator, keys) in block {
            for (key, values) in keys {
                let values = values.into_vec().into_iter().map(Scalar::into_text).collect();
                let (key, test) = (Key::parse(&key)?, Test::parse(&operator, values, variables)?);
                if matches!(key, Key::TokenIssueTime) != matches!(test, Test::Before(_)) {
                    return Err(Malformed::new(
                        "the sandbox knows DateLessThan with aws:TokenIssueTime, and either with nothing else",
                    ));
                }
                conditions.push(Self { key, test });
            }
        }
        Ok(conditions)
    }

    pub(super) fn holds(&self, request: &Request<'_>) -> bool {
        let actual = match &self.key {
            Key::Prefix => request.prefix,
            Key::CustomerAlgorithm => request.customer_key,
            Key::ViaService | Key::TokenIssueTime => None,
            Key::PrincipalTag(key) => request.tags.get(key).map(String::as_str),
        };
        let matches = |pattern: &Pattern| actual.is_some_and(|actual| pattern.matches(actual, request.tags));
        match &self.test {
            Test::Any(patterns) => patterns.iter().any(matches),
            Test::None(patterns) => !patterns.iter().any(matches),
            Test::Absent(absent) => actual.is_none() == *absent,
            Test::Before(moment) => request.issued.is_some_and(|issued| issued < *moment),
        }
    }
}

impl Key {
    fn parse(name: &str) -> Result<Self, Malformed> {
        match name.to_ascii_lowercase().as_str() {
            "s3:prefix" => Ok(Self::Prefix),
            "s3:x-amz-server-side-encryption-customer-algorithm" => Ok(Self::CustomerAlgorithm),
            "kms:viaservice" => Ok(Self::ViaService),
            "aws:tokenissuetime" => Ok(Self::TokenIssueTime),
            _ => principal_tag(name)
                .map(Self::PrincipalTag)
                .ok_or_else(|| Malformed::new(format!("the sandbox does not know the condition key {name}"))),
        }
    }
}

impl Test {
    fn parse(operator: &str, values: Vec<String>, variables: bool) -> Result<Self, Malformed> {
        let patterns = |wildcards| {
            let syntax = Syntax { wildcards, variables };
            values.iter().map(|value| Pattern::parse(value, syntax)).collect::<Result<Vec<_>, _>>()
        };
        match operator {
            "StringEquals" => Ok(Self::Any(patterns(false)?)),
            "StringLike" => Ok(Self::Any(patterns(true)?)),
            "StringNotEquals" => Ok(Self::None(patterns(false)?)),
            "StringNotLike" => Ok(Self::None(patterns(true)?)),
            "Null" => match values.as_slice() {
                [value] if value == "true" => Ok(Self::Absent(true)),
                [value] if value == "false" => Ok(Self::Absent(false)),
                _ => Err(Malformed::new("Null takes one value, true or false")),
            },
            "DateLessThan" => match values.as_slice() {
                [value] => OffsetDateTime::parse(value, &Rfc3339)
                    .map(Self::Before)
                    .map_err(|error| Malformed::new(format!("{value} is no time: {error}"))),
                _ => Err(Malformed::new("DateLessThan takes one time")),
            },
            unknown => Err(Malformed::new(format!("the sandbox does not know the condition operator {unknown}"))),
        }
    }
}

impl Scalar {
    fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Flag(flag) => flag.to_string(),
        }
    }
}
