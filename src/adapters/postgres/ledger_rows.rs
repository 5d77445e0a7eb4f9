//! What does the ledger write for a grant, and when does it refuse?

use std::collections::{HashMap, HashSet};

use sqlx::PgConnection;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::audit::Proof;
use super::usage_deltas::{self, Deltas, OpenMonths, Reserved};
use crate::model::{Grant, PartPlan, Provenance, Tenant, TenantId};

/// What the audit says of a grant.
const GRANTED: &str = "upload.granted";

/// A grant with what only the moment of granting knows.
#[derive(Debug, Clone)]
pub struct GrantRow {
    /// Whose.
    pub tenant: TenantId,
    /// The bytes that the tenant may be granted in a calendar month, if there is a limit.
    pub monthly_bytes: Option<i64>,
    /// What.
    pub grant: Grant,
    /// When.
    pub created_at: OffsetDateTime,
    /// Until when its URL works.
    pub expires_at: OffsetDateTime,
    /// Where it came from.
    pub provenance: Provenance,
}

impl GrantRow {
    /// Of that tenant.
    #[must_use]
    pub fn new(
        tenant: &Tenant,
        grant: Grant,
        created_at: OffsetDateTime,
        expires_at: OffsetDateTime,
        provenance: Provenance,
    ) -> Self {
        let monthly_bytes = tenant.limits.monthly_bytes;
        Self { tenant: tenant.id, monthly_bytes, grant, created_at, expires_at, provenance }
    }

    fn proof(&self) -> Proof {
        let Self { tenant, grant, created_at, provenance, .. } = self;
        Proof::new(*created_at, Some(*tenant), &grant.subject, GRANTED, Some(grant.id), provenance, "{}")
    }

    fn bytes(&self) -> i64 {
        self.grant.size.most().bytes()
    }
}

/// The tenant's month has no room for this grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{remaining} bytes are left of this month's {limit}")]
pub struct OverQuota {
    /// The tenant's limit.
    pub limit: i64,
    /// What is left of it.
    pub remaining: i64,
}

/// A row that was not written, and what its tenant had reserved and used before; nothing when the month has no counter yet.
struct Held {
    index: usize,
    taken: Option<i64>,
}

/// Which of these are on record already: an attempt whose answer was lost may have written them, and what is in the counter
/// must not be judged against it.
pub(super) async fn recorded(connection: &mut PgConnection, rows: &[GrantRow]) -> Result<HashSet<Uuid>, sqlx::Error> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.grant.id.as_uuid()).collect();
    let found = sqlx::query_scalar!("select id from uploads where id = any ($1)", &ids).fetch_all(connection).await?;
    Ok(found.into_iter().collect())
}

/// Writes each row that its tenant's month has room for, in their order, and says which had none. Whoever has months open leaves it to
/// [`usage_deltas::add_up_all`] to add rows up that nobody judges.
pub(super) async fn admit(
    connection: &mut PgConnection,
    rows: &[&GrantRow],
    mut open: Option<&mut OpenMonths>,
) -> Result<Vec<Result<(), OverQuota>>, sqlx::Error> {
    let mut verdicts = vec![Ok(()); rows.len()];
    let mut waiting: Vec<usize> = (0..rows.len()).collect();
    while !waiting.is_empty() {
        let tried: Vec<&GrantRow> = waiting.iter().filter_map(|&index| rows.get(index).copied()).collect();
        let held = insert(connection, &tried, open.as_deref_mut()).await?;
        if held.iter().any(|held| held.taken.is_none()) {
            usage_deltas::open(connection, &deltas(&tried)).await?;
        }
        waiting = again(&tried, &held, &waiting, &mut verdicts);
    }
    Ok(verdicts)
}

/// One statement admits in order until a row does not fit. That row is refused; of the later ones, as many are tried again
/// as there is room for.
fn again(tried: &[&GrantRow], held: &[Held], places: &[usize], verdicts: &mut [Result<(), OverQuota>]) -> Vec<usize> {
    let month = |row: &GrantRow| (row.tenant, row.created_at.year(), u8::from(row.created_at.month()));
    let held_places: HashSet<usize> = held.iter().map(|held| held.index).collect();
    let mut admitted: HashMap<_, i64> = HashMap::new();
    for (_, row) in tried.iter().enumerate().filter(|(place, _)| !held_places.contains(place)) {
        *admitted.entry(month(row)).or_default() += row.bytes();
    }
    let mut again = Vec::new();
    for Held { index, taken } in held {
        let (Some(row), Some(&place)) = (tried.get(*index), places.get(*index)) else { continue };
        let (Some(taken), Some(limit)) = (taken, row.monthly_bytes) else {
            again.push(place);
            continue;
        };
        let chosen = admitted.entry(month(row)).or_default();
        let remaining = limit - taken - *chosen;
        if row.bytes() <= remaining {
            *chosen += row.bytes();
            again.push(place);
        } else if let Some(verdict) = verdicts.get_mut(place) {
            *verdict = Err(OverQuota { limit, remaining: remaining.max(0) });
        }
    }
    again
}

fn deltas(rows: &[&GrantRow]) -> Deltas {
    let reserved = |row: &&GrantRow| Reserved { tenant: row.tenant.as_uuid(), at: row.created_at, bytes: row.bytes() };
    Deltas::of(rows.iter().map(reserved))
}

/// The rows of a batch, one array a column, in words that two statements share.
macro_rules! write {
    ($rows:ident, $statement:literal $(, $further:expr)*) => {{
        fn column<'a, T>(rows: &[&'a GrantRow], value: impl Fn(&'a GrantRow) -> T) -> Vec<T> {
            rows.iter().map(|row| value(row)).collect()
        }
        let proofs: Vec<Proof> = column($rows, GrantRow::proof);
        let checksums =
            |part: fn(&crate::model::Checksum) -> &str| column($rows, |r| r.grant.checksum.as_ref().map(part));
        sqlx::query!(
            "with row as materialized (
                select * from unnest(
                    $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[],
                    $9::text[], $10::text[], $11::jsonb[], $12::text[], $13::timestamptz[], $14::timestamptz[], $15::uuid[],
                    $16::text[], $17::bool[], $18::bigint[], $19::bigint[], $20::text[], $21::text[], $22::bytea[]
                ) with ordinality as row (
                    id, tenant_id, subject, object_key, collection, file_name, content_type, size_bytes,
                    checksum_algorithm, checksum_value, metadata, method, created_at, expires_at, audit_id, request_id,
                    size_is_exact, part_size_bytes, monthly_bytes, trace_id, address, digest, place
                )
            )" + $statement,
            &column($rows, |r| r.grant.id.as_uuid()),
            &column($rows, |r| r.tenant.as_uuid()),
            &column($rows, |r| r.grant.subject.as_str()) as &[&str],
            &column($rows, |r| r.grant.key.as_str()) as &[&str],
            &column($rows, |r| r.grant.collection.as_str()) as &[&str],
            &column($rows, |r| r.grant.file_name.as_str()) as &[&str],
            &column($rows, |r| r.grant.content_type.as_str()) as &[&str],
            &column($rows, GrantRow::bytes),
            &checksums(|c| c.algorithm.as_str()) as &[Option<&str>],
            &checksums(|c| c.value.as_str()) as &[Option<&str>],
            &column($rows, |r| Json(r.grant.metadata.entries())) as _,
            &column($rows, |r| r.grant.method.as_str()) as &[&str],
            &column($rows, |r| r.created_at),
            &column($rows, |r| r.expires_at),
            &proofs.iter().map(|proof| proof.id).collect::<Vec<_>>(),
            &column($rows, |r| r.provenance.request.as_str()) as &[&str],
            &column($rows, |r| r.grant.size.exact().is_some()),
            &column($rows, |r| r.grant.parts.map(PartPlan::part_size)) as &[Option<i64>],
            &column($rows, |r| r.monthly_bytes) as &[Option<i64>],
            &proofs.iter().map(|proof| proof.trace.as_deref()).collect::<Vec<_>>() as &[Option<&str>],
            &proofs.iter().map(|proof| proof.address.as_deref()).collect::<Vec<_>>() as &[Option<&str>],
            &proofs.iter().map(|proof| proof.digest.as_slice()).collect::<Vec<_>>() as &[&[u8]],
            $($further,)*
        )
    }};
}

/// Uploads and their audit events in one statement, which is one transaction and one round trip, whatever their number.
/// Most tenants have no monthly limit, and rows of such tenants alone need no judge: their counters follow later.
async fn insert(
    connection: &mut PgConnection,
    rows: &[&GrantRow],
    open: Option<&mut OpenMonths>,
) -> Result<Vec<Held>, sqlx::Error> {
    let Some(open) = open.filter(|_| rows.iter().all(|row| row.monthly_bytes.is_none())) else {
        return insert_within_limits(connection, rows).await;
    };
    let deltas = deltas(rows);
    open.see_to(connection, &deltas).await?;
    let written = write!(
        rows,
        ", granted as (
            insert into uploads (
                id, tenant_id, subject, object_key, collection, file_name, content_type, size_bytes, checksum_algorithm,
                checksum_value, metadata, method, created_at, expires_at, check_at, size_is_exact, part_size_bytes
            )
            select id, tenant_id, subject, object_key, collection, file_name, content_type, size_bytes, checksum_algorithm,
                   checksum_value, metadata, method, created_at, expires_at, expires_at, size_is_exact, part_size_bytes
            from row
        ), link as materialized (
            select audit_seal(string_agg(digest, '' order by place)) as made, count(*) as places,
                   set_config('upload_gateway.brings_delta', 'yes', true) from row
        ), reserved as (
            insert into usage_deltas (tenant_ids, months, uploads, bytes) values ($23, $24, $25, $26)
        )
        insert into audit_events (id, at, tenant_id, subject, action, upload_id, request_id, trace_id, address,
                                  chain, number, place, digest, seal)
        select audit_id, created_at, tenant_id, subject, 'upload.granted', id, request_id, trace_id, address,
               (made).chain, (made).number, place, digest, case when place = places then (made).seal end
        from row, link",
        &deltas.tenants,
        &deltas.months,
        &deltas.uploads,
        &deltas.bytes
    );
    written.execute(connection).await?;
    Ok(Vec::new())
}

/// A tenant with a monthly limit has its counter locked first, so that grants of any number of replicas are judged one after
/// the other.
async fn insert_within_limits(connection: &mut PgConnection, rows: &[&GrantRow]) -> Result<Vec<Held>, sqlx::Error> {
    let held = write!(
        rows,
        r#", month as (
            select *, upload_month(created_at) as month from row
        ), counter as (
            select tenant_id, month, reserved_bytes + used_bytes as taken from tenant_usage
            where (tenant_id, month) in (select tenant_id, month from month where monthly_bytes is not null)
            order by tenant_id, month for update
        ), judged as (
            select month.*, taken, monthly_bytes is null or coalesce(
                taken + sum(size_bytes) over (partition by tenant_id, month order by place) <= monthly_bytes, false
            ) as admitted
            from month left join counter using (tenant_id, month)
        ), granted as (
            insert into uploads (
                id, tenant_id, subject, object_key, collection, file_name, content_type, size_bytes, checksum_algorithm,
                checksum_value, metadata, method, created_at, expires_at, check_at, size_is_exact, part_size_bytes
            )
            select id, tenant_id, subject, object_key, collection, file_name, content_type, size_bytes, checksum_algorithm,
                   checksum_value, metadata, method, created_at, expires_at, expires_at, size_is_exact, part_size_bytes
            from judged where admitted
        ), entered as materialized (
            select *, row_number() over (order by place) as nth from judged where admitted
        ), link as materialized (
            select audit_seal(string_agg(digest, '' order by nth)) as made, count(*) as places from entered having count(*) > 0
        ), audited as (
            insert into audit_events (id, at, tenant_id, subject, action, upload_id, request_id, trace_id, address,
                                      chain, number, place, digest, seal)
            select audit_id, created_at, tenant_id, subject, 'upload.granted', id, request_id, trace_id, address,
                   (made).chain, (made).number, nth, digest, case when nth = places then (made).seal end
            from entered, link
        )
        select place as "place!", taken from judged where not admitted"#
    );
    let held = held.fetch_all(connection).await?;
    let places = held.into_iter().filter_map(|row| Some((usize::try_from(row.place).ok()?.checked_sub(1)?, row.taken)));
    Ok(places.map(|(index, taken)| Held { index, taken }).collect())
}
