//! The table of attempts is away: people sign in uncounted or not at all, as configured, and well before Cognito gives up.

use std::time::{Duration, Instant};

use tokio::net::TcpListener;

use crate::function::Function;
use crate::runtime_api::Outcome;
use crate::sign_in::{LATER, attempt, success};
use crate::table::Table;

/// It takes no answer after five seconds: <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html>
const COGNITOS_PATIENCE: Duration = Duration::from_secs(5);

const TABLE: (&str, &str) = ("TRIGGERS_LOCKOUT_TABLE", "attempts");

/// Nobody listens at the first address; at the second somebody does, and never says a word.
async fn silences() -> (String, TcpListener) {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    (format!("http://{closed}"), TcpListener::bind("127.0.0.1:0").await.unwrap())
}

async fn in_time(function: &Function, event: &serde_json::Value) -> Outcome {
    let begun = Instant::now();
    let outcome = function.invoke(event).await;
    assert!(begun.elapsed() < COGNITOS_PATIENCE, "{:?}", begun.elapsed());
    outcome
}

#[tokio::test]
async fn open_lets_people_sign_in_and_says_so() {
    let (closed, hanging) = silences().await;
    for url in [closed, format!("http://{}", hanging.local_addr().unwrap())] {
        for outage in [&[] as &[(&str, &str)], &[("TRIGGERS_LOCKOUT_OUTAGE", "open")]] {
            let variables = [&[TABLE, ("AWS_ENDPOINT_URL_DYNAMODB", &url)], outage].concat();
            let function = Function::start(&variables);
            for _attempt in 0..6 {
                let asked = attempt("jane");
                assert_eq!(in_time(&function, &asked).await.json(), asked);
            }
            assert_eq!(function.outcomes(), ["outage"; 6], "for a metric filter");
        }
    }
}

#[tokio::test]
async fn closed_refuses_them_in_the_words_of_a_lock() {
    let (closed, hanging) = silences().await;
    for url in [closed, format!("http://{}", hanging.local_addr().unwrap())] {
        let variables = [TABLE, ("AWS_ENDPOINT_URL_DYNAMODB", &url), ("TRIGGERS_LOCKOUT_OUTAGE", "closed")];
        let function = Function::start(&variables);
        let refused = Outcome::Error("Refused".to_owned(), LATER.to_owned());
        assert_eq!(in_time(&function, &attempt("jane")).await, refused);
        assert_eq!(function.outcomes(), ["outage"]);
    }
}

#[tokio::test]
async fn a_success_stays_one_either_way() {
    let (closed, _hanging) = silences().await;
    for outage in ["open", "closed"] {
        let variables = [TABLE, ("AWS_ENDPOINT_URL_DYNAMODB", &closed), ("TRIGGERS_LOCKOUT_OUTAGE", outage)];
        let function = Function::start(&variables);
        assert_eq!(in_time(&function, &success("jane")).await.json(), success("jane"));
        assert_eq!(function.outcomes(), ["outage"]);
    }
}

#[tokio::test]
async fn a_table_that_is_not_there_is_an_outage() {
    for table in Table::in_each().await {
        let [_, url] = table.variables();
        let open = Function::start(&[("TRIGGERS_LOCKOUT_TABLE", "no-such-table"), url]);
        assert!(!in_time(&open, &attempt("jane")).await.is_refused(), "{}", table.server);
        let closed = [("TRIGGERS_LOCKOUT_TABLE", "no-such-table"), url, ("TRIGGERS_LOCKOUT_OUTAGE", "closed")];
        let closed = Function::start(&closed);
        assert!(in_time(&closed, &attempt("jane")).await.is_refused(), "{}", table.server);
        assert_eq!(open.outcomes(), ["outage"], "{}", table.server);
    }
}

#[tokio::test]
async fn other_triggers_do_not_notice() {
    let (_closed, hanging) = silences().await;
    let url = format!("http://{}", hanging.local_addr().unwrap());
    let variables = [TABLE, ("AWS_ENDPOINT_URL_DYNAMODB", &*url), ("TRIGGERS_LOCKOUT_OUTAGE", "closed")];
    let function = Function::start(&variables);
    let token = crate::sources::event("token_generation_v2");
    assert!(!function.invoke(&token).await.is_refused());
}
