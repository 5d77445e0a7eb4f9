//! Do tokens say the right tenant, of the right people, and keep everything else?

use proptest::prelude::*;
use serde_json::json;

use super::*;

const POOL: &str = "eu-central-1_AbC123";

fn settings() -> Triggers {
    let providers = r#"{"CAS-SSO": {"tenant": "acme"}, "Globex": {"tenant": "globex"}, "Acme2": {"tenant": "acme"}}"#;
    Triggers::from_variables([("TRIGGERS_IDENTITY_PROVIDERS", providers)]).unwrap()
}

fn event(version: &str, attributes: &Value, groups: &Value) -> Value {
    json!({
        "version": version,
        "triggerSource": "TokenGeneration_HostedAuth",
        "userPoolId": POOL,
        "request": {"userAttributes": attributes, "groupConfiguration": groups, "scopes": ["openid"]},
        "response": {"claimsAndScopeOverrideDetails": null}
    })
}

/// Somebody whom these identity providers vouch for.
fn federated(providers: &[&str], tenant: Option<&str>) -> Value {
    let identities: Vec<Value> = providers.iter().map(|name| json!({"userId": "7", "providerName": name})).collect();
    let identities = serde_json::to_string(&identities).unwrap();
    let mut attributes = json!({"sub": "s", "identities": identities, "cognito:user_status": "EXTERNAL_PROVIDER"});
    if let Some(tenant) = tenant {
        attributes["custom:customerName"] = tenant.into();
    }
    attributes
}

fn in_groups(groups: &[&str]) -> Value {
    json!({"groupsToOverride": groups, "iamRolesToOverride": ["arn:aws:iam::1:role/r"], "preferredRole": null})
}

fn answered(event: &Value) -> Result<Value, Refusal> {
    let mut event = Event::parse(&event.to_string())?;
    customise(&mut event, &settings())?;
    Ok(serde_json::to_value(&event).unwrap())
}

fn access_token(event: &Value) -> Value {
    let answer = answered(event).unwrap();
    answer["response"]["claimsAndScopeOverrideDetails"]["accessTokenGeneration"].clone()
}

#[test]
fn the_access_token_gets_the_tenant_and_loses_the_admin_scope() {
    let native = json!({"sub": "s", "custom:customerName": "acme"});
    let token = access_token(&event("2", &native, &in_groups(&["tenant-admins"])));
    let expected = json!({
        "claimsToAddOrOverride": {"custom:customerName": "acme"},
        "scopesToSuppress": ["aws.cognito.signin.user.admin"]
    });
    assert_eq!(token, expected);
    assert_eq!(access_token(&event("3", &native, &in_groups(&[]))), expected);
}

#[test]
fn without_a_tenant_nothing_is_added_and_the_admin_scope_still_goes() {
    for attributes in [json!({"sub": "s"}), json!({"custom:customerName": ""}), json!({"custom:customerName": null})] {
        let token = access_token(&event("2", &attributes, &in_groups(&[])));
        assert_eq!(token, json!({"scopesToSuppress": ["aws.cognito.signin.user.admin"]}));
    }
}

#[test]
fn groups_are_copied_without_nulls_and_never_named_when_there_are_none() {
    let details = |groups: &Value| {
        let answer = answered(&event("2", &json!({"sub": "s"}), groups)).unwrap();
        answer["response"]["claimsAndScopeOverrideDetails"].as_object().unwrap().get("groupOverrideDetails").cloned()
    };
    let kept = details(&in_groups(&["platform-admins", "b"]));
    let expected =
        json!({"groupsToOverride": ["platform-admins", "b"], "iamRolesToOverride": ["arn:aws:iam::1:role/r"]});
    assert_eq!(kept, Some(expected));
    for none in [json!({}), json!(null), in_groups(&[]), json!({"groupsToOverride": null})] {
        assert_eq!(details(&none), None, "{none}");
    }
}

#[test]
fn what_the_response_holds_already_stays() {
    let mut event = event("2", &json!({"custom:customerName": "acme"}), &in_groups(&["b"]));
    event["response"] = json!({
        "later": 1,
        "claimsAndScopeOverrideDetails": {
            "idTokenGeneration": {"claimsToSuppress": ["email"]},
            "accessTokenGeneration": {
                "claimsToAddOrOverride": {"plan": "gold"}, "scopesToAdd": ["a"], "scopesToSuppress": ["b"]
            },
            "groupOverrideDetails": {"groupsToOverride": ["chosen"]}
        }
    });
    let expected = json!({
        "later": 1,
        "claimsAndScopeOverrideDetails": {
            "idTokenGeneration": {"claimsToSuppress": ["email"]},
            "accessTokenGeneration": {
                "claimsToAddOrOverride": {"plan": "gold", "custom:customerName": "acme"}, "scopesToAdd": ["a"],
                "scopesToSuppress": ["b", "aws.cognito.signin.user.admin"]
            },
            "groupOverrideDetails": {"groupsToOverride": ["chosen"]}
        }
    });
    assert_eq!(answered(&event).unwrap()["response"], expected);
    event["response"]["claimsAndScopeOverrideDetails"]["groupOverrideDetails"] = json!({"groupsToOverride": []});
    let details = &answered(&event).unwrap()["response"]["claimsAndScopeOverrideDetails"];
    assert_eq!(details["groupOverrideDetails"]["groupsToOverride"], json!(["b"]), "nothing takes the groups away");
}

#[test]
fn somebody_of_a_provider_has_the_tenant_that_the_provider_is_bound_to() {
    let group = format!("{POOL}_CAS-SSO");
    let own = event("2", &federated(&["CAS-SSO"], Some("acme")), &in_groups(&[&group]));
    assert_eq!(access_token(&own)["claimsToAddOrOverride"], json!({"custom:customerName": "acme"}));
}

#[test]
fn a_foreign_a_missing_and_an_unbound_tenant_are_refused_also_to_administrators() {
    let groups = in_groups(&["platform-admins", &format!("{POOL}_CAS-SSO"), &format!("{POOL}_Globex")]);
    let refused = |attributes: &Value| answered(&event("2", attributes, &groups)).unwrap_err();
    assert!(matches!(refused(&federated(&["CAS-SSO"], Some("globex"))), Refusal::ForeignTenant));
    assert!(matches!(refused(&federated(&["CAS-SSO"], Some("ACME"))), Refusal::ForeignTenant));
    assert!(matches!(refused(&federated(&["CAS-SSO"], None)), Refusal::NoTenant));
    assert!(matches!(refused(&federated(&["CAS-SSO"], Some(""))), Refusal::NoTenant));
    assert!(matches!(refused(&federated(&["Rogue"], Some("acme"))), Refusal::UnboundProvider));
    assert!(matches!(refused(&federated(&["cas-sso"], Some("acme"))), Refusal::UnboundProvider));
    assert!(matches!(refused(&federated(&[], Some("acme"))), Refusal::UnboundProvider));
}

#[test]
fn every_provider_that_vouches_must_be_bound_to_that_tenant() {
    let groups = in_groups(&[&format!("{POOL}_CAS-SSO"), &format!("{POOL}_Acme2"), &format!("{POOL}_Globex")]);
    let answer = |providers: &[&str]| answered(&event("2", &federated(providers, Some("acme")), &groups));
    assert!(answer(&["CAS-SSO", "Acme2"]).is_ok());
    assert!(matches!(answer(&["CAS-SSO", "Globex"]), Err(Refusal::ForeignTenant)));
    assert!(matches!(answer(&["Globex", "CAS-SSO"]), Err(Refusal::ForeignTenant)));
    assert!(matches!(answer(&["CAS-SSO", "Rogue"]), Err(Refusal::UnboundProvider)));
}

#[test]
fn the_tenant_stays_out_of_an_access_token_whose_groups_do_not_name_the_provider() {
    let foreign = format!("{POOL}_Globex");
    let other_pool = "eu-central-1_Other_CAS-SSO";
    for groups in [&[] as &[&str], &["CAS-SSO"], &[&foreign], &[other_pool], &["tenant-admins"]] {
        let token = access_token(&event("2", &federated(&["CAS-SSO"], Some("acme")), &in_groups(groups)));
        assert_eq!(token, json!({"scopesToSuppress": ["aws.cognito.signin.user.admin"]}), "{groups:?}");
    }
    let one_of_two = in_groups(&[&format!("{POOL}_CAS-SSO")]);
    let token = access_token(&event("2", &federated(&["CAS-SSO", "Acme2"], Some("acme")), &one_of_two));
    assert!(token.get("claimsToAddOrOverride").is_none());
}

#[test]
fn the_first_version_keeps_groups_holds_the_binding_and_touches_no_access_token() {
    let mut native = event("1", &json!({"custom:customerName": "acme"}), &in_groups(&["b"]));
    native["response"] = json!({"claimsOverrideDetails": null});
    let expected = json!({"claimsOverrideDetails": {"groupOverrideDetails": {
        "groupsToOverride": ["b"], "iamRolesToOverride": ["arn:aws:iam::1:role/r"]}}});
    assert_eq!(answered(&native).unwrap()["response"], expected);
    let foreign = event("1", &federated(&["CAS-SSO"], Some("globex")), &in_groups(&[]));
    assert!(matches!(answered(&foreign), Err(Refusal::ForeignTenant)));
}

#[test]
fn what_is_missing_or_of_another_type_is_refused() {
    let good = event("2", &federated(&["CAS-SSO"], Some("acme")), &in_groups(&["b"]));
    assert!(answered(&good).is_ok());
    for (pointer, bad) in [
        ("/version", json!(2)),
        ("/userPoolId", json!("")),
        ("/request", json!([])),
        ("/request/userAttributes", json!(null)),
        ("/request/userAttributes/custom:customerName", json!(["acme"])),
        ("/request/userAttributes/identities", json!("[1]")),
        ("/request/userAttributes/identities", json!("{}")),
        ("/request/userAttributes/identities", json!("[{}]")),
        ("/request/userAttributes/identities", json!([{"providerName": "CAS-SSO"}])),
        ("/request/groupConfiguration/groupsToOverride", json!("b")),
        ("/request/groupConfiguration/groupsToOverride", json!([1])),
        ("/response", json!("none")),
        ("/response/claimsAndScopeOverrideDetails", json!([])),
    ] {
        let mut event = good.clone();
        *event.pointer_mut(pointer).unwrap() = bad.clone();
        assert!(matches!(answered(&event), Err(Refusal::Malformed(_))), "{pointer} {bad}");
    }
}

/// The members that a decision rests on, or that an answer goes into.
const PLACES: [&str; 10] = [
    "/version",
    "/userPoolId",
    "/request",
    "/request/userAttributes",
    "/request/userAttributes/custom:customerName",
    "/request/groupConfiguration",
    "/request/groupConfiguration/groupsToOverride",
    "/response",
    "/response/claimsAndScopeOverrideDetails",
    "/response/claimsAndScopeOverrideDetails/accessTokenGeneration",
];

/// Anything that JSON can say, some of it close to what is expected.
fn odd_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-z:_#]{0,8}|acme|2|\\PC{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let name = "custom:customerName|scopesToSuppress|groupsToOverride|claimsToAddOrOverride|identities|[a-z]{1,4}";
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(name, inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    /// Whatever the providers and the attribute: a federated person's access token names no tenant but the one that all are bound to.
    #[test]
    fn no_provider_speaks_for_another_tenant(
        providers in proptest::collection::vec("CAS-SSO|Globex|Acme2|Rogue|cas-sso", 1..4),
        tenant in proptest::option::of("acme|globex|umbrella|"),
        groups in proptest::collection::vec("CAS-SSO|Globex|Acme2|Rogue", 0..4),
    ) {
        let names: Vec<&str> = providers.iter().map(String::as_str).collect();
        let groups: Vec<String> = groups.iter().map(|name| format!("{POOL}_{name}")).collect();
        let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
        let event = event("2", &federated(&names, tenant.as_deref()), &in_groups(&groups));
        if let Ok(answer) = answered(&event) {
            let bound = |name: &&str| match *name { "CAS-SSO" | "Acme2" => Some("acme"), "Globex" => Some("globex"), _ => None };
            prop_assert!(names.iter().all(|name| bound(name).is_some() && bound(name) == tenant.as_deref()));
            let claims = &answer["response"]["claimsAndScopeOverrideDetails"]["accessTokenGeneration"]["claimsToAddOrOverride"];
            let named = names.iter().all(|name| groups.contains(&format!("{POOL}_{name}").as_str()));
            prop_assert_eq!(claims.is_object(), named);
        }
    }

    /// Whatever stands in the place of one of its members: an answer, with the admin scope taken out, or a refusal.
    #[test]
    fn an_event_that_is_bent_gets_an_answer_or_a_refusal(
        place in proptest::sample::select(PLACES.to_vec()),
        odd in odd_value(),
        is_federated in any::<bool>(),
    ) {
        let native = json!({"sub": "s", "custom:customerName": "acme"});
        let attributes = if is_federated { federated(&["CAS-SSO"], Some("acme")) } else { native };
        let mut event = event("2", &attributes, &in_groups(&[&format!("{POOL}_CAS-SSO")]));
        event["response"]["claimsAndScopeOverrideDetails"] = json!({"accessTokenGeneration": {"claimsToAddOrOverride": {}}});
        *event.pointer_mut(place).unwrap() = odd;
        if let Ok(answer) = answered(&event) {
            let token = &answer["response"]["claimsAndScopeOverrideDetails"]["accessTokenGeneration"];
            let suppressed = token["scopesToSuppress"].as_array().cloned().unwrap_or_default();
            let is_v1 = answer["version"] != "2" && answer["version"] != "3";
            prop_assert!(is_v1 || suppressed.contains(&json!("aws.cognito.signin.user.admin")), "{}", answer);
        }
    }
}
