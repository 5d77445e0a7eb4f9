//! What does an event of Cognito's say? Nothing is taken for granted, and what is not asked for is left as it came.

use serde::Serialize;
use serde_json::{Map, Value};

use super::refusal::Refusal;
use crate::model::{Invalid, ProviderName};

/// The most characters of a name in the envelope: sources, pools and clients have some tens.
const LONGEST_NAME: usize = 128;

/// The most characters of a user's name. <https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html>
const LONGEST_USER_NAME: usize = 128;

/// One event: an object, answered whole.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Event(Map<String, Value>);

impl Event {
    pub(super) fn parse(text: &str) -> Result<Self, Refusal> {
        serde_json::from_str(text).map(Self).map_err(|_not_an_object| Refusal::Malformed("event"))
    }

    /// Source, pool, client and `sub`, for the log; empty where the event does not say.
    pub(super) fn names(&self) -> (&str, &str, &str, &str) {
        let client = self.0.get("callerContext").and_then(|caller| caller.get("clientId"));
        let subject = self.attributes().and_then(|attributes| attributes.text("sub")).unwrap_or_default();
        (
            self.source().unwrap_or_default(),
            self.pool().unwrap_or_default(),
            bounded(client, LONGEST_NAME).unwrap_or_default(),
            subject.filter(|subject| subject.len() <= LONGEST_NAME).unwrap_or_default(),
        )
    }

    pub(super) fn source(&self) -> Result<&str, Refusal> {
        self.name("triggerSource")
    }

    pub(super) fn pool(&self) -> Result<&str, Refusal> {
        self.name("userPoolId")
    }

    pub(super) fn version(&self) -> Result<&str, Refusal> {
        self.name("version")
    }

    pub(super) fn user_name(&self) -> Result<&str, Refusal> {
        bounded(self.0.get("userName"), LONGEST_USER_NAME).ok_or(Refusal::Malformed("userName"))
    }

    pub(super) fn request(&self) -> Result<&Map<String, Value>, Refusal> {
        self.0.get("request").and_then(Value::as_object).ok_or(Refusal::Malformed("request"))
    }

    /// What is answered goes in here. Cognito sends one, empty or with nulls.
    pub(super) fn response(&mut self) -> Result<&mut Map<String, Value>, Refusal> {
        object(&mut self.0, "response")
    }

    /// What the pool knows of the person.
    pub(super) fn attributes(&self) -> Result<Attributes<'_>, Refusal> {
        let attributes = self.request()?.get("userAttributes").and_then(Value::as_object);
        attributes.map(Attributes).ok_or(Refusal::Malformed("request.userAttributes"))
    }

    /// The person's groups, in the order of the event; none when the event names none.
    pub(super) fn groups(&self) -> Result<Vec<String>, Refusal> {
        const MALFORMED: Refusal = Refusal::Malformed("request.groupConfiguration.groupsToOverride");
        let Some(groups) = self.request()?.get("groupConfiguration").and_then(|groups| groups.get("groupsToOverride"))
        else {
            return Ok(Vec::new());
        };
        match groups {
            Value::Null => Ok(Vec::new()),
            Value::Array(groups) => {
                let name = |group: &Value| group.as_str().map(str::to_owned).ok_or(MALFORMED);
                groups.iter().map(name).collect()
            }
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => Err(MALFORMED),
        }
    }

    fn name(&self, member: &'static str) -> Result<&str, Refusal> {
        bounded(self.0.get(member), LONGEST_NAME).ok_or(Refusal::Malformed(member))
    }
}

/// The member of this name as an object; an absent one, and null, become an empty one.
pub(super) fn object<'a>(
    parent: &'a mut Map<String, Value>,
    member: &'static str,
) -> Result<&'a mut Map<String, Value>, Refusal> {
    let value = parent.entry(member).or_insert(Value::Null);
    if value.is_null() {
        *value = Value::Object(Map::new());
    }
    value.as_object_mut().ok_or(Refusal::Malformed(member))
}

/// The attributes of a person, by the names of the pool.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attributes<'a>(&'a Map<String, Value>);

impl<'a> Attributes<'a> {
    /// Whether there is such an attribute, whatever its value. Its case does not count.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.keys().any(|key| key.eq_ignore_ascii_case(name))
    }

    /// An attribute's value; an empty one is as good as none.
    pub(super) fn text(&self, name: &str) -> Result<Option<&'a str>, Refusal> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
            Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
                Err(Refusal::Malformed("request.userAttributes"))
            }
        }
    }

    /// Whether an identity provider vouches for the person, or ever created the account.
    pub(super) fn is_federated(&self) -> Result<bool, Refusal> {
        Ok(self.has_no_password()? || !self.identity_providers()?.is_empty())
    }

    /// Whether an identity provider created the account. One that was linked to a provider later on keeps its password.
    pub(super) fn has_no_password(&self) -> Result<bool, Refusal> {
        Ok(self.text("cognito:user_status")? == Some("EXTERNAL_PROVIDER"))
    }

    /// Every identity provider that vouches for the person: `identities`, a JSON text.
    /// <https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-id-token.html>
    pub(super) fn identity_providers(&self) -> Result<Vec<ProviderName>, Refusal> {
        const MALFORMED: Refusal = Refusal::Malformed("request.userAttributes.identities");
        let Some(text) = self.text("identities")? else { return Ok(Vec::new()) };
        let identities: Vec<Map<String, Value>> = serde_json::from_str(text).map_err(|_not_a_list| MALFORMED)?;
        let name = |identity: &Map<String, Value>| {
            let name = identity.get("providerName").and_then(Value::as_str).ok_or(MALFORMED)?;
            ProviderName::parse(name).map_err(|_rule: Invalid| MALFORMED)
        };
        identities.iter().map(name).collect()
    }
}

fn bounded(value: Option<&Value>, longest: usize) -> Option<&str> {
    value.and_then(Value::as_str).filter(|text| (1..=longest).contains(&text.chars().count()))
}

/// A text member of an object, of 1 to 128 characters.
pub(super) fn text<'a>(parent: &'a Map<String, Value>, member: &'static str) -> Result<&'a str, Refusal> {
    bounded(parent.get(member), LONGEST_NAME).ok_or(Refusal::Malformed(member))
}
