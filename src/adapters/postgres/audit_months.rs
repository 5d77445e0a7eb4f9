//! How do the audit's months come and go? The database does it with rights that the gateway has not; it is only asked to.

use sqlx::PgExecutor;
use time::OffsetDateTime;

use super::DatabaseError;

/// Besides the month that it is, so many are ready.
const AHEAD: i32 = 2;

/// Makes the partitions that are missing. Says how many those were.
///
/// # Errors
/// When Postgres does not answer.
pub async fn prepare(connection: impl PgExecutor<'_>, now: OffsetDateTime) -> Result<i32, DatabaseError> {
    let made = sqlx::query_scalar!(r#"select audit_prepare($1, $2) as "made!""#, now, AHEAD);
    Ok(made.fetch_one(connection).await?)
}

/// Drops the partitions whose month ended before then, and thirty days ago at least; names them.
///
/// # Errors
/// When Postgres does not answer.
pub async fn drop_ended(connection: impl PgExecutor<'_>, before: OffsetDateTime) -> Result<Vec<String>, DatabaseError> {
    let dropped = sqlx::query_scalar!(r#"select audit_drop($1) as "name!""#, before);
    Ok(dropped.fetch_all(connection).await?)
}
