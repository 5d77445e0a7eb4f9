//! What does a policy of a bucket or a queue say, as far as the doctor must know?
//!
//! Read for advice, not for access: a statement with an element that is not known here counts as saying nothing.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html>

use std::iter::once;

use serde_json::{Map, Value};

/// One statement.
pub(super) struct Statement(Map<String, Value>);

/// The statements of a policy; none when it is not one.
pub(super) fn statements(policy: &str) -> Vec<Statement> {
    let document: Value = serde_json::from_str(policy).unwrap_or_default();
    let all = match document.get("Statement") {
        Some(Value::Array(all)) => all.clone(),
        Some(one) => vec![one.clone()],
        None => Vec::new(),
    };
    let known = |one: &Map<String, Value>| {
        !["NotAction", "NotPrincipal", "NotResource"].iter().any(|not| one.contains_key(*not))
    };
    all.into_iter().filter_map(|one| one.as_object().filter(|one| known(one)).cloned()).map(Statement).collect()
}

impl Statement {
    pub(super) fn is(&self, effect: &str) -> bool {
        self.0.get("Effect").and_then(Value::as_str) == Some(effect)
    }

    /// Does it speak of that action, in its own name or by `*`?
    pub(super) fn is_of_action(&self, action: &str) -> bool {
        let service = action.split(':').next().unwrap_or_default();
        texts(self.0.get("Action")).iter().any(|one| {
            *one == "*" || one.eq_ignore_ascii_case(action) || one.eq_ignore_ascii_case(&format!("{service}:*"))
        })
    }

    /// Does it speak of everybody?
    pub(super) fn is_of_everybody(&self) -> bool {
        let principal = self.0.get("Principal");
        let is_any = |value: Option<&Value>| texts(value).contains(&"*");
        is_any(principal) || is_any(principal.and_then(|principal| principal.get("AWS")))
    }

    /// Does it speak of that service, such as `s3.amazonaws.com`, by name or as everybody?
    pub(super) fn is_of_service(&self, service: &str) -> bool {
        let services = self.0.get("Principal").and_then(|principal| principal.get("Service"));
        self.is_of_everybody() || texts(services).contains(&service)
    }

    /// The resources.
    pub(super) fn resources(&self) -> Vec<&str> {
        texts(self.0.get("Resource"))
    }

    /// The values of a condition key, whatever its operator is; IAM takes keys in any case. Those that hold for a request without
    /// the key do not count, except of a boolean: every request has those that the doctor asks about.
    pub(super) fn condition(&self, key: &str) -> Option<Vec<&str>> {
        let operators = self.0.get("Condition")?.as_object()?;
        let known = operators.iter().filter(|(operator, _)| {
            !operator.contains("Not") && (*operator == "BoolIfExists" || !operator.ends_with("IfExists"))
        });
        let mut keys = known.filter_map(|(_, keys)| keys.as_object()).flatten();
        keys.find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, values)| texts(Some(values)))
    }

    /// The number of its condition keys.
    pub(super) fn conditions(&self) -> usize {
        let operators = self.0.get("Condition").and_then(Value::as_object);
        operators.into_iter().flat_map(Map::values).filter_map(Value::as_object).map(Map::len).sum()
    }
}

/// Is that the text, with IAM's wildcards: `*` for any text, `?` for one letter?
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    // How much of the text what was read of the pattern can stand for: nothing, one letter, two …
    let mut stands_for: Vec<bool> = once(true).chain(letters.iter().map(|_| false)).collect();
    for wanted in pattern.chars() {
        stands_for = if wanted == '*' {
            let since = |any: &mut bool, here: bool| {
                *any |= here;
                Some(*any)
            };
            stands_for.into_iter().scan(false, since).collect()
        } else {
            let is_next = |(here, letter): (bool, &char)| here && (wanted == '?' || wanted == *letter);
            once(false).chain(stands_for.into_iter().zip(&letters).map(is_next)).collect()
        };
    }
    stands_for.last() == Some(&true)
}

/// One text or a list of them; a boolean stands for its text.
fn texts(value: Option<&Value>) -> Vec<&str> {
    let text = |value: &'_ Value| match value {
        Value::Bool(true) => Some("true"),
        Value::Bool(false) => Some("false"),
        Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => None,
    };
    match value {
        Some(Value::Array(all)) => all.iter().filter_map(|one| one.as_str().or_else(|| text(one))).collect(),
        Some(one) => one.as_str().or_else(|| text(one)).into_iter().collect(),
        None => Vec::new(),
    }
}
