//! What does the doctor make of a gateway whose neighbours are as they should be, until a test changes one of them?

use std::time::Duration;

use upload_gateway::app;
use upload_gateway::config::Config;
use upload_gateway::doctor::{Outcome, Report};
use upload_gateway::model::Clock;
use upload_gateway::sandbox::aws::{BucketSettings, QueueSettings, Trust};
use upload_gateway::sandbox::cognito::Settings;
use upload_gateway::sandbox::neighbours::Neighbours;

use crate::harness::{Harness, PAGE};

/// What turns red or yellow, besides the checks that stay green.
pub(crate) type Turned = &'static [(&'static str, Outcome)];

/// A gateway among its neighbours with all of them as they should be, the portal too.
pub(crate) struct Ward {
    pub(crate) gateway: Harness,
    bucket: BucketSettings,
    queue: QueueSettings,
    trust: Trust,
    pool: Settings,
}

impl Ward {
    pub(crate) async fn open() -> Self {
        let gateway = Harness::with_events("").await;
        let (aws, cognito) = (&gateway.neighbours().aws, &gateway.neighbours().cognito);
        let (mut bucket, mut queue, mut trust, mut pool) = (None, None, None, None);
        aws.change_bucket(|settings| bucket = Some(settings.clone()));
        aws.change_queue(|settings| queue = Some(settings.clone()));
        aws.change_trust(|settings| trust = Some(*settings));
        cognito.change_settings(|settings| {
            settings.callback_urls = vec!["https://uploads.example.com/portal/".to_owned()];
            pool = Some(settings.clone());
        });
        let (bucket, queue, trust, pool) = (bucket.unwrap(), queue.unwrap(), trust.unwrap(), pool.unwrap());
        Self { gateway, bucket, queue, trust, pool }
    }

    pub(crate) fn neighbours(&self) -> &Neighbours {
        self.gateway.neighbours()
    }

    pub(crate) fn config(&self) -> Config {
        let mut config = self.neighbours().configuration((0, 0), "").unwrap();
        config.server.allowed_origins = vec![PAGE.to_owned()];
        config.server.public_url = Some("https://uploads.example.com".to_owned());
        config
    }

    /// Sets up everything as it should be.
    pub(crate) fn mend(&self) {
        let (aws, cognito) = (&self.neighbours().aws, &self.neighbours().cognito);
        aws.change_bucket(|settings| *settings = self.bucket.clone());
        aws.change_queue(|settings| *settings = self.queue.clone());
        aws.change_trust(|trust| *trust = self.trust);
        aws.set_role_policy(&role_policy(&OBJECTS, "${aws:PrincipalTag/customerName}/*")).unwrap();
        aws.set_longest_session(Duration::from_secs(3600));
        cognito.change_settings(|settings| *settings = self.pool.clone());
    }

    pub(crate) async fn examine(&self, config: &Config, clock: Clock) -> Report {
        Box::pin(app::examine(config, clock)).await.unwrap()
    }
}

/// What the role may do with a tenant's objects.
pub(crate) const OBJECTS: [&str; 5] =
    ["s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"];

/// The role's policy with these actions below that path, and listings below the tenant's own.
pub(crate) fn role_policy(actions: &[&str], below: &str) -> String {
    serde_json::json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": actions, "Resource": format!("arn:aws:s3:::uploads/{below}")},
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::uploads",
         "Condition": {"StringLike": {"s3:prefix": "${aws:PrincipalTag/customerName}/*"}}},
    ]})
    .to_string()
}

/// The role's policy as it should be, and a statement besides.
pub(crate) fn role_policy_with(statement: serde_json::Value) -> String {
    let mut policy: serde_json::Value =
        serde_json::from_str(&role_policy(&OBJECTS, "${aws:PrincipalTag/customerName}/*")).unwrap();
    policy["Statement"].as_array_mut().unwrap().push(statement);
    policy.to_string()
}

/// What turned, each once, and whether each of it has advice.
pub(crate) fn turned(report: &Report) -> Vec<(&'static str, Outcome)> {
    let mut turned: Vec<(&'static str, Outcome)> = Vec::new();
    for finding in report.0.iter().filter(|finding| finding.outcome != Outcome::Ok) {
        assert!(finding.advice.as_ref().is_some_and(|advice| advice.len() > 5), "{finding:?}");
        if !turned.contains(&(finding.check, finding.outcome)) {
            turned.push((finding.check, finding.outcome));
        }
    }
    turned
}
