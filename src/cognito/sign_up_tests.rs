//! Does nobody become a user with a foreign, a chosen or, from a provider, without a tenant?

use serde_json::{Value, json};

use super::*;

fn settings() -> Triggers {
    let providers = r#"{"CAS-SSO": {"tenant": "acme"}, "G_obex": {"tenant": "globex"}}"#;
    Triggers::from_variables([("TRIGGERS_IDENTITY_PROVIDERS", providers)]).unwrap()
}

fn event(user_name: &str, attributes: &Value) -> Event {
    let event = json!({"userName": user_name, "request": {"userAttributes": attributes}});
    Event::parse(&event.to_string()).unwrap()
}

fn federated(user_name: &str, tenant: &Value) -> Result<(), Refusal> {
    admit_federated(&event(user_name, &json!({"email": "e", "custom:customerName": tenant})), &settings())
}

#[test]
fn a_person_of_a_bound_provider_comes_in_with_its_tenant() {
    assert!(federated("CAS-SSO_jane@acme.example", &json!("acme")).is_ok());
    assert!(federated("cas-sso_jane_doe", &json!("acme")).is_ok());
    assert!(federated("G_obex_1", &json!("globex")).is_ok());
}

#[test]
fn a_person_without_that_tenant_does_not() {
    for foreign in ["globex", "ACME", "acme "] {
        assert!(matches!(federated("CAS-SSO_1", &json!(foreign)), Err(Refusal::ForeignTenant)), "{foreign}");
    }
    for none in [json!(""), json!(null)] {
        assert!(matches!(federated("CAS-SSO_1", &none), Err(Refusal::NoTenant)), "{none}");
    }
    assert!(matches!(admit_federated(&event("CAS-SSO_1", &json!({})), &settings()), Err(Refusal::NoTenant)));
}

#[test]
fn a_person_of_an_unbound_provider_does_not() {
    for unbound in ["Rogue_1", "CAS_1", "CAS-SSO", "G_1", "jane"] {
        assert!(matches!(federated(unbound, &json!("acme")), Err(Refusal::UnboundProvider)), "{unbound}");
    }
}

#[test]
fn who_signs_up_alone_names_no_tenant_not_even_an_empty_one() {
    let sign_up = |attributes: &Value| admit_native(&event("jane", attributes), &settings());
    assert!(sign_up(&json!({"email": "e", "custom:plan": "gold"})).is_ok());
    for (name, tenant) in [
        ("custom:customerName", json!("acme")),
        ("custom:customerName", json!("")),
        ("CUSTOM:customername", json!(null)),
    ] {
        assert!(matches!(sign_up(&json!({name: tenant})), Err(Refusal::ChosenTenant)), "{name} {tenant}");
    }
}

#[test]
fn what_is_missing_or_of_another_type_is_refused() {
    assert!(matches!(federated("", &json!("acme")), Err(Refusal::Malformed(_))));
    assert!(matches!(federated(&format!("CAS-SSO_{}", "x".repeat(121)), &json!("acme")), Err(Refusal::Malformed(_))));
    assert!(federated(&format!("CAS-SSO_{}", "x".repeat(120)), &json!("acme")).is_ok());
    assert!(matches!(federated("CAS-SSO_1", &json!(["acme"])), Err(Refusal::Malformed(_))));
    assert!(matches!(admit_native(&event("jane", &json!([])), &settings()), Err(Refusal::Malformed(_))));
}
