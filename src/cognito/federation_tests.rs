//! Does an identity provider's person get the provider's tenant, and no provider another's?

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn settings() -> Triggers {
    let providers = r#"{"CAS-SSO": {"tenant": "acme"}, "Globex": {"tenant": "globex"}}"#;
    Triggers::from_variables([("TRIGGERS_IDENTITY_PROVIDERS", providers)]).unwrap()
}

fn event(provider: &str, attributes: &Value) -> Value {
    json!({
        "version": "1",
        "triggerSource": "InboundFederation_ExternalProvider",
        "request": {"providerName": provider, "providerType": "SAML", "attributes": attributes},
        "response": {"userAttributesToMap": {}, "later": true}
    })
}

fn mapped(event: &Value) -> Result<Value, Refusal> {
    let mut event = Event::parse(&event.to_string())?;
    bind(&mut event, &settings())?;
    let answer = serde_json::to_value(&event).unwrap();
    assert_eq!(answer["response"]["later"], true, "what else the response holds stays");
    Ok(answer["response"]["userAttributesToMap"].clone())
}

#[test]
fn every_attribute_is_copied_and_the_tenant_is_the_bound_one() {
    let said = json!({"samlResponse": {"email": "jane@acme.example", "groups": "a,b", "age": 7}});
    let expected = json!({
        "email": "jane@acme.example", "groups": "a,b", "age": 7, "customerName": "acme", "custom:customerName": "acme"
    });
    assert_eq!(mapped(&event("CAS-SSO", &said)).unwrap(), expected);
}

#[test]
fn the_id_token_goes_over_the_user_info_and_the_tokens_are_not_attributes() {
    let said = json!({
        "tokenResponse": {"access_token": "secret"},
        "idToken": {"sub": "7", "email": "of-the-token"},
        "userInfo": {"email": "of-the-info", "given_name": "Jane"},
        "samlResponse": null
    });
    let expected = json!({
        "sub": "7", "email": "of-the-token", "given_name": "Jane", "customerName": "globex", "custom:customerName": "globex"
    });
    assert_eq!(mapped(&event("Globex", &said)).unwrap(), expected);
}

#[test]
fn a_foreign_tenant_is_refused_wherever_and_however_it_is_named() {
    for name in [
        "customerName",
        "custom:customerName",
        "CUSTOMERNAME",
        "Custom:CustomerName",
        "https://acme.example/claims/customerName",
        "urn:acme:customerName",
        "http://acme.example/claims#customerName",
        "com.acme.customerName",
    ] {
        for part in ["samlResponse", "idToken", "userInfo", "tokenResponse"] {
            for foreign in [
                json!("globex"),
                json!("ACME"),
                json!("acme "),
                json!(""),
                json!(null),
                json!(["acme", "globex"]),
                json!(["globex"]),
                json!("[acme]"),
                json!({"acme": 1}),
                json!([["acme"]]),
            ] {
                let said = json!({"samlResponse": {"email": "e"}, part: {name: foreign, "email": "e"}});
                assert!(
                    matches!(mapped(&event("CAS-SSO", &said)), Err(Refusal::ForeignTenant)),
                    "{part} {name} {foreign}"
                );
            }
        }
    }
}

#[test]
fn its_own_tenant_may_be_named() {
    let name = "https://acme.example/claims/customerName";
    for own in [json!("acme"), json!(["acme"])] {
        let answer = mapped(&event("CAS-SSO", &json!({"samlResponse": {name: own}}))).unwrap();
        assert_eq!(answer, json!({name: "acme", "customerName": "acme", "custom:customerName": "acme"}));
    }
}

#[test]
fn names_that_only_look_alike_are_attributes_as_any_other() {
    let said = json!({"samlResponse": {"customerNames": "globex", "xcustomerName": "x", "customerName/x": "y"}});
    assert_eq!(mapped(&event("CAS-SSO", &said)).unwrap()["customerNames"], "globex");
}

#[test]
fn an_unknown_provider_is_refused() {
    for unknown in ["Rogue", "cas-sso", "CAS-SSO ", "CAS"] {
        let refused = mapped(&event(unknown, &json!({"samlResponse": {"email": "e"}})));
        assert!(matches!(refused, Err(Refusal::UnboundProvider)), "{unknown}");
    }
}

#[test]
fn what_is_missing_or_of_another_type_is_refused() {
    for attributes in [
        json!(null),
        json!([]),
        json!({}),
        json!({"samlResponse": "x"}),
        json!({"samlResponse": {}}),
        json!({"tokenResponse": {"a": "b"}}),
    ] {
        assert!(matches!(mapped(&event("CAS-SSO", &attributes)), Err(Refusal::Malformed(_))), "{attributes}");
    }
    let long = "x".repeat(129);
    for provider in ["", "a\u{7}", &"x".repeat(33), &long] {
        let refused = mapped(&event(provider, &json!({"samlResponse": {"email": "e"}})));
        assert!(matches!(refused, Err(Refusal::Malformed(_))), "{provider:?}");
    }
}

proptest! {
    /// Whatever a provider says, the only tenant that comes out is its own.
    #[test]
    fn no_tenant_but_the_bound_one_comes_out(
        names in proptest::collection::vec("(custom:|urn:|https://a/)?(customerName|email|CUSTOMERNAME)", 0..5),
        values in proptest::collection::vec("acme|globex|", 5),
        part in "samlResponse|idToken|userInfo",
    ) {
        let said: Map<String, Value> = names.into_iter().zip(values.into_iter().map(Value::from)).collect();
        if let Ok(Value::Object(answer)) = mapped(&event("CAS-SSO", &json!({part: said}))) {
            for (name, value) in answer {
                prop_assert!(!name.to_lowercase().ends_with("customername") || value == "acme", "{name} {value}");
            }
        }
    }
}
