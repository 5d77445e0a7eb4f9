//! Why is a token not taken?

/// Longer tokens are not looked at. Cognito's have 1 to 4 KiB; groups and custom attributes make them longer.
pub(super) const LONGEST_TOKEN: usize = 16 << 10;

/// Why a token is not taken. Callers learn only that; the reason goes to the log and the metric.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// Longer than any token that a pool issues.
    #[error("the token is longer than {LONGEST_TOKEN} bytes")]
    TooLong,
    /// Not three base64url parts with a JSON object in the first two.
    #[error("the token is malformed")]
    Malformed,
    /// Signed, or not, by another algorithm than RS256.
    #[error("the token's algorithm is not RS256")]
    Algorithm,
    /// Its header holds something that would have to be understood, or that brings a key along.
    #[error("the token's header holds {0}, which is not taken")]
    Header(&'static str),
    /// No pool has its key.
    #[error("the token's key is unknown")]
    UnknownKey,
    /// The signature is not the key's.
    #[error("the token's signature is wrong")]
    Signature,
    /// From a user pool that is not configured.
    #[error("the token's issuer is not one of the configured user pools")]
    Issuer,
    /// For another app client.
    #[error("the token is for another app client")]
    Audience,
    /// Neither an ID token nor an access token, or a kind that the pool's settings exclude.
    #[error("the token is of a kind that is not taken")]
    TokenUse,
    /// Past its `exp`.
    #[error("the token has expired")]
    Expired,
    /// Before its `nbf` or `iat`.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// A claim that must be there is missing or has the wrong type.
    #[error("the token's {0} is missing or of the wrong type")]
    Claim(&'static str),
    /// The pool's keys are not known, so nothing can be said.
    #[error("the user pool's signing keys cannot be read")]
    KeysUnavailable,
}

impl VerifyError {
    /// The metric's label.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::TooLong => "too_long",
            Self::Malformed => "malformed",
            Self::Algorithm => "algorithm",
            Self::Header(_) => "header",
            Self::UnknownKey => "unknown_key",
            Self::Signature => "signature",
            Self::Issuer => "issuer",
            Self::Audience => "audience",
            Self::TokenUse => "token_use",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::Claim(_) => "claim",
            Self::KeysUnavailable => "keys_unavailable",
        }
    }
}
