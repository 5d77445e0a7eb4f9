//! How do a tenant's counters follow thousands of grants a second? Not one by one: each batch leaves one row of what it reserved for
//! whom, and these are added up once in a while. Whoever reads the counters counts both.

use std::collections::{BTreeMap, HashSet};

use sqlx::{PgConnection, PgPool};
use time::{Date, OffsetDateTime, UtcOffset};
use uuid::Uuid;

use super::DatabaseError;

/// So many batches are added up in one statement.
const MOST: i64 = 1000;
/// Of so many months it is remembered that they are open, a few megabytes.
const MOST_OPEN: usize = 50_000;

type Month = (Uuid, Date);

/// What one grant reserves.
pub(super) struct Reserved {
    pub(super) tenant: Uuid,
    pub(super) at: OffsetDateTime,
    pub(super) bytes: i64,
}

impl Reserved {
    /// As the database has it: the first day of the calendar month, UTC.
    fn month(&self) -> Month {
        let day = self.at.to_offset(UtcOffset::UTC).date();
        (self.tenant, day.replace_day(1).unwrap_or(day))
    }
}

/// What one batch reserves, by tenant and month, as columns.
pub(super) struct Deltas {
    pub tenants: Vec<Uuid>,
    pub months: Vec<Date>,
    pub uploads: Vec<i64>,
    pub bytes: Vec<i64>,
}

impl Deltas {
    pub(super) fn of(reserved: impl Iterator<Item = Reserved>) -> Self {
        let mut sums: BTreeMap<Month, (i64, i64)> = BTreeMap::new();
        for one in reserved {
            let (uploads, bytes) = sums.entry(one.month()).or_default();
            *uploads += 1;
            *bytes += one.bytes;
        }
        let (mut tenants, mut months, mut uploads, mut bytes) = (vec![], vec![], vec![], vec![]);
        for ((tenant, month), (count, sum)) in sums {
            tenants.push(tenant);
            months.push(month);
            uploads.push(count);
            bytes.push(sum);
        }
        Self { tenants, months, uploads, bytes }
    }

    fn keys(&self) -> impl Iterator<Item = Month> {
        self.tenants.iter().copied().zip(self.months.iter().copied())
    }
}

/// The months whose counters are known to be there, so that nobody has to look with each batch.
#[derive(Default)]
pub(super) struct OpenMonths(HashSet<Month>);

impl OpenMonths {
    /// Sees to it that each of these tenants has a counter for its month. That makes a tenant one that cannot be deleted, too.
    pub(super) async fn see_to(&mut self, connection: &mut PgConnection, deltas: &Deltas) -> Result<(), sqlx::Error> {
        if deltas.keys().all(|month| self.0.contains(&month)) {
            return Ok(());
        }
        open(connection, deltas).await?;
        if self.0.len() > MOST_OPEN {
            self.0.clear();
        }
        self.0.extend(deltas.keys());
        Ok(())
    }
}

/// The month's counters of these tenants, so that there is a row to lock.
pub(super) async fn open(connection: &mut PgConnection, deltas: &Deltas) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into tenant_usage (tenant_id, month)
         select tenant_id, month from unnest($1::uuid[], $2::date[]) as row (tenant_id, month) order by 1, 2
         on conflict do nothing",
        &deltas.tenants,
        &deltas.months,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Adds up what batches left, of any replica. Waits for another one that does so at this moment. What is reserved ends at four
/// exabytes, as in `tenant_usage_now`: one tenant's numbers must not keep everybody's from being added up.
///
/// # Errors
/// When Postgres does not answer, or somebody holds a counter.
pub async fn add_up_all(pool: &PgPool) -> Result<(), DatabaseError> {
    loop {
        let mut transaction = super::begin(pool).await?;
        // Counters that were added to already are held meanwhile, and grants may wait to be judged by them.
        sqlx::query!("select set_config('lock_timeout', '200ms', true)").fetch_one(&mut *transaction).await?;
        let added = add_up(&mut transaction).await?;
        transaction.commit().await?;
        if added < MOST {
            return Ok(());
        }
    }
}

async fn add_up(connection: &mut PgConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"with taken as (
             delete from usage_deltas where id in (select id from usage_deltas order by id limit $1 for update)
             returning tenant_ids, months, uploads, bytes
         ), counted as (
             insert into tenant_usage as u (tenant_id, month, reserved_uploads, reserved_bytes)
             select d.tenant_id, d.month, sum(d.uploads), least(sum(d.bytes), 4611686018427387904)
             from taken, unnest(tenant_ids, months, taken.uploads, taken.bytes) as d (tenant_id, month, uploads, bytes)
             group by 1, 2 order by 1, 2
             on conflict (tenant_id, month) do update
                 set reserved_uploads = u.reserved_uploads + excluded.reserved_uploads,
                     reserved_bytes = least(u.reserved_bytes::numeric + excluded.reserved_bytes, 4611686018427387904)
         )
         select count(*) as "count!" from taken"#,
        MOST,
    )
    .fetch_one(connection)
    .await
}
