//! Who may assume the role, and what does STS say?

use std::time::Duration;

use aws_sdk_s3::config::Credentials;

use super::{Sandbox, credentials, long_term, outcome, tag};
use crate::sandbox::aws::AssumeRoleCall;

#[tokio::test]
async fn the_gateway_gets_credentials_for_a_tenant() {
    let sandbox = Sandbox::start().await;
    let policy = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#;
    let answer = sandbox.assume_role("acme").policy(policy).duration_seconds(900).send().await.unwrap();
    let got = answer.credentials().unwrap();
    assert!(got.access_key_id().starts_with("ASIA") && got.access_key_id().len() == 20);
    assert_eq!(got.secret_access_key().len(), 40);
    assert!(got.session_token().len() > 400);
    let left = got.expiration().secs() - crate::model::Clock::system().now().unix_timestamp();
    assert!((890..=900).contains(&left), "{left}");
    assert_eq!(
        answer.assumed_role_user().unwrap().arn(),
        "arn:aws:sts::000000000000:assumed-role/upload-gateway/alice"
    );
    let call = AssumeRoleCall {
        session_name: "alice".to_owned(),
        policy: Some(policy.to_owned()),
        tags: vec![("customerName".to_owned(), "acme".to_owned())],
        duration_seconds: 900,
        granted: true,
    };
    assert_eq!((sandbox.aws.assume_role_calls(), sandbox.aws.assume_role_history()), (1, vec![call]));
}

#[tokio::test]
async fn everyone_is_told_who_they_are() {
    let sandbox = Sandbox::start().await;
    for (who, arn) in [
        (long_term(sandbox.aws.gateway_credentials()), "arn:aws:iam::000000000000:user/upload-gateway"),
        (long_term(sandbox.aws.admin_credentials()), "arn:aws:iam::000000000000:user/admin"),
        (sandbox.session("acme", None).await, "arn:aws:sts::000000000000:assumed-role/upload-gateway/alice"),
    ] {
        let identity = sandbox.sts(who).get_caller_identity().send().await.unwrap();
        assert_eq!((identity.arn(), identity.account()), (Some(arn), Some("000000000000")));
    }
}

#[tokio::test]
async fn nobody_else_gets_the_role() {
    let sandbox = Sandbox::start().await;
    let denied = (403, "AccessDenied".to_owned());
    for who in [long_term(sandbox.aws.admin_credentials()), sandbox.session("acme", None).await] {
        let request = sandbox.sts(who).assume_role().role_arn(sandbox.aws.role_arn()).role_session_name("alice");
        assert_eq!(outcome(&request.tags(tag("customerName", "acme")).send().await), denied);
    }
    let gateway = sandbox.sts(long_term(sandbox.aws.gateway_credentials()));
    let request = || gateway.assume_role().role_session_name("alice").role_arn(sandbox.aws.role_arn());
    for refused in [
        request(),
        request().tags(tag("customerName", "")),
        request().tags(tag("customer", "acme")),
        request().tags(tag("customerName", "acme")).tags(tag("team", "x")),
        request().role_arn("arn:aws:iam::000000000000:role/other").tags(tag("customerName", "acme")),
    ] {
        assert_eq!(outcome(&refused.send().await), denied);
    }
    assert_eq!(sandbox.aws.assume_role_calls(), 8);
    let calls = sandbox.aws.assume_role_history();
    assert_eq!(calls.iter().filter(|call| call.granted).count(), 1);
}

#[tokio::test]
async fn the_external_id_is_demanded_where_it_is_configured() {
    let sandbox = Sandbox::start_with(|options| options.external_id = Some("x1".to_owned())).await;
    assert_eq!(outcome(&sandbox.assume_role("acme").send().await).1, "AccessDenied");
    assert_eq!(outcome(&sandbox.assume_role("acme").external_id("x2").send().await).1, "AccessDenied");
    assert_eq!(outcome(&sandbox.assume_role("acme").external_id("x1").send().await).0, 200);
}

#[tokio::test]
async fn refusals_have_the_shape_of_sts() {
    let sandbox = Sandbox::start().await;
    let (id, secret) = sandbox.aws.gateway_credentials();
    let session = sandbox.session("acme", None).await;
    let half = Credentials::new(session.access_key_id(), session.secret_access_key(), None, None, "test");
    for (who, expected) in [
        (long_term((id, "wrong")), (403, "SignatureDoesNotMatch")),
        (long_term(("AKIAUNKNOWN000000000", secret)), (403, "InvalidClientTokenId")),
        (half, (403, "InvalidClientTokenId")),
    ] {
        let refused = sandbox.sts(who).get_caller_identity().send().await;
        assert_eq!(outcome(&refused), (expected.0, expected.1.to_owned()));
    }
    let long = sandbox.assume_role("acme").policy("x".repeat(2049)).send().await.unwrap_err().into_service_error();
    assert!(long.is_packed_policy_too_large_exception(), "{long:?}");
    let broken = sandbox.assume_role("acme").policy("{}").send().await.unwrap_err().into_service_error();
    assert!(broken.is_malformed_policy_document_exception(), "{broken:?}");
    let anonymous =
        reqwest::Client::new().post(sandbox.aws.url()).header("content-type", "application/x-www-form-urlencoded");
    let anonymous = super::answer(anonymous.body("Action=GetCallerIdentity&Version=2011-06-15")).await;
    assert_eq!(anonymous, (403, "MissingAuthenticationToken".to_owned()));
}

#[tokio::test]
async fn the_largest_request_is_heard() {
    let sandbox = Sandbox::start().await;
    sandbox.aws.change_trust(|trust| trust.takes_other_tags = true);
    let mut request = sandbox.assume_role("acme");
    for number in 0..49 {
        request = request.tags(tag(&format!("{}{number}", "ключ".repeat(30)), &"знач".repeat(64)));
    }
    assert_eq!(outcome(&request.send().await).0, 200);
}

#[tokio::test]
async fn sessions_can_be_made_short() {
    let sandbox = Sandbox::start().await;
    sandbox.aws.set_longest_session(Duration::from_secs(5));
    let answer = sandbox.assume_role("acme").send().await.unwrap();
    let session = credentials(answer.credentials().unwrap());
    sandbox.pass(Duration::from_secs(6));
    let late = sandbox.sts(session).get_caller_identity().send().await;
    assert_eq!(outcome(&late), (403, "ExpiredToken".to_owned()));
}
