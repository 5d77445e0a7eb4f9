//! Which AWS SDK configuration do all clients share?

use aws_config::BehaviorVersion;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{Credentials, Region, SharedCredentialsProvider};
use secrecy::ExposeSecret as _;

use crate::config;

/// Region, time-outs and the gateway's own key; endpoints are each client's.
pub(super) async fn aws_config(aws: &config::Aws) -> aws_config::SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(aws.timeout / 3)
        .operation_attempt_timeout(aws.timeout.mul_f64(0.6))
        .operation_timeout(aws.timeout)
        .build();
    let loader = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(aws.region.clone()))
        .timeout_config(timeouts);
    let loader = match &aws.key {
        None => loader,
        Some(key) => {
            let (id, secret) = (key.access_key_id.expose_secret(), key.secret_access_key.expose_secret());
            loader.credentials_provider(SharedCredentialsProvider::new(Credentials::new(
                id,
                secret,
                None,
                None,
                "configuration",
            )))
        }
    };
    loader.load().await
}
