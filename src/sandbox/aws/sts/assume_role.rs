//! Is an AssumeRole request well formed? Each limit is AWS's: STS API reference, `API_AssumeRole`.

use std::collections::{BTreeMap, HashSet};

use super::Refused;
use crate::sandbox::aws::policy::Policy;

const LONGEST_POLICY: usize = 2048;
const MOST_TAGS: usize = 50;
const DURATIONS: std::ops::RangeInclusive<u32> = 900..=3600;

/// A well-formed request, not yet granted.
pub(super) struct AssumeRole {
    pub(super) role_arn: String,
    pub(super) session_name: String,
    pub(super) duration_seconds: u32,
    pub(super) external_id: Option<String>,
    pub(super) policy: Option<(String, Policy)>,
    pub(super) tags: Vec<(String, String)>,
}

impl AssumeRole {
    pub(super) fn parse(form: &BTreeMap<String, String>) -> Result<Self, Refused> {
        for unsupported in ["SerialNumber", "TokenCode", "SourceIdentity"] {
            if form.contains_key(unsupported) {
                return Err(Refused::validation(format!("the sandbox does not support {unsupported}")));
            }
        }
        if let Some(name) = form.keys().find(|name| name.starts_with("PolicyArns.") || name.starts_with("Provided")) {
            return Err(Refused::validation(format!("the sandbox does not support {name}")));
        }
        let required = |name: &str| {
            form.get(name).cloned().ok_or_else(|| Refused::validation(format!("Value null at '{name}' is required")))
        };
        Ok(Self {
            role_arn: required("RoleArn")?,
            session_name: session_name(required("RoleSessionName")?)?,
            duration_seconds: duration(form.get("DurationSeconds"))?,
            external_id: form.get("ExternalId").cloned(),
            policy: form.get("Policy").map(|json| policy(json)).transpose()?,
            tags: tags(form)?,
        })
    }
}

fn session_name(name: String) -> Result<String, Refused> {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "_+=,.@-".contains(letter);
    if !(2..=64).contains(&name.len()) || !name.chars().all(allowed) {
        return Err(Refused::validation("'roleSessionName' must match [\\w+=,.@-]{2,64}"));
    }
    Ok(name)
}

fn duration(seconds: Option<&String>) -> Result<u32, Refused> {
    let Some(seconds) = seconds else { return Ok(*DURATIONS.end()) };
    let parsed = seconds.parse().ok().filter(|seconds| DURATIONS.contains(seconds));
    parsed.ok_or_else(|| {
        Refused::validation(
            "'durationSeconds' must be from 900 to 3600, the MaxSessionDuration set for this role and the most that \
             role chaining allows",
        )
    })
}

fn policy(json: &str) -> Result<(String, Policy), Refused> {
    if json.chars().count() > LONGEST_POLICY {
        let message = format!("The session policy has more than {LONGEST_POLICY} characters.");
        return Err(Refused::new(400, "PackedPolicyTooLarge", message));
    }
    match Policy::parse(json) {
        Ok(policy) => Ok((json.to_owned(), policy)),
        Err(malformed) => Err(Refused::new(400, "MalformedPolicyDocument", malformed.to_string())),
    }
}

/// `Tags.member.N.Key` and `Tags.member.N.Value`.
fn tags(form: &BTreeMap<String, String>) -> Result<Vec<(String, String)>, Refused> {
    let mut members = BTreeMap::<u32, (Option<&String>, Option<&String>)>::new();
    for (name, value) in form {
        let Some(member) = name.strip_prefix("Tags.member.") else { continue };
        match member.split_once('.').and_then(|(number, field)| Some((number.parse().ok()?, field))) {
            Some((number, "Key")) => members.entry(number).or_default().0 = Some(value),
            Some((number, "Value")) => members.entry(number).or_default().1 = Some(value),
            Some(_) | None => return Err(Refused::validation(format!("'{name}' is not a tag's key or value"))),
        }
    }
    if members.len() > MOST_TAGS {
        return Err(Refused::validation(format!("'tags' must have at most {MOST_TAGS} members")));
    }
    let mut seen = HashSet::new();
    let mut tags = Vec::new();
    for member in members.into_values() {
        let (Some(key), Some(value)) = member else {
            return Err(Refused::validation("a tag has a key and a value"));
        };
        let (key_length, value_length) = (key.chars().count(), value.chars().count());
        if !(1..=128).contains(&key_length) || value_length > 256 || !key.chars().chain(value.chars()).all(in_tags) {
            return Err(Refused::validation(
                "a tag is too long, or has characters other than [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]",
            ));
        }
        if key.to_ascii_lowercase().starts_with("aws:") {
            return Err(Refused::new(400, "InvalidParameterValue", "Tag keys that start with aws: are reserved."));
        }
        if !seen.insert(key.to_lowercase()) {
            let message = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
            return Err(Refused::new(400, "InvalidParameterValue", message));
        }
        tags.push((key.clone(), value.clone()));
    }
    Ok(tags)
}

fn in_tags(letter: char) -> bool {
    letter.is_alphanumeric() || (letter.is_whitespace() && !letter.is_control()) || "_.:/=+-@".contains(letter)
}

#[cfg(test)]
mod tests {
    use super::{AssumeRole, BTreeMap};

    fn parse(changes: &[(&str, &str)]) -> Result<AssumeRole, &'static str> {
        let base = [("RoleArn", "arn:aws:iam::000000000000:role/upload-gateway"), ("RoleSessionName", "alice")];
        let form: BTreeMap<String, String> =
            base.iter().chain(changes).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        AssumeRole::parse(&form).map_err(|refused| refused.code)
    }

    #[test]
    fn the_limits_are_those_of_aws() {
        let long_policy =
            format!(r#"{{"Statement":{{"Effect":"Allow","Action":"*","Resource":"*","Sid":"{}"}}}}"#, "x".repeat(2048));
        let (long_name, long_key, long_value) = ("n".repeat(65), "k".repeat(129), "v".repeat(257));
        for (changes, code) in [
            (vec![("RoleSessionName", "a")], "ValidationError"),
            (vec![("RoleSessionName", "a b")], "ValidationError"),
            (vec![("RoleSessionName", long_name.as_str())], "ValidationError"),
            (vec![("DurationSeconds", "899")], "ValidationError"),
            (vec![("DurationSeconds", "3601")], "ValidationError"),
            (vec![("DurationSeconds", "soon")], "ValidationError"),
            (vec![("Policy", long_policy.as_str())], "PackedPolicyTooLarge"),
            (vec![("Policy", "{}")], "MalformedPolicyDocument"),
            (vec![("PolicyArns.member.1.arn", "arn:aws:iam::aws:policy/x")], "ValidationError"),
            (vec![("Tags.member.1.Key", "a")], "ValidationError"),
            (vec![("Tags.member.1.Key", ""), ("Tags.member.1.Value", "")], "ValidationError"),
            (vec![("Tags.member.1.Key", "a"), ("Tags.member.1.Value", "*")], "ValidationError"),
            (vec![("Tags.member.1.Key", "${a}"), ("Tags.member.1.Value", "b")], "ValidationError"),
            (vec![("Tags.member.1.Key", long_key.as_str()), ("Tags.member.1.Value", "")], "ValidationError"),
            (vec![("Tags.member.1.Key", "a"), ("Tags.member.1.Value", long_value.as_str())], "ValidationError"),
            (vec![("Tags.member.1.Key", "aws:x"), ("Tags.member.1.Value", "")], "InvalidParameterValue"),
            (
                vec![
                    ("Tags.member.1.Key", "a"),
                    ("Tags.member.1.Value", ""),
                    ("Tags.member.2.Key", "A"),
                    ("Tags.member.2.Value", ""),
                ],
                "InvalidParameterValue",
            ),
        ] {
            assert_eq!(parse(&changes).map(|_| ()), Err(code), "{changes:?}");
        }
        let many: Vec<String> = (1..=51).map(|number| format!("Tags.member.{number}")).collect();
        let many: Vec<(String, String)> = many
            .iter()
            .flat_map(|name| [(format!("{name}.Key"), name.clone()), (format!("{name}.Value"), String::new())])
            .collect();
        let many: Vec<(&str, &str)> = many.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(parse(&many).map(|_| ()), Err("ValidationError"));
        assert!(parse(many.get(..100).unwrap()).is_ok(), "fifty tags are allowed");
    }

    #[test]
    fn what_is_well_formed_is_read() {
        let request =
            parse(&[("DurationSeconds", "900"), ("Tags.member.1.Key", "customerName"), ("Tags.member.1.Value", "Ács")])
                .unwrap_or_else(|code| panic!("{code}"));
        assert_eq!(request.duration_seconds, 900);
        assert_eq!(request.tags, [("customerName".to_owned(), "Ács".to_owned())]);
        assert_eq!(parse(&[]).map(|request| request.duration_seconds), Ok(3600));
    }
}
