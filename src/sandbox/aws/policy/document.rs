//! How is a policy written in JSON, and which of its elements does the sandbox know?

use serde::Deserialize;

use super::condition::{Block, Condition};
use super::json::{Malformed, OneOrMany};
use super::pattern::{Pattern, Syntax};
use super::{Policy, Statement};

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
pub(super) enum Effect {
    Allow,
    Deny,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct PolicyJson {
    version: Option<String>,
    #[serde(rename = "Id")]
    _id: Option<String>,
    statement: OneOrMany<StatementJson>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct StatementJson {
    #[serde(rename = "Sid")]
    _sid: Option<String>,
    effect: Effect,
    action: OneOrMany<String>,
    resource: OneOrMany<String>,
    #[serde(default)]
    condition: Block,
}

pub(super) fn parse(json: &str) -> Result<Policy, Malformed> {
    let document: PolicyJson = serde_json::from_str(json).map_err(|source| Malformed {
        reason: "not a policy, or one with elements that the sandbox does not know".into(),
        source: Some(source),
    })?;
    // Without a version, or with the old one, `${…}` is plain text.
    let variables = match document.version.as_deref() {
        Some("2012-10-17") => true,
        Some("2008-10-17") | None => false,
        Some(_) => return Err(Malformed::new("the version is neither 2012-10-17 nor 2008-10-17")),
    };
    let statements = document.statement.into_vec();
    if statements.is_empty() {
        return Err(Malformed::new("there is no statement"));
    }
    let statements = statements.into_iter().map(|statement| statement.compile(variables)).collect::<Result<_, _>>()?;
    Ok(Policy { statements })
}

impl StatementJson {
    fn compile(self, variables: bool) -> Result<Statement, Malformed> {
        Ok(Statement {
            effect: self.effect,
            actions: patterns(self.action, action)?,
            resources: patterns(self.resource, |text| resource(text, variables))?,
            conditions: Condition::parse(self.condition, variables)?,
        })
    }
}

fn patterns(
    texts: OneOrMany<String>,
    parse: impl Fn(&str) -> Result<Pattern, Malformed>,
) -> Result<Vec<Pattern>, Malformed> {
    let texts = texts.into_vec();
    if texts.is_empty() {
        return Err(Malformed::new("a statement without actions or resources"));
    }
    texts.iter().map(|text| parse(text)).collect()
}

fn action(text: &str) -> Result<Pattern, Malformed> {
    if text != "*" && !text.contains(':') {
        return Err(Malformed::new(format!("the action {text} names no service")));
    }
    Pattern::parse(&text.to_ascii_lowercase(), Syntax { wildcards: true, variables: false })
}

fn resource(text: &str, variables: bool) -> Result<Pattern, Malformed> {
    if text != "*" && !text.starts_with("arn:") {
        return Err(Malformed::new(format!("the resource {text} is no ARN")));
    }
    Pattern::parse(text, Syntax { wildcards: true, variables })
}
