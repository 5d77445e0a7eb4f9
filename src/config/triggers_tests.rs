//! Are good variables of the triggers taken, and bad ones refused with every fault by name?

use proptest::prelude::*;

use super::*;

fn providers(json: &str) -> Result<Triggers, Faults> {
    Triggers::from_variables([("TRIGGERS_IDENTITY_PROVIDERS", json)])
}

fn name(text: &str) -> ProviderName {
    ProviderName::parse(text).unwrap()
}

#[test]
fn no_variable_is_needed_and_then_nobody_is_locked_out_and_no_provider_is_known() {
    let triggers = Triggers::from_variables([("PATH", "/bin"), ("AWS_REGION", "eu-central-1")]).unwrap();
    assert_eq!(triggers.tenant_claim, "custom:customerName");
    assert!(triggers.lockout.is_none());
    assert!(triggers.identity_providers.tenant_of(&name("CAS-SSO")).is_none());
}

#[test]
fn every_variable_is_read() {
    let triggers = Triggers::from_variables([
        ("TRIGGERS_TENANT_CLAIM", "custom:tenant"),
        ("TRIGGERS_IDENTITY_PROVIDERS", r#"{"CAS-SSO": {"tenant": "acme"}}"#),
        ("TRIGGERS_LOCKOUT_TABLE", "attempts"),
        ("TRIGGERS_LOCKOUT_ATTEMPTS", "3"),
        ("TRIGGERS_LOCKOUT_DURATION", "90s"),
        ("TRIGGERS_LOCKOUT_OUTAGE", "closed"),
    ])
    .unwrap();
    assert_eq!(triggers.tenant_claim, "custom:tenant");
    assert_eq!(triggers.identity_providers.tenant_of(&name("CAS-SSO")).unwrap().as_str(), "acme");
    let lockout = triggers.lockout.unwrap();
    assert_eq!(lockout.table, "attempts");
    assert_eq!(lockout.policy, LockoutPolicy { attempts: 3, duration: Duration::from_secs(90) });
    assert_eq!(lockout.outage, Outage::Closed);
}

#[test]
fn with_a_table_the_defaults_are_five_attempts_fifteen_minutes_and_open() {
    let lockout = Triggers::from_variables([("TRIGGERS_LOCKOUT_TABLE", "attempts")]).unwrap().lockout.unwrap();
    assert_eq!(lockout.policy, LockoutPolicy { attempts: 5, duration: Duration::from_secs(900) });
    assert_eq!(lockout.outage, Outage::Open);
}

#[test]
fn every_fault_is_named_at_once_also_a_variable_that_is_none() {
    let faults = Triggers::from_variables([
        ("TRIGGERS_TENANT_CLAIM", "customerName"),
        ("TRIGGERS_IDENTITY_PROVIDERS", "[]"),
        ("TRIGGERS_LOCKOUT_TABLE", ""),
        ("TRIGGERS_LOCKOUT_ATTEMPTS", "0"),
        ("TRIGGERS_LOCKOUT_DURATION", "2days"),
        ("TRIGGERS_LOCKOUT_OUTAGE", "ajar"),
        ("TRIGGERS_LOCKOUT_ATEMPTS", "5"),
    ])
    .unwrap_err();
    let named: Vec<_> = faults.0.iter().map(|fault| fault.setting.as_str()).collect();
    assert_eq!(
        named,
        [
            "TRIGGERS_TENANT_CLAIM",
            "TRIGGERS_IDENTITY_PROVIDERS",
            "TRIGGERS_LOCKOUT_TABLE",
            "TRIGGERS_LOCKOUT_ATTEMPTS",
            "TRIGGERS_LOCKOUT_DURATION",
            "TRIGGERS_LOCKOUT_OUTAGE",
            "TRIGGERS_LOCKOUT_ATEMPTS",
        ]
    );
}

#[test]
fn a_binding_names_a_provider_and_a_tenant_and_nothing_else() {
    let long = "x".repeat(33);
    for bad in [
        "",
        "null",
        r#"{"A": "acme"}"#,
        r#"{"A": {}}"#,
        r#"{"A": {"tenant": ""}}"#,
        r#"{"A": {"tenant": " acme"}}"#,
        r#"{"A": {"tenant": 7}}"#,
        r#"{"A": {"tenant": "acme", "tenants": []}}"#,
        r#"{"": {"tenant": "acme"}}"#,
        &format!(r#"{{"{long}": {{"tenant": "acme"}}}}"#),
    ] {
        assert!(providers(bad).is_err(), "{bad}");
    }
}

#[test]
fn two_providers_whose_users_could_be_mistaken_are_refused() {
    for (one, other) in [("Acme", "acme"), ("acme", "acme_eu"), ("ACME_eu", "acme"), ("a_b", "a")] {
        let json = format!(r#"{{"{one}": {{"tenant": "one"}}, "{other}": {{"tenant": "other"}}}}"#);
        assert!(providers(&json).is_err(), "{json}");
    }
    assert!(
        providers(r#"{"acme": {"tenant": "one"}, "acme-eu": {"tenant": "other"}, "a_me": {"tenant": "b"}}"#).is_ok()
    );
}

#[test]
fn a_user_name_tells_its_provider_whatever_its_case_and_underscores() {
    let bindings = providers(r#"{"CAS-SSO": {"tenant": "acme"}, "C_AS": {"tenant": "globex"}}"#).unwrap();
    let tenant = |user: &str| bindings.identity_providers.tenant_of_user_name(user).map(ClaimValue::as_str);
    assert_eq!(tenant("CAS-SSO_jane@acme.example"), Some("acme"));
    assert_eq!(tenant("cas-sso_Jane_Doe"), Some("acme"));
    assert_eq!(tenant("C_AS_1"), Some("globex"));
    for foreign in ["", "CAS-SSO", "CAS-SSOX_1", "CAS_1", "C_1", "XCAS-SSO_1", "_CAS-SSO_1"] {
        assert_eq!(tenant(foreign), None, "{foreign}");
    }
}

proptest! {
    #[test]
    fn no_text_of_bindings_makes_it_panic(text in ".*") {
        let _ = providers(&text);
    }
}
