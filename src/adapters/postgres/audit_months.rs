//! How do the audit's months come and go, and who may do it? The database does it with rights that the gateway need not have.

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

/// May whoever is connected change or remove an event of the audit? Who owns the tables may, and a superuser.
///
/// # Errors
/// When Postgres does not answer, or there is no audit yet.
pub async fn may_be_changed(connection: impl PgExecutor<'_>) -> Result<bool, DatabaseError> {
    let may = sqlx::query_scalar!(
        r#"select has_table_privilege('audit_events', 'update') or has_table_privilege('audit_events', 'delete')
               or pg_has_role(relowner, 'usage') as "may!"
           from pg_class where oid = 'audit_events'::regclass"#
    );
    Ok(may.fetch_one(connection).await?)
}
