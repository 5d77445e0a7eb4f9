//! How is one setting read, and how are all faults gathered before any is reported?

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::model::Invalid;

/// One setting that is missing, unknown or out of bounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The setting's name, such as `upload.bucket`.
    pub setting: String,
    /// What is wrong with it.
    pub problem: String,
}

/// Every fault of a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl Faults {
    pub(super) fn one(setting: &str, problem: String) -> Self {
        Self(vec![Fault { setting: setting.to_owned(), problem }])
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration has {} fault(s):", self.0.len())?;
        self.0.iter().try_for_each(|fault| write!(f, "\n  {}: {}", fault.setting, fault.problem))
    }
}

impl std::error::Error for Faults {}

/// Reads settings by name and remembers what was wrong and what was asked for.
pub(super) struct Reader {
    source: config::Config,
    faults: Vec<Fault>,
    known: BTreeSet<String>,
}

impl Reader {
    pub(super) fn new(source: config::Config) -> Self {
        Self { source, faults: Vec::new(), known: BTreeSet::new() }
    }

    pub(super) fn fault(&mut self, setting: &str, problem: impl fmt::Display) {
        self.faults.push(Fault { setting: setting.to_owned(), problem: problem.to_string() });
    }

    /// A setting that may be absent.
    pub(super) fn optional<T: DeserializeOwned>(&mut self, setting: &str) -> Option<T> {
        self.known.insert(setting.to_owned());
        match self.source.get::<T>(setting) {
            Ok(value) => Some(value),
            Err(config::ConfigError::NotFound(_)) => None,
            Err(error) => {
                self.fault(setting, error);
                None
            }
        }
    }

    /// A setting that must be there.
    pub(super) fn required<T: DeserializeOwned>(&mut self, setting: &str) -> Option<T> {
        let faults = self.faults.len();
        let value = self.optional(setting);
        if value.is_none() && self.faults.len() == faults {
            self.fault(setting, "is required");
        }
        value
    }

    /// A list of texts; a variable writes it with commas.
    pub(super) fn list(&mut self, setting: &str) -> Option<Vec<String>> {
        self.known.insert(setting.to_owned());
        match self.source.get_string(setting) {
            Ok(text) => {
                Some(text.split(',').map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect())
            }
            Err(_not_one_text) => self.optional(setting),
        }
    }

    /// A list of texts that must be there.
    pub(super) fn required_list(&mut self, setting: &str) -> Option<Vec<String>> {
        let faults = self.faults.len();
        let value = self.list(setting);
        if value.is_none() && self.faults.len() == faults {
            self.fault(setting, "is required");
        }
        value
    }

    /// A text setting that may be absent and has a grammar of its own.
    pub(super) fn parsed<T, E: fmt::Display>(
        &mut self,
        setting: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text: String = self.optional(setting)?;
        parse(&text).map_err(|error| self.fault(setting, error)).ok()
    }

    /// A text setting that must be there and has a grammar of its own.
    pub(super) fn required_parsed<T, E: fmt::Display>(
        &mut self,
        setting: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text: String = self.required(setting)?;
        parse(&text).map_err(|error| self.fault(setting, error)).ok()
    }

    /// A length of time within bounds.
    pub(super) fn duration(&mut self, setting: &str, least: Duration, most: Duration) -> Option<Duration> {
        self.required_parsed(setting, |text| within(text, least, most))
    }

    /// The same, or none.
    pub(super) fn optional_duration(&mut self, setting: &str, least: Duration, most: Duration) -> Option<Duration> {
        self.parsed(setting, |text| within(text, least, most))
    }

    /// A whole number within bounds.
    pub(super) fn number(&mut self, setting: &str, least: u64, most: u64) -> Option<u64> {
        let value: u64 = self.required(setting)?;
        if (least..=most).contains(&value) {
            return Some(value);
        }
        self.fault(setting, format_args!("must be {least} to {most}"));
        None
    }

    /// How many entries does this list have? Variables make a table with the keys 0, 1, 2 of what the file has as a list.
    pub(super) fn entries(&mut self, setting: &str) -> Vec<String> {
        if let Ok(list) = self.source.get_array(setting) {
            return (0..list.len()).map(|index| format!("{setting}[{index}]")).collect();
        }
        let table = self.source.get_table(setting).unwrap_or_default();
        let mut keys: Vec<String> = table.into_keys().collect();
        keys.sort();
        keys.into_iter().map(|key| format!("{setting}.{key}")).collect()
    }

    /// The value, when every setting of it was read without a fault and no setting is left that nobody asked for.
    pub(super) fn finish<T>(mut self, value: Option<T>) -> Result<T, Faults> {
        let mut given = Vec::new();
        flatten("", self.source.cache.clone(), &mut given);
        for setting in given {
            if !self.known.contains(&setting) {
                self.fault(&setting, "is not a setting");
            }
        }
        match value {
            Some(value) if self.faults.is_empty() => Ok(value),
            _ => Err(Faults(self.faults)),
        }
    }
}

fn within(text: &str, least: Duration, most: Duration) -> Result<Duration, Invalid> {
    let value = humantime::parse_duration(text).map_err(|error| Invalid::from(error.to_string()))?;
    if (least..=most).contains(&value) {
        return Ok(value);
    }
    let (least, most) = (humantime::format_duration(least), humantime::format_duration(most));
    Err(Invalid::from(format!("must be {least} to {most}")))
}

/// The names of all leaves. A list is a leaf, unless it is one of tables.
#[expect(clippy::wildcard_enum_match_arm, reason = "whatever else a value is, it is a leaf")]
fn flatten(name: &str, value: config::Value, leaves: &mut Vec<String>) {
    let nested = |key: &str| if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") };
    match value.kind {
        config::ValueKind::Table(table) => {
            for (key, value) in table {
                flatten(&nested(&key), value, leaves);
            }
        }
        config::ValueKind::Array(list) if list.iter().any(|v| matches!(v.kind, config::ValueKind::Table(_))) => {
            for (index, value) in list.into_iter().enumerate() {
                flatten(&format!("{name}[{index}]"), value, leaves);
            }
        }
        _ => leaves.push(name.to_owned()),
    }
}
