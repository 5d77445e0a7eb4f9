//! Does a caller who goes away leave a transaction behind, in which others then work in vain?

use sqlx::postgres::PgPoolOptions;
use time::OffsetDateTime;
use upload_gateway::adapters::postgres;

use crate::harness::Harness;
use crate::turns;

#[tokio::test]
async fn one_that_is_dropped_at_any_step_is_rolled_back() {
    let gateway = Harness::start().await;
    // One connection, so that whatever is left behind is met by the next.
    let pool = PgPoolOptions::new().max_connections(1).connect(&gateway.database.url).await.expect("a connection");
    for steps in 1..24 {
        let transaction = async {
            let mut transaction = postgres::begin(&pool).await.expect("begun");
            sqlx::query("update uploads set file_name = 'x'").execute(&mut *transaction).await.expect("written");
        };
        turns::run(vec![(Box::pin(transaction), Some(steps))], &[]).await;
        // Within a transaction it is always the same time.
        let now = async || {
            let now: OffsetDateTime = sqlx::query_scalar("select now()").fetch_one(&pool).await.expect("a time");
            now
        };
        assert_ne!(now().await, now().await, "after {steps} steps the connection is still in a transaction");
    }
}
