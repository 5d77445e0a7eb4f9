//! Where did somebody sign in?

use super::Invalid;

/// The name of an identity provider in Cognito, such as `CAS-SSO`. Its case counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderName(String);

impl ProviderName {
    /// Takes 1 to 32 characters, none of which is a control character.
    /// <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateIdentityProvider.html>
    ///
    /// # Errors
    /// When it is anything else.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if (1..=32).contains(&text.chars().count()) && !text.chars().any(char::is_control) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Invalid::rule("must be 1 to 32 characters, without control characters"))
        }
    }

    /// The text of the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where somebody signed in, as far as a token tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// At the user pool itself.
    Native,
    /// At this identity provider.
    Federated(ProviderName),
    /// At several identity providers, or at one that the token does not name.
    Unclear,
}

impl Origin {
    /// The origin of somebody whom all of these identity providers vouch for.
    #[must_use]
    pub fn vouched_for_by(providers: impl IntoIterator<Item = ProviderName>) -> Self {
        let mut providers = providers.into_iter();
        match providers.next() {
            None => Self::Native,
            Some(first) if providers.all(|other| other == first) => Self::Federated(first),
            Some(_one_of_several) => Self::Unclear,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whom_several_vouch_for_comes_from_nowhere() {
        let name = |text: &&str| ProviderName::parse(text).unwrap();
        for (providers, origin) in [
            (&[] as &[&str], Origin::Native),
            (&["A"], Origin::Federated(name(&"A"))),
            (&["A", "A", "A"], Origin::Federated(name(&"A"))),
            (&["A", "B"], Origin::Unclear),
            (&["A", "a"], Origin::Unclear),
            (&["A", "A", "B"], Origin::Unclear),
            (&["B", "A", "A"], Origin::Unclear),
        ] {
            assert_eq!(Origin::vouched_for_by(providers.iter().map(name)), origin, "{providers:?}");
        }
    }

    #[test]
    fn a_provider_name_is_bounded() {
        for good in ["A", "CAS-SSO", "Keycloak (EU)", &"é".repeat(32)] {
            assert!(ProviderName::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "a\u{0}", "a\n", &"é".repeat(33)] {
            assert!(ProviderName::parse(bad).is_err(), "{bad:?}");
        }
    }
}
