//! Who may use the queue, and does a signature cover what it should?

use aws_sdk_s3::primitives::SdkBody;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::http::HttpRequest;
use aws_sdk_sqs::config::interceptors::BeforeTransmitInterceptorContextMut;
use aws_sdk_sqs::config::{Builder, ConfigBag, Credentials, Intercept, Region, RuntimeComponents};
use aws_sdk_sqs::error::BoxError;
use time::Duration;

use super::{REGION, Sandbox, denied, long_term, outcome};
use crate::adapters::sigv4::{Scope, SigningKeys, timestamp};
use crate::model::Clock;

/// Changes a request behind its signature's back.
#[derive(Debug)]
struct Tampering(fn(&mut HttpRequest));

impl Intercept for Tampering {
    fn name(&self) -> &'static str {
        "tampering"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        (self.0)(context.request_mut());
        Ok(())
    }
}

/// What comes of sending one message.
async fn send(sandbox: &Sandbox, sqs: &Client, change: impl FnOnce(Builder) -> Builder) -> (u16, String) {
    let send = sqs.send_message().queue_url(sandbox.aws.queue_url()).message_body("hello").customize();
    outcome(&send.config_override(change(Builder::new())).send().await)
}

fn refused(code: &str) -> (u16, String) {
    (403, code.to_owned())
}

#[tokio::test]
async fn the_gateway_and_the_admin_may_use_the_queue_and_sessions_may_not() {
    let sandbox = Sandbox::start().await;
    for known in [sandbox.aws.gateway_credentials(), sandbox.aws.admin_credentials()] {
        assert_eq!(send(&sandbox, &sandbox.sqs(long_term(known)), |config| config).await.0, 200);
    }
    let session = sandbox.session("acme", None).await;
    assert_eq!(send(&sandbox, &sandbox.sqs(session.clone()), |config| config).await, denied());
    let forged =
        Credentials::new(session.access_key_id(), "guess", session.session_token().map(str::to_owned), None, "test");
    assert_eq!(send(&sandbox, &sandbox.sqs(forged), |config| config).await, refused("SignatureDoesNotMatch"));
    assert_eq!(sandbox.aws.queued_messages(), 2);
}

#[tokio::test]
async fn a_key_must_be_known_its_secret_right_and_its_scope_ours() {
    let sandbox = Sandbox::start().await;
    let (id, secret) = sandbox.aws.gateway_credentials();
    let unknown = sandbox.sqs(long_term(("AKIANOBODY", secret)));
    assert_eq!(send(&sandbox, &unknown, |config| config).await, refused("InvalidClientTokenId"));
    let guessed = sandbox.sqs(long_term((id, "guess")));
    assert_eq!(send(&sandbox, &guessed, |config| config).await, refused("SignatureDoesNotMatch"));
    let gateway = sandbox.sqs(long_term((id, secret)));
    let elsewhere = |config: Builder| config.region(Region::new("eu-west-9"));
    assert_eq!(send(&sandbox, &gateway, elsewhere).await, refused("SignatureDoesNotMatch"));
    assert_eq!(sandbox.aws.queued_messages(), 0);
}

#[tokio::test]
async fn nothing_that_is_signed_can_be_changed_afterwards() {
    let sandbox = Sandbox::start().await;
    let gateway = sandbox.sqs(long_term(sandbox.aws.gateway_credentials()));
    let tampered = async |tampering| send(&sandbox, &gateway, |config| config.interceptor(Tampering(tampering))).await;
    assert_eq!(tampered(|_| ()).await.0, 200);
    let tamperings: [fn(&mut HttpRequest); 5] = [
        |request| {
            let body = String::from_utf8(request.body().bytes().unwrap().to_vec()).unwrap();
            *request.body_mut() = SdkBody::from(body.replace("hello", "hullo"));
        },
        |request| drop(request.headers_mut().insert("x-amz-target", "AmazonSQS.ReceiveMessage")),
        |request| drop(request.headers_mut().insert("x-amz-extra", "unsigned")),
        |request| drop(request.headers_mut().insert("x-amz-date", "20130524T000000Z")),
        |request| request.set_uri(format!("{}elsewhere", request.uri())).unwrap(),
    ];
    for tampering in tamperings {
        assert_eq!(tampered(tampering).await, refused("SignatureDoesNotMatch"));
    }
    let unsigned = tampered(|request| drop(request.headers_mut().remove("authorization"))).await;
    assert_eq!(unsigned, refused("MissingAuthenticationToken"));
    assert_eq!(sandbox.aws.queued_messages(), 1);
}

#[tokio::test]
async fn a_signature_is_good_for_a_quarter_of_an_hour() {
    let sandbox = Sandbox::start().await;
    let (id, secret) = sandbox.aws.gateway_credentials();
    let (origin, target) = (sandbox.aws.url(), "AmazonSQS.GetQueueUrl");
    let host = origin.trim_start_matches("http://");
    for (minutes, status) in [(0, 200), (-14, 200), (14, 200), (-16, 403), (16, 403)] {
        let moment = Clock::system().now() + Duration::minutes(minutes);
        let (date, key) =
            (timestamp(moment), SigningKeys::new(secret.into(), Scope::new(REGION, "sqs")).day_key(moment));
        let signed = "host;x-amz-date;x-amz-target";
        // What `{"QueueName":"uploads-events"}` hashes to.
        let hash = "9a2f59f3e8169f2bae8b254d339f52673de3fd8006f8e8fd7a5da233afb27cb0";
        let headers = format!("host:{host}\nx-amz-date:{date}\nx-amz-target:{target}\n");
        let signature = key.sign(&date, &format!("POST\n/\n\n{headers}\n{signed}\n{hash}"));
        let scope = key.scope();
        let claims = format!("AWS4-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders={signed}, Signature={signature}");
        let request = reqwest::Client::new().post(origin).header("x-amz-date", date).header("x-amz-target", target);
        let request = request.header("authorization", claims).body("{\"QueueName\":\"uploads-events\"}");
        assert_eq!(request.send().await.unwrap().status().as_u16(), status, "{minutes} minutes");
    }
}
