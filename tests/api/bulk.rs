//! How does a test get many uploads at once?

use std::ops::Range;

use crate::database::Database;

/// Adds an upload for each number: of one of those tenants, subjects and statuses (most are completed) and one of so many
/// collections, named `c0`, `c1` and so on. Which one is as good as random, and the same every time; the first tenants have
/// most. The higher the number, the newer the upload.
pub(crate) async fn uploads(
    database: &Database,
    tenants: &[&str],
    subjects: &[String],
    collections: i32,
    numbers: Range<i64>,
) {
    let statement = "
        with number as materialized (
            select n, (lpad(to_hex(1760000000000 + n), 12, '0') || '70008000' || lpad(to_hex(n), 12, '0'))::uuid as id,
                   ('x' || substr(mix, 1, 7))::bit(28)::int as a, ('x' || substr(mix, 9, 7))::bit(28)::int as b,
                   ('x' || substr(mix, 17, 7))::bit(28)::int as c, ('x' || substr(mix, 25, 7))::bit(28)::int as d
            from (select n, md5(n::text) as mix from generate_series($4::bigint, $5::bigint) as n) as mixed
        ), row as (
            select id, n, ($1::text[])[1 + least(a % cardinality($1::text[]), d % cardinality($1::text[]))] as slug,
                   ($2::text[])[1 + b % cardinality($2::text[])] as subject, 'c' || c % $3::int as collection,
                   (array['pending', 'failed', 'expired', 'aborted', 'deleted', 'completed', 'completed', 'completed',
                          'completed', 'completed', 'completed', 'completed'])[1 + (a / 16) % 12] as status
            from number
        )
        insert into uploads (id, tenant_id, subject, object_key, collection, file_name, content_type, size_bytes, method, status,
                             created_at, expires_at, check_at, completed_at, stored_size_bytes, stored_etag)
        select row.id, t.id, subject, format('%s/%s/%s/%s/a.txt', t.slug, subject, collection, row.id), collection, 'a.txt',
               'text/plain', 1 + n % 1000, 'put', row.status, at, at + interval '5 minutes',
               case when row.status = 'pending' then at + interval '1 hour' end,
               case when row.status in ('completed', 'deleted') then at end,
               case when row.status in ('completed', 'deleted') then 1 + n % 1000 end,
               case when row.status in ('completed', 'deleted') then 'etag' end
        from row join tenants t using (slug), lateral (select to_timestamp(1760000000.0 + n / 1000.0) as at) as time";
    let insert = sqlx::query(statement).bind(tenants).bind(subjects).bind(collections);
    insert.bind(numbers.start).bind(numbers.end - 1).execute(&database.pool).await.expect("uploads");
}
