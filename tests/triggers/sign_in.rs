//! Guessing a password: five attempts, then a lock that the right password does not open either.

use serde_json::{Value, json};
use upload_gateway::model::Clock;

use crate::function::Function;
use crate::runtime_api::Outcome;
use crate::sources::event;
use crate::table::Table;

/// What everybody sees who is locked out, whatever the password.
pub(crate) const LATER: &str = "Sign-in is not possible at the moment. Try again later.";

pub(crate) fn of(mut event: Value, subject: &str) -> Value {
    event["request"]["userAttributes"]["sub"] = subject.into();
    event
}

pub(crate) fn attempt(subject: &str) -> Value {
    of(event("pre_authentication"), subject)
}

pub(crate) fn success(subject: &str) -> Value {
    of(event("post_authentication"), subject)
}

pub(crate) async fn fail(function: &Function, subject: &str, times: usize) {
    for time in 1..=times {
        let asked = attempt(subject);
        assert_eq!(function.invoke(&asked).await.json(), asked, "attempt {time} goes on to the password, unchanged");
    }
}

async fn expect_locked(function: &Function, subject: &str) {
    let refused = Outcome::Error("Refused".to_owned(), LATER.to_owned());
    assert_eq!(function.invoke(&attempt(subject)).await, refused);
}

#[tokio::test]
async fn after_five_failures_the_sixth_attempt_is_refused_and_other_people_are_not() {
    for table in Table::in_each().await {
        let function = Function::start(&table.variables());
        fail(&function, "jane", 5).await;
        for _again in 0..3 {
            expect_locked(&function, "jane").await;
        }
        fail(&function, "joe", 5).await;
        let mut elsewhere = attempt("jane");
        elsewhere["userPoolId"] = "eu-central-1_Other".into();
        assert!(!function.invoke(&elsewhere).await.is_refused(), "{}: another pool, another account", table.server);
        let locked = function.outcomes().iter().filter(|outcome| *outcome == "locked").count();
        assert_eq!(locked, 3, "{}", table.server);
    }
}

#[tokio::test]
async fn an_attempt_during_the_lock_does_not_extend_it() {
    for table in Table::in_each().await {
        let function = Function::start(&table.variables());
        fail(&function, "jane", 5).await;
        let until = table.number("eu-central-1_AbC123#jane", "count_until").await.unwrap();
        expect_locked(&function, "jane").await;
        assert_eq!(table.number("eu-central-1_AbC123#jane", "count_until").await, Some(until), "{}", table.server);
        assert_eq!(table.number("eu-central-1_AbC123#jane", "attempts").await, Some(5), "{}", table.server);
    }
}

#[tokio::test]
async fn a_success_forgets_the_failures_before_it_also_as_the_fifth_attempt() {
    for table in Table::in_each().await {
        let function = Function::start(&table.variables());
        for failures in [0, 4] {
            fail(&function, "jane", failures).await;
            fail(&function, "jane", 1).await;
            let asked = success("jane");
            assert_eq!(function.invoke(&asked).await.json(), asked);
            assert_eq!(table.records().await, 0, "{}", table.server);
        }
        fail(&function, "jane", 5).await;
        expect_locked(&function, "jane").await;
    }
}

/// As `domain/lockout` argues: it proves who they are, and the attempt was let through before the lock.
#[tokio::test]
async fn a_late_success_opens_a_lock_that_others_have_caused() {
    for table in Table::in_each().await {
        let function = Function::start(&table.variables());
        fail(&function, "jane", 1).await;
        fail(&function, "jane", 4).await;
        expect_locked(&function, "jane").await;
        function.invoke(&success("jane")).await.json();
        fail(&function, "jane", 5).await;
        expect_locked(&function, "jane").await;
    }
}

#[tokio::test]
async fn a_new_password_by_a_code_opens_the_lock_and_a_confirmed_sign_up_does_not() {
    for table in Table::in_each().await {
        let function = Function::start(&table.variables());
        fail(&function, "jane", 5).await;
        let mut confirmed = of(event("post_confirmation"), "jane");
        function.invoke(&confirmed).await.json();
        expect_locked(&function, "jane").await;
        confirmed["triggerSource"] = "PostConfirmation_ConfirmForgotPassword".into();
        assert_eq!(function.invoke(&confirmed).await.json(), confirmed);
        fail(&function, "jane", 1).await;
    }
}

/// Cognito calls a trigger again that did not answer in five seconds, and nothing tells that call from another attempt.
#[tokio::test]
async fn a_repeated_trigger_counts_again_and_a_success_forgets_all_repetitions() {
    for table in Table::in_each().await {
        let function = Function::start(&table.variables());
        let repeated = attempt("jane");
        for _call in 0..3 {
            function.invoke(&repeated).await.json();
        }
        assert_eq!(table.number("eu-central-1_AbC123#jane", "attempts").await, Some(3), "{}", table.server);
        for _call in 0..3 {
            function.invoke(&success("jane")).await.json();
        }
        assert_eq!(table.records().await, 0, "{}", table.server);
        fail(&function, "jane", 5).await;
        expect_locked(&function, "jane").await;
    }
}

#[tokio::test]
async fn people_of_a_provider_and_accounts_that_do_not_exist_are_not_counted() {
    for table in Table::in_each().await {
        let function = Function::start(&table.variables());
        let mut nobody = event("pre_authentication");
        nobody["request"]["userNotFound"] = true.into();
        nobody["request"]["userAttributes"] = json!({});
        let mut external = attempt("jane");
        external["request"]["userAttributes"]["cognito:user_status"] = "EXTERNAL_PROVIDER".into();
        for asked in [&nobody, &external] {
            for _attempt in 0..6 {
                assert_eq!(&function.invoke(asked).await.json(), asked, "{}", table.server);
            }
        }
        assert_eq!(table.records().await, 0, "{}", table.server);
        for (records, name, identities) in
            [(1, "joe", "[]"), (2, "jack", r#"[{"providerName":"CAS-SSO","userId":"7"}]"#)]
        {
            let mut with_password = attempt(name);
            with_password["request"]["userAttributes"]["identities"] = identities.into();
            function.invoke(&with_password).await.json();
            let server = &table.server;
            assert_eq!(table.records().await, records, "{server}: {name} of the pool keeps a password, linked or not");
        }
    }
}

#[tokio::test]
async fn number_and_duration_are_as_configured() {
    for table in Table::in_each().await {
        let [name, url] = table.variables();
        let function =
            Function::start(&[name, url, ("TRIGGERS_LOCKOUT_ATTEMPTS", "2"), ("TRIGGERS_LOCKOUT_DURATION", "1day")]);
        let before = Clock::system().now();
        fail(&function, "jane", 2).await;
        expect_locked(&function, "jane").await;
        let until = table.number("eu-central-1_AbC123#jane", "count_until").await.unwrap();
        let lasts = i128::from(until) - before.unix_timestamp_nanos() / 1_000_000;
        assert!((86_400_000..86_430_000).contains(&lasts), "{}: {lasts} ms", table.server);
    }
}

#[tokio::test]
async fn without_a_table_nobody_is_locked_out() {
    let function = Function::start(&[]);
    fail(&function, "jane", 20).await;
}
