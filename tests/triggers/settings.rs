//! A function with bad settings does not start, and says everything that is wrong with them.

use crate::function::command;

#[tokio::test]
async fn every_bad_variable_is_named_at_once_and_nothing_is_served() {
    let variables = [
        ("TRIGGERS_TENANT_CLAIM", "customerName"),
        ("TRIGGERS_IDENTITY_PROVIDERS", r#"{"CAS-SSO": "acme"}"#),
        ("TRIGGERS_LOCKOUT_TABLE", ""),
        ("TRIGGERS_LOCKOUT_ATTEMPTS", "-1"),
        ("TRIGGERS_LOCKOUT_DURATION", "soon"),
        ("TRIGGERS_LOCKOUT_OUTAGE", "ajar"),
        ("TRIGGERS_LOCKOUT_ATEMPTS", "5"),
    ];
    let ended = command("127.0.0.1:1", &variables).output().await.unwrap();
    assert!(!ended.status.success());
    let log = String::from_utf8(ended.stderr).unwrap();
    for (variable, _) in variables {
        assert!(log.contains(&format!("{variable}:")), "{variable} is not in {log}");
    }
}
