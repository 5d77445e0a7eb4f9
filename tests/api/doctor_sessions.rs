//! Does the doctor see connections that have no end, and a way to sessions that leads elsewhere?

use upload_gateway::app;
use upload_gateway::config::Config;
use upload_gateway::doctor::{Finding, Outcome};
use upload_gateway::model::Clock;

use crate::database::Database;
use crate::doctor::{config, of};
use crate::harness::Harness;

/// What is found of the database that is not as it must be.
async fn faults(config: &Config) -> Vec<Finding> {
    let report = Box::pin(app::examine(config, Clock::system())).await.unwrap();
    of(&report, "database").into_iter().filter(|finding| finding.outcome != Outcome::Ok).cloned().collect()
}

#[tokio::test]
async fn connections_through_a_pooler_must_have_their_time_outs_from_elsewhere() {
    let gateway = Harness::start().await;
    let mut config = config(&gateway, "");
    assert_eq!(faults(&config).await, []);
    // The same place, as a pooler would lead there.
    config.database.session_url = Some(gateway.database.url.clone().into());
    let found = faults(&config).await;
    assert_eq!((found.len(), found[0].outcome), (1, Outcome::Warning), "{found:?}");
    assert!(found[0].seen.contains("statement_timeout is 0"), "{found:?}");
    let set = "do $$ begin
                   execute format('alter database %I set statement_timeout = ''5s''', current_database());
                   execute format('alter database %I set idle_in_transaction_session_timeout = ''2s''', current_database());
               end $$";
    sqlx::query(set).execute(&gateway.database.pool).await.unwrap();
    assert_eq!(faults(&config).await, []);
}

#[tokio::test]
async fn sessions_of_another_database_are_no_good() {
    let gateway = Harness::start().await;
    let mut config = config(&gateway, "");
    config.database.session_url = Some(Database::create().await.url.into());
    let found = faults(&config).await;
    let failed = found.iter().find(|finding| finding.outcome == Outcome::Failed).expect("a failure");
    assert!(failed.seen.contains("another database"), "{found:?}");
}
