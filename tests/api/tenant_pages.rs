//! Does a page of tenants cost the same, however many tenants lie before it?

use sqlx::PgTransaction;
use upload_gateway::adapters::postgres;
use upload_gateway::adapters::postgres::tenants::{self, Filter};
use upload_gateway::model::TenantId;
use uuid::Uuid;

use crate::database::Database;

const TENANTS: i32 = 2_000;
const PAGE: i64 = 51;

/// The rows of tenants that this transaction has read so far.
async fn read(transaction: &mut PgTransaction<'_>) -> i64 {
    let read = "select seq_tup_read + idx_tup_fetch from pg_stat_xact_user_tables where relname = 'tenants'";
    sqlx::query_scalar(read).fetch_one(&mut **transaction).await.unwrap()
}

#[tokio::test]
async fn the_last_page_of_tenants_reads_its_own_rows_alone() {
    let database = Database::create().await;
    let insert = "insert into tenants (id, slug, name, max_upload_bytes, allowed_content_types, created_at, updated_at)
                  select gen_random_uuid(), 'tenant-' || n, 'Tenant ' || n, 1, '{*/*}', now(), now() from generate_series(1, $1) n";
    sqlx::query(insert).bind(TENANTS).execute(&database.pool).await.unwrap();
    sqlx::query("analyze tenants").execute(&database.pool).await.unwrap();
    let oldest = "select id from tenants order by id offset $1 limit 1";
    let before_the_last: Uuid = sqlx::query_scalar(oldest).bind(PAGE).fetch_one(&database.pool).await.unwrap();

    // As Postgres plans from a statement's sixth execution on, and before that.
    for mode in ["force_generic_plan", "force_custom_plan"] {
        let mut transaction = postgres::begin(&database.pool).await.unwrap();
        let set = sqlx::AssertSqlSafe(format!("set local plan_cache_mode = {mode}"));
        sqlx::query(set).execute(&mut *transaction).await.unwrap();
        for before in [None, Some(TenantId::from(before_the_last))] {
            let filter = Filter { before, limit: PAGE, ..Filter::default() };
            let already = read(&mut transaction).await;
            let page = tenants::list(&mut *transaction, &filter).await.unwrap();
            assert_eq!(page.len(), usize::try_from(PAGE).unwrap());
            let rows = read(&mut transaction).await - already;
            // The planner itself may look at the ends of the index.
            assert!((PAGE..=PAGE + 2).contains(&rows), "{rows} rows: {mode}, before {before:?}");
        }
    }
}
