//! What does the doctor say in the end, to people and to programs?

use std::fmt;

use serde::Serialize as _;
use serde::ser::{SerializeStruct as _, Serializer};

use super::finding::{Finding, Outcome};
use crate::config::Faults;

/// Everything that was looked at, in order.
#[derive(Debug, Clone)]
pub struct Report(pub Vec<Finding>);

impl Report {
    /// Of a configuration that cannot be used: nothing else was looked at.
    #[must_use]
    pub fn of_faults(faults: &Faults) -> Self {
        let finding = |fault: &crate::config::Fault| {
            let advice = "`upload-gateway check-config --print-defaults` shows every setting.";
            Finding::failed("configuration", format!("{}: {}", fault.setting, fault.problem), advice)
        };
        Self(faults.0.iter().map(finding).collect())
    }

    /// Did nothing fail?
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.0.iter().all(|finding| finding.outcome != Outcome::Failed)
    }

    /// For programs: `{"healthy": true, "findings": [{"check", "outcome", "seen", "advice"}]}`, with `outcome` one of `ok`,
    /// `warning`, `failed` and `unknown`, and `advice` null where there is none. Members may be added, and none goes away.
    ///
    /// # Errors
    /// Never: every text of it can be written.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        let mut text = Vec::new();
        self.serialize(&mut serde_json::Serializer::pretty(&mut text))?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}

impl serde::Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut report = serializer.serialize_struct("Report", 2)?;
        report.serialize_field("healthy", &self.is_healthy())?;
        report.serialize_field("findings", &self.0)?;
        report.end()
    }
}

/// A table, whose columns are as wide as they must be.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.0.iter().map(|finding| finding.check.len()).max().unwrap_or_default();
        for Finding { check, outcome, seen, advice } in &self.0 {
            writeln!(f, "{:<8} {check:<width$} {seen}", outcome.name())?;
            for line in advice.iter().flat_map(|advice| advice.lines()) {
                writeln!(f, "{:<8} {:<width$}   {line}", "", "")?;
            }
        }
        Ok(())
    }
}
