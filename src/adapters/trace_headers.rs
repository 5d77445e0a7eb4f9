//! How does AWS, or whatever stands in for it, learn to which trace a call belongs? By headers that are added to what is signed already.
//!
//! A signature covers the headers that it names, and SigV4 takes further ones that it does not. Proxies change such headers on
//! their way, which is why they are not signed.

use aws_sdk_s3::config::interceptors::BeforeTransmitInterceptorContextMut;
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;

use crate::trace;

/// Passes the trace of the work at hand on, with each attempt of a call.
#[derive(Debug)]
pub(super) struct TraceHeaders;

impl Intercept for TraceHeaders {
    fn name(&self) -> &'static str {
        "TraceHeaders"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        for (name, value) in trace::outgoing() {
            context.request_mut().headers_mut().try_insert(name, value)?;
        }
        Ok(())
    }
}
