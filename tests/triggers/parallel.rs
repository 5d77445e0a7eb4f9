//! Many guesses at once, in several processes: exactly five get through.

use futures_util::future::join_all;

use crate::function::Function;
use crate::sign_in::{attempt, success};
use crate::table::Table;

#[tokio::test]
async fn of_sixty_parallel_attempts_exactly_five_are_let_through() {
    for table in Table::in_each().await {
        let function = Function::start_several(6, &table.variables());
        let asked = attempt("jane");
        let outcomes = join_all((0..60).map(|_| function.invoke(&asked))).await;
        let admitted = outcomes.iter().filter(|outcome| !outcome.is_refused()).count();
        assert_eq!(admitted, 5, "{}", table.server);
        assert_eq!(table.number("eu-central-1_AbC123#jane", "attempts").await, Some(5), "{}", table.server);
    }
}

#[tokio::test]
async fn many_people_at_once_do_not_disturb_each_other() {
    for table in Table::in_each().await {
        let function = Function::start_several(4, &table.variables());
        let people: Vec<String> = (0..8).map(|number| format!("person-{number}")).collect();
        let asked: Vec<_> = people.iter().flat_map(|person| vec![attempt(person); 7]).collect();
        let outcomes = join_all(asked.iter().map(|event| function.invoke(event))).await;
        for (person, outcomes) in people.iter().zip(outcomes.chunks(7)) {
            let admitted = outcomes.iter().filter(|outcome| !outcome.is_refused()).count();
            assert_eq!(admitted, 5, "{} {person}", table.server);
        }
    }
}

/// Whatever is forgotten meanwhile, no count lets more than five through between two successes.
#[tokio::test]
async fn successes_in_between_let_through_five_more_each_and_no_more() {
    for table in Table::in_each().await {
        let function = Function::start_several(4, &table.variables());
        let (attempt, success) = (attempt("jane"), success("jane"));
        let asked: Vec<_> = (0..40).map(|n| if n % 20 == 10 { &success } else { &attempt }).collect();
        let outcomes = join_all(asked.iter().map(|event| function.invoke(event))).await;
        let is_attempt = |event: &&&serde_json::Value| event["triggerSource"] == attempt["triggerSource"];
        let admitted =
            asked.iter().zip(&outcomes).filter(|(event, outcome)| is_attempt(event) && !outcome.is_refused());
        let admitted = admitted.count();
        assert!((5..=15).contains(&admitted), "{}: {admitted}", table.server);
    }
}
