//! What is a tenant, and what are its limits?

use std::fmt;

use time::OffsetDateTime;

use super::{Invalid, Limits, Origin, ProviderName, TenantId};

/// A tenant's name in object keys, session tags and policies. Never changes.
///
/// `[a-z0-9][a-z0-9-]{0,61}[a-z0-9]`: no wildcard, no slash, no variable and no empty value can reach a policy through it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Slug(Box<str>);

impl Slug {
    /// Takes 2 to 63 lower-case letters, digits and inner hyphens.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let edges = !text.starts_with('-') && !text.ends_with('-');
        if (2..=63).contains(&text.len()) && edges && text.chars().all(inner) {
            Ok(Self(text.into()))
        } else {
            Err(Invalid::rule(
                "must be 2 to 63 lower-case letters, digits and hyphens, and not start or end with a hyphen",
            ))
        }
    }

    /// The text of the slug.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! bounded_text {
    ($(#[$doc:meta])* $name:ident, $longest:literal, $rule:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            #[doc = concat!("Takes ", $rule, ".")]
            ///
            /// # Errors
            /// When it is anything else.
            pub fn parse(text: &str) -> Result<Self, Invalid> {
                let length = text.chars().count();
                if length == 0 || length > $longest || text.chars().any(char::is_control) || text.trim() != text {
                    return Err(Invalid::rule(concat!("must be ", $rule)));
                }
                Ok(Self(text.into()))
            }

            /// The text of the value.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
}

bounded_text! {
    /// What people call the tenant.
    TenantName, 200, "1 to 200 characters, without control characters or space around them"
}
bounded_text! {
    /// A value of the tenant claim (`custom:customerName`) that means this tenant, exactly as the identity provider sends it.
    ClaimValue, 256, "1 to 256 characters, without control characters or space around them"
}

/// A domain of the tenant's e-mail addresses, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EmailDomain(Box<str>);

impl EmailDomain {
    /// Takes a host name of at least two labels (RFC 1035 §2.3.1), in any case.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text.to_ascii_lowercase();
        let label = |l: &str| {
            (1..=63).contains(&l.len())
                && !l.starts_with('-')
                && !l.ends_with('-')
                && l.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        };
        if text.len() <= 253 && text.contains('.') && text.split('.').all(label) {
            Ok(Self(text.into()))
        } else {
            Err(Invalid::rule("must be a domain name such as acme.example"))
        }
    }

    /// The domain of an e-mail address of at most 254 characters, which is what RFC 5321 §4.5.3.1.3 leaves without its
    /// brackets. What stands before the `@` is not looked at.
    ///
    /// # Errors
    /// When it is none.
    pub fn of_address(address: &str) -> Result<Self, Invalid> {
        let parts = address.split_once('@').filter(|(name, _)| !name.is_empty() && address.chars().count() <= 254);
        let domain = parts.and_then(|(_, domain)| Self::parse(domain).ok());
        domain.ok_or(Invalid::rule("must be an e-mail address of at most 254 characters"))
    }

    /// The text of the domain.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// May the tenant's people upload?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TenantStatus {
    /// Yes.
    Active,
    /// No; every request of theirs is refused.
    Suspended,
}

impl TenantStatus {
    /// The status's name on the wire and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
        }
    }

    /// Reads what [`Self::as_str`] wrote.
    ///
    /// # Errors
    /// When it is neither `active` nor `suspended`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match text {
            "active" => Ok(Self::Active),
            "suspended" => Ok(Self::Suspended),
            _ => Err(Invalid::rule("must be active or suspended")),
        }
    }
}

/// How far apart are the people of one tenant?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Isolation {
    /// A session reaches the whole tenant's prefix.
    Tenant,
    /// A session reaches only its subject's prefix.
    User,
}

impl Isolation {
    /// The name on the wire and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::User => "user",
        }
    }

    /// Reads what [`Self::as_str`] wrote.
    ///
    /// # Errors
    /// When it is neither `tenant` nor `user`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match text {
            "tenant" => Ok(Self::Tenant),
            "user" => Ok(Self::User),
            _ => Err(Invalid::rule("must be tenant or user")),
        }
    }
}

/// A customer of the platform, with its people, its prefix and its limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// The identifier.
    pub id: TenantId,
    /// The name in keys and policies.
    pub slug: Slug,
    /// The name for people.
    pub name: TenantName,
    /// Active or suspended.
    pub status: TenantStatus,
    /// The claim values that mean this tenant.
    pub claim_values: Box<[ClaimValue]>,
    /// The domains of its e-mail addresses.
    pub email_domains: Box<[EmailDomain]>,
    /// The Cognito identity provider that its people sign in through.
    pub identity_provider: Option<ProviderName>,
    /// May people of the user pool itself enter, who signed in through no identity provider?
    pub native_users: bool,
    /// What it may do at most.
    pub limits: Limits,
    /// How far apart its people are.
    pub isolation: Isolation,
    /// May its people have temporary S3 credentials?
    pub credential_vending: bool,
    /// May these also read and list what is below their prefix?
    pub credential_reading: bool,
    /// Sessions of the upload role that began before were revoked: they sign nothing any more.
    pub sessions_from: Option<OffsetDateTime>,
    /// When it was created.
    pub created_at: OffsetDateTime,
    /// When it was last changed.
    pub updated_at: OffsetDateTime,
}

impl Tenant {
    /// May people of this origin enter? Every identity provider of a user pool can assert any tenant's claim, so only the tenant's
    /// own is believed.
    #[must_use]
    pub fn admits(&self, origin: &Origin) -> bool {
        match origin {
            Origin::Native => self.native_users,
            Origin::Federated(provider) => self.identity_provider.as_ref() == Some(provider),
            Origin::Unclear => false,
        }
    }

    /// Might this tenant shut out somebody whom it let in as it was before?
    #[must_use]
    pub fn narrows(&self, before: &Self) -> bool {
        let has_other_provider =
            before.identity_provider.is_some() && before.identity_provider != self.identity_provider;
        has_other_provider
            || (before.native_users && !self.native_users)
            || before.claim_values.iter().any(|value| !self.claim_values.contains(value))
    }
}

#[cfg(test)]
#[path = "tenant_tests.rs"]
pub(crate) mod tests;
