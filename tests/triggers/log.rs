//! The log says what was decided of which account, and nothing of the person.

use serde_json::{Value, json};

use crate::function::{Function, PROVIDERS};
use crate::sources::{EVENTS, event};
use crate::table::Table;

#[tokio::test]
async fn no_line_holds_a_persons_name_address_or_attribute() {
    for table in Table::in_each().await {
        let [name, url] = table.variables();
        let function = Function::start(&[name, url, ("TRIGGERS_IDENTITY_PROVIDERS", PROVIDERS)]);
        let mut asked = 0;
        for (text, _fate, sources) in EVENTS {
            for source in *sources {
                let mut event: Value = serde_json::from_str(text).unwrap();
                event["triggerSource"] = (*source).into();
                function.invoke(&event).await;
                // The same, refused wherever it can be.
                event["request"]["userAttributes"]["custom:customerName"] = json!(["jane.roe@acme.example"]);
                event["request"]["providerName"] = "Rogue jane.roe".into();
                event["userName"] = "jane.roe".into();
                function.invoke(&event).await;
                asked += 2;
            }
        }
        function.invoke_text(r#"{"triggerSource": jane.roe@acme.example}"#).await;
        let log = function.log();
        for personal in ["jane", "Jane", "roe", "Roe", "acme", "opaque", "horse", "laptop", "Engineering", "AYADeBz"] {
            assert!(!log.contains(personal), "{personal} is in {log}");
        }
        assert_eq!(function.outcomes().len(), asked, "one line for each event");
        assert!(function.outcomes().iter().any(|outcome| outcome == "refused"));
    }
}

#[tokio::test]
async fn a_line_names_source_pool_client_account_outcome_and_reason() {
    let function = Function::start(&[("TRIGGERS_IDENTITY_PROVIDERS", PROVIDERS)]);
    let mut asked = event("token_generation_federated");
    asked["request"]["userAttributes"]["custom:customerName"] = "globex".into();
    assert!(function.invoke(&asked).await.is_refused());
    let log = function.log();
    let line: Value = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .find(|line: &Value| line["outcome"] == "refused")
        .unwrap();
    assert_eq!(line["trigger.source"], "TokenGeneration_HostedAuth");
    assert_eq!(line["pool.id"], "eu-central-1_AbC123");
    assert_eq!(line["client.id"], "1example23456789");
    assert_eq!(line["user.sub"], "3f1c0d9e-aaaa-4bbb-8ccc-1234567890ab");
    assert_eq!(line["reason"], "the identity provider is bound to another tenant than it names");
    assert_eq!(line["level"], "WARN");
    assert_eq!(line["span"]["requestId"].as_str().map(str::len), Some(36), "{line}");
    assert_eq!(log.lines().count(), 1, "a refusal is said once: {log}");
}
