//! Every trigger source that Cognito documents: decided where it must be, answered as it came everywhere else.

use serde_json::{Value, json};

use crate::function::{Function, PROVIDERS};
use crate::runtime_api::Outcome;

/// What is to become of an event.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Fate {
    AsItCame,
    NewResponse,
}

macro_rules! events {
    ($($name:literal: $fate:ident [$($source:literal),+ $(,)?]),+ $(,)?) => {
        &[$((include_str!(concat!("events/", $name, ".json")), Fate::$fate, &[$($source),+] as &[&str])),+]
    };
}

/// A file of `events/`, the fate of its events, and every source of its shape.
pub(crate) const EVENTS: &[(&str, Fate, &[&str])] = events! {
    "pre_authentication": AsItCame ["PreAuthentication_Authentication"],
    "post_authentication": AsItCame ["PostAuthentication_Authentication"],
    "post_confirmation": AsItCame ["PostConfirmation_ConfirmSignUp", "PostConfirmation_ConfirmForgotPassword"],
    "pre_sign_up": AsItCame ["PreSignUp_SignUp", "PreSignUp_AdminCreateUser"],
    "pre_sign_up_external": AsItCame ["PreSignUp_ExternalProvider"],
    "token_generation_v1": NewResponse [
        "TokenGeneration_HostedAuth", "TokenGeneration_Authentication", "TokenGeneration_NewPasswordChallenge",
        "TokenGeneration_AuthenticateDevice", "TokenGeneration_RefreshTokens",
    ],
    "token_generation_v2": NewResponse [
        "TokenGeneration_HostedAuth", "TokenGeneration_Authentication", "TokenGeneration_NewPasswordChallenge",
        "TokenGeneration_AuthenticateDevice", "TokenGeneration_RefreshTokens",
    ],
    "token_generation_federated": NewResponse ["TokenGeneration_HostedAuth", "TokenGeneration_RefreshTokens"],
    "token_generation_client": AsItCame ["TokenGeneration_ClientCredentials"],
    "inbound_federation_saml": NewResponse ["InboundFederation_ExternalProvider"],
    "inbound_federation_oidc": NewResponse ["InboundFederation_ExternalProvider"],
    "define_auth_challenge": AsItCame ["DefineAuthChallenge_Authentication"],
    "create_auth_challenge": AsItCame ["CreateAuthChallenge_Authentication"],
    "verify_auth_challenge": AsItCame ["VerifyAuthChallengeResponse_Authentication"],
    "custom_message": AsItCame [
        "CustomMessage_SignUp", "CustomMessage_AdminCreateUser", "CustomMessage_ResendCode",
        "CustomMessage_ForgotPassword", "CustomMessage_UpdateUserAttribute", "CustomMessage_VerifyUserAttribute",
        "CustomMessage_Authentication",
    ],
    "user_migration": AsItCame ["UserMigration_Authentication", "UserMigration_ForgotPassword"],
    "custom_sender": AsItCame [
        "CustomEmailSender_SignUp", "CustomEmailSender_ResendCode", "CustomEmailSender_ForgotPassword",
        "CustomEmailSender_UpdateUserAttribute", "CustomEmailSender_VerifyUserAttribute",
        "CustomEmailSender_AdminCreateUser", "CustomEmailSender_AccountTakeOverNotification",
        "CustomEmailSender_Authentication", "CustomSMSSender_SignUp", "CustomSMSSender_ResendCode",
        "CustomSMSSender_ForgotPassword", "CustomSMSSender_UpdateUserAttribute",
        "CustomSMSSender_VerifyUserAttribute", "CustomSMSSender_AdminCreateUser", "CustomSMSSender_Authentication",
        "ALaterTrigger_OfAnotherYear",
    ],
};

/// The first event of a file, as it is.
pub(crate) fn event(name: &str) -> Value {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/triggers/events/{name}.json"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// What a later Cognito may add, everywhere: whole numbers to the last digit, and names that mean nothing to us.
fn from_a_later_year(mut event: Value) -> Value {
    let more = json!({"big": u64::MAX, "small": i64::MIN, "ratio": 0.1, "deep": [{"x": null}], "é\u{1F980}": "\"\\/"});
    for pointer in ["", "/callerContext", "/request", "/response"] {
        event.pointer_mut(pointer).unwrap()["later"] = more.clone();
    }
    event
}

#[tokio::test]
async fn every_source_is_answered_with_the_whole_event() {
    let function = Function::start(&[("TRIGGERS_IDENTITY_PROVIDERS", PROVIDERS)]);
    for (text, fate, sources) in EVENTS {
        for source in *sources {
            let mut asked = from_a_later_year(serde_json::from_str(text).unwrap());
            asked["triggerSource"] = (*source).into();
            let mut answer = function.invoke(&asked).await.json();
            if *fate == Fate::NewResponse {
                assert_ne!(answer["response"], asked["response"], "{source} is decided");
                assert_eq!(answer["response"]["later"], asked["response"]["later"], "{source}");
                answer["response"] = asked["response"].clone();
            }
            assert_eq!(answer, asked, "{source}");
        }
    }
}

#[tokio::test]
async fn what_is_not_decided_comes_back_byte_for_byte() {
    let function = Function::start(&[]);
    let text = r#"{ "triggerSource" : "CustomMessage_SignUp", "n": 1234567890123456789012345.000, "n": 1e-400, "u": "\u00e9" }"#;
    assert_eq!(function.invoke_text(text).await, Outcome::Response(text.to_owned()));
}

#[tokio::test]
async fn a_native_access_token_gets_the_tenant_keeps_its_groups_and_loses_the_admin_scope() {
    let function = Function::start(&[]);
    let answer = function.invoke(&event("token_generation_v2")).await.json();
    let role = "arn:aws:iam::123456789012:role/readers";
    assert_eq!(
        answer["response"],
        json!({"claimsAndScopeOverrideDetails": {
            "accessTokenGeneration": {
                "claimsToAddOrOverride": {"custom:customerName": "acme"},
                "scopesToSuppress": ["aws.cognito.signin.user.admin"]
            },
            "groupOverrideDetails": {
                "groupsToOverride": ["tenant-admins"], "iamRolesToOverride": [role], "preferredRole": role
            }
        }})
    );
}

#[tokio::test]
async fn another_claim_can_carry_the_tenant() {
    let function = Function::start(&[("TRIGGERS_TENANT_CLAIM", "custom:plan")]);
    let mut asked = event("token_generation_v2");
    asked["request"]["userAttributes"]["custom:plan"] = "gold".into();
    let answer = function.invoke(&asked).await.json();
    let access_token = &answer["response"]["claimsAndScopeOverrideDetails"]["accessTokenGeneration"];
    assert_eq!(access_token["claimsToAddOrOverride"], json!({"custom:plan": "gold"}));
}

#[tokio::test]
async fn a_provider_that_names_a_foreign_tenant_gets_nowhere_at_any_of_three_gates() {
    let function = Function::start(&[("TRIGGERS_IDENTITY_PROVIDERS", PROVIDERS)]);
    for (name, pointer, foreign) in [
        ("inbound_federation_saml", "/request/attributes/samlResponse/given_name", None),
        ("inbound_federation_saml", "/request/attributes/samlResponse", Some("customerName")),
        ("inbound_federation_oidc", "/request/attributes/idToken", Some("custom:customerName")),
        ("pre_sign_up_external", "/request/userAttributes", Some("custom:customerName")),
        ("token_generation_federated", "/request/userAttributes", Some("custom:customerName")),
    ] {
        let mut asked = event(name);
        if let Some(foreign) = foreign {
            asked.pointer_mut(pointer).unwrap()[foreign] = "globex".into();
        }
        let outcome = function.invoke(&asked).await;
        assert_eq!(outcome.is_refused(), foreign.is_some(), "{name} {outcome:?}");
        if let Outcome::Error(kind, message) = outcome {
            assert_eq!(
                (kind.as_str(), message.as_str()),
                ("Refused", "Sign-in is not possible with this account. Ask your administrator.")
            );
        }
    }
}

#[tokio::test]
async fn without_bindings_nobody_comes_in_from_a_provider() {
    let function = Function::start(&[]);
    for name in
        ["inbound_federation_saml", "inbound_federation_oidc", "pre_sign_up_external", "token_generation_federated"]
    {
        assert!(function.invoke(&event(name)).await.is_refused(), "{name}");
    }
}

#[tokio::test]
async fn who_signs_up_alone_cannot_choose_a_tenant_and_an_administrator_can_give_one() {
    let function = Function::start(&[]);
    let mut asked = event("pre_sign_up");
    asked["request"]["userAttributes"]["custom:customerName"] = "acme".into();
    assert!(function.invoke(&asked).await.is_refused());
    asked["triggerSource"] = "PreSignUp_AdminCreateUser".into();
    assert_eq!(function.invoke(&asked).await.json(), asked);
}
