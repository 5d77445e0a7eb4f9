//! What went wrong in a call to AWS, in words that may be logged?

use std::error::Error;

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

/// Why a setting could not be looked at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LookError {
    /// IAM does not let the gateway look.
    #[error("{0}")]
    Denied(String),
    /// There is nothing of that name.
    #[error("{0}")]
    Missing(String),
    /// Whoever answers does not know the question: a store that is not AWS.
    #[error("{0}")]
    Unknown(String),
    /// It cannot be reached, or answered something else.
    #[error("{0}")]
    Unavailable(String),
}

impl LookError {
    /// By the code of AWS's answer, and its status where the code says nothing.
    pub(super) fn by_code(code: Option<&str>, status: Option<u16>, described: String) -> Self {
        match (code, status) {
            (Some("AccessDenied" | "AccessDeniedException"), _) => Self::Denied(described),
            (
                Some(
                    "AWS.SimpleQueueService.NonExistentQueue"
                    | "QueueDoesNotExist"
                    | "ResourceNotFoundException"
                    | "NoSuchBucket",
                ),
                _,
            ) => Self::Missing(described),
            (Some("NotImplemented" | "MethodNotAllowed" | "UnknownOperationException" | "InvalidAction"), _)
            | (_, Some(405 | 501)) => Self::Unknown(described),
            _ => Self::Unavailable(described),
        }
    }
}

impl<E> From<SdkError<E, HttpResponse>> for LookError
where
    SdkError<E, HttpResponse>: ProvideErrorMetadata + Error + 'static,
{
    fn from(error: SdkError<E, HttpResponse>) -> Self {
        let status = error.raw_response().map(|answer| answer.status().as_u16());
        Self::by_code(error.code(), status, describe(&error))
    }
}

/// The service's own code and message, or else what each cause says of itself. Never the raw answer: one of STS holds
/// credentials, and the SDK's own `DisplayErrorContext` would print it.
pub(super) fn describe<E, R>(error: &SdkError<E, R>) -> String
where
    SdkError<E, R>: ProvideErrorMetadata + Error + 'static,
{
    match (error.code(), error.message()) {
        (Some(code), message) => format!("{code}: {}", message.unwrap_or("no message")),
        (None, _) => with_causes(error),
    }
}

/// What an error says of itself, and each of its causes after it.
pub(super) fn with_causes(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |error| (**error).source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::primitives::SdkBody;
    use aws_sdk_sts::operation::assume_role::AssumeRoleError;

    use super::*;

    #[test]
    fn an_answer_that_cannot_be_read_is_not_repeated() {
        let body = SdkBody::from("<SecretAccessKey>hunter2</SecretAccessKey>");
        let answer = HttpResponse::new(200.try_into().unwrap(), body);
        let error: SdkError<AssumeRoleError, HttpResponse> = SdkError::response_error("no expiration", answer);
        let described = describe(&error);
        assert!(described.contains("no expiration") && !described.contains("hunter2"), "{described}");
        assert!(format!("{error:?}").contains("hunter2"), "the SDK's own text would have told");
    }
}
