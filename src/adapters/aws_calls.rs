//! How often is AWS called, how does it end, and how long does it take?

use std::time::Instant;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};

use crate::metrics::Metrics;

/// A service whose calls are counted, by the name that its label has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    S3,
    Sts,
    Sqs,
    Iam,
}

/// Counts and times the calls of one client. The operations are those that this crate asks for, so they are few. A call
/// whose caller went away meanwhile never ended, and is not counted.
#[derive(Clone)]
pub(super) struct CallCounter {
    service: Service,
    metrics: Metrics,
}

impl CallCounter {
    pub(super) fn new(service: Service, metrics: &Metrics) -> Self {
        Self { service, metrics: metrics.clone() }
    }
}

impl std::fmt::Debug for CallCounter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CallCounter").field("service", &self.service).finish_non_exhaustive()
    }
}

/// When a call began, kept in the call's own settings: one interceptor serves all calls of a client at once.
#[derive(Debug)]
struct Began(Instant);

impl Storable for Began {
    type Storer = StoreReplace<Self>;
}

impl Intercept for CallCounter {
    fn name(&self) -> &'static str {
        "CallCounter"
    }

    fn read_before_execution(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        call: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        call.interceptor_state().store_put(Began(Instant::now()));
        Ok(())
    }

    fn read_after_execution(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        call: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let operation = call.load::<Metadata>().map_or("unknown", Metadata::name);
        let labels = [self.service.label(), operation, result(context, operation)];
        self.metrics.aws_calls.with_label_values(&labels).inc();
        // A long poll takes as long as it is told to, and says nothing of how quick SQS is.
        if operation != "ReceiveMessage"
            && let Some(Began(at)) = call.load::<Began>()
        {
            let seconds = at.elapsed().as_secs_f64();
            self.metrics.aws_call_seconds.with_label_values(&[self.service.label()]).observe(seconds);
        }
        Ok(())
    }
}

impl Service {
    const fn label(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Sts => "sts",
            Self::Sqs => "sqs",
            Self::Iam => "iam",
        }
    }
}

fn result(context: &FinalizerInterceptorContextRef<'_>, operation: &str) -> &'static str {
    let Some(Err(error)) = context.output_or_error() else { return "ok" };
    // Whether there is an object is what a look asks, and no is an answer. To a session that may list only its prefix S3
    // says 403 for no; what that means, the listing after it tells, and is counted by.
    let status = context.response().map(|answer| answer.status().as_u16());
    if operation == "HeadObject" && matches!(status, Some(403 | 404)) {
        return "ok";
    }
    let is_late = error.is_timeout_error() || error.as_connector_error().is_some_and(|error| error.is_timeout());
    if is_late { "timeout" } else { "error" }
}
