//! The Lambda function behind a user pool's triggers: settings from the environment, then one event after the other.

use std::pin::Pin;
use std::process::ExitCode;
use std::sync::Arc;

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::value::RawValue;
use upload_gateway::cognito::Handler;
use upload_gateway::config::Triggers;
use upload_gateway::model::Clock;
use upload_gateway::telemetry;

/// The SDK's own lines could hold what a request holds. The runtime's give ours the id of the request, and would say every refusal
/// again, as an error; a panic still says so by itself.
const LOGGED: &str = "warn,upload_gateway=info,lambda_runtime::layers::trace=info,lambda_runtime::layers::panic=off";

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error, "the triggers cannot run");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Error> {
    telemetry::start_in_lambda(LOGGED)?;
    let settings = Triggers::load()?;
    let shared = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
    let handler = Arc::new(Handler::new(settings, &shared, Clock::system()));
    let answer = move |event: LambdaEvent<Box<RawValue>>| {
        let handler = Arc::clone(&handler);
        // In a box, because the SDK's futures are large and deep.
        let answer: Pin<Box<dyn Future<Output = _> + Send>> =
            Box::pin(async move { handler.answer(&event.payload).await });
        answer
    };
    lambda_runtime::run(service_fn(answer)).await
}
