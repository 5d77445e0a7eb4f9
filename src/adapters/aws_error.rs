//! What went wrong in a call to AWS, in words that may be logged?

use std::error::Error;

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

/// The service's own code and message, or else what each cause says of itself. Never the raw answer: one of STS holds
/// credentials, and the SDK's own `DisplayErrorContext` would print it.
pub(super) fn describe<E, R>(error: &SdkError<E, R>) -> String
where
    SdkError<E, R>: ProvideErrorMetadata + Error + 'static,
{
    match (error.code(), error.message()) {
        (Some(code), message) => format!("{code}: {}", message.unwrap_or("no message")),
        (None, _) => {
            let causes = std::iter::successors(Some(error as &(dyn Error + 'static)), |error| (**error).source());
            causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::primitives::SdkBody;
    use aws_sdk_sts::config::http::HttpResponse;
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
