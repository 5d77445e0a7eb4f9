//! Why was an event refused, and what may the person who signs in read of it?

use lambda_runtime::Diagnostic;

use crate::adapters::dynamodb::TableError;

/// The reason, for the log. Holds nothing that an event says of a person.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// A member that Cognito always sends is not there, or not of its type.
    #[error("`{0}` of the event is missing or not what it should be")]
    Malformed(&'static str),
    /// Longer than any event of Cognito's.
    #[error("the event is longer than 1 MiB")]
    TooLong,
    /// The account has used up its attempts.
    #[error("the account is locked")]
    Locked,
    /// The attempt could not be counted, and must be.
    #[error("the attempt could not be counted")]
    Uncounted(#[from] StoreError),
    /// Nobody said which tenant the identity provider speaks for.
    #[error("the identity provider is bound to no tenant")]
    UnboundProvider,
    /// An identity provider speaks for a tenant that is not its own.
    #[error("the identity provider is bound to another tenant than it names")]
    ForeignTenant,
    /// A person of an identity provider has no tenant.
    #[error("somebody who comes from an identity provider has no tenant")]
    NoTenant,
    /// Somebody who signs up says which tenant to be of.
    #[error("a sign-up names a tenant")]
    ChosenTenant,
}

/// The table of attempts cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It refused, or said something that was not understood.
    #[error(transparent)]
    Table(#[from] TableError),
    /// It took too long, all in all.
    #[error("the lockout's table did not answer in time")]
    Silent,
}

impl Refusal {
    /// Cognito shows this to whoever signs in, and anybody can try to: it does not tell one reason from another.
    #[must_use]
    pub const fn shown(&self) -> &'static str {
        match self {
            Self::Malformed(_) | Self::TooLong | Self::Locked | Self::Uncounted(_) => {
                "Sign-in is not possible at the moment. Try again later."
            }
            Self::UnboundProvider | Self::ForeignTenant | Self::NoTenant | Self::ChosenTenant => {
                "Sign-in is not possible with this account. Ask your administrator."
            }
        }
    }
}

impl From<Refusal> for Diagnostic {
    fn from(refusal: Refusal) -> Self {
        Self { error_type: "Refused".to_owned(), error_message: refusal.shown().to_owned() }
    }
}
