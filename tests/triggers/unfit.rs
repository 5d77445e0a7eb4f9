//! Events that Cognito would not send: refused without a panic, and the next one is answered as if nothing had been.

use serde_json::{Value, json};

use crate::function::{Function, PROVIDERS};
use crate::runtime_api::Outcome;
use crate::sources::event;
use crate::table::Table;

const BOUND: usize = 1 << 20;

async fn is_well(function: &Function) -> bool {
    let asked = event("custom_message");
    function.invoke(&asked).await == Outcome::Response(asked.to_string())
}

#[tokio::test]
async fn what_is_no_event_is_refused() {
    let function = Function::start(&[]);
    let deep =
        format!("{}1{}", r#"{"triggerSource":"X_Y","a":"#.to_owned() + &"[".repeat(1000), "]".repeat(1000) + "}");
    let long_source = json!({"triggerSource": "x".repeat(129)}).to_string();
    for text in [
        "",
        "{",
        "nonsense",
        "null",
        "7",
        "[]",
        "{}",
        r#"{"triggerSource":null}"#,
        r#"{"triggerSource":["a"]}"#,
        r#"{"triggerSource":""}"#,
        &long_source,
        &deep,
    ] {
        assert!(function.invoke_text(text).await.is_refused(), "{}", text.chars().take(60).collect::<String>());
        assert!(is_well(&function).await);
    }
    assert!(!function.log().contains("panicked"));
}

#[tokio::test]
async fn an_event_of_one_mebibyte_is_answered_and_a_longer_one_is_refused() {
    let function = Function::start(&[]);
    let frame = json!({"triggerSource": "CustomMessage_SignUp", "x": ""}).to_string().len();
    let sized =
        |size: usize| json!({"triggerSource": "CustomMessage_SignUp", "x": "x".repeat(size - frame)}).to_string();
    assert_eq!(function.invoke_text(&sized(BOUND)).await, Outcome::Response(sized(BOUND)));
    assert!(function.invoke_text(&sized(BOUND + 1)).await.is_refused());
    assert!(function.invoke_text(&sized(6 * BOUND - 1000)).await.is_refused(), "Lambda's own bound");
    assert!(is_well(&function).await);
}

/// Each of these rests its decision on these members.
#[tokio::test]
async fn a_source_of_ours_without_what_it_rests_on_is_refused() {
    for table in Table::in_each().await {
        let [name, url] = table.variables();
        let function = Function::start(&[name, url, ("TRIGGERS_IDENTITY_PROVIDERS", PROVIDERS)]);
        for (name, members) in [
            (
                "pre_authentication",
                &["userPoolId", "request", "request/userAttributes", "request/userAttributes/sub"] as &[_],
            ),
            ("post_authentication", &["userPoolId", "request", "request/userAttributes", "request/userAttributes/sub"]),
            ("token_generation_v2", &["version", "userPoolId", "request", "request/userAttributes"]),
            ("inbound_federation_saml", &["request", "request/providerName", "request/attributes"]),
            ("pre_sign_up_external", &["userName", "request", "request/userAttributes"]),
            ("pre_sign_up", &["request", "request/userAttributes"]),
        ] {
            assert!(!function.invoke(&event(name)).await.is_refused(), "{name}");
            for member in members {
                for odd in [None, Some(Value::Null), Some(json!(7)), Some(json!([])), Some(json!(""))] {
                    let asked = with(event(name), member, odd.clone());
                    assert!(function.invoke(&asked).await.is_refused(), "{name} {member} {odd:?}");
                }
            }
        }
        let mut odd = event("pre_authentication");
        odd["request"]["userNotFound"] = "true".into();
        assert!(function.invoke(&odd).await.is_refused());
        for subject in ["x".repeat(129), "a#b".to_owned(), "a\nb".to_owned()] {
            let mut odd = event("pre_authentication");
            odd["request"]["userAttributes"]["sub"] = subject.into();
            assert!(function.invoke(&odd).await.is_refused());
        }
        assert_eq!(table.records().await, 0, "{}: the one attempt was followed by a success", table.server);
        assert!(is_well(&function).await);
    }
}

/// The event with this member left out or replaced.
fn with(mut event: Value, path: &str, value: Option<Value>) -> Value {
    let (parent, member) = path.rsplit_once('/').unwrap_or(("", path));
    let pointer = if parent.is_empty() { String::new() } else { format!("/{parent}") };
    let parent = event.pointer_mut(&pointer).unwrap().as_object_mut().unwrap();
    match value {
        None => drop(parent.remove(member)),
        Some(value) => drop(parent.insert(member.to_owned(), value)),
    }
    event
}
