"""How does a database become full in minutes? With rows as the gateway writes them, made by Postgres itself."""

import time

from gateway import TENANTS

# Every so-manieth upload is one person's of one tenant; the others are spread evenly. Person n is of tenant n modulo the number of
# tenants, and has the subject that the stage's tokens name. Uploads came over the last year, one for each step of time, so those
# of a run are the newest. Ids are UUIDv7s of that time, and come in their order. What is pending is due after the run.
NUMBERED = """
create table made_tenants as select substr(name, 10)::bigint as number, id, slug from tenants;
create unique index on made_tenants (number);
analyze made_tenants;
"""

CHUNK = """
set synchronous_commit = off;
with numbered as (
    select n, '{now}'::timestamptz - interval '1 hour' - interval '365 days' * (1 - n::float8 / {uploads}) as at, md5(n::text) as mixed,
           case when n % {every} = 0 then 0 else n * 7919 % {tenants} end as tenant,
           case when n % {every} = 0 then 0 else n / {tenants} % 10 end as person,
           case when n % 100 < 94 then 'completed' when n % 100 < 96 then 'expired' when n % 100 = 96 then 'failed'
                when n % 100 = 97 then 'aborted' when n % 100 = 98 then 'deleted' else 'pending' end as status,
           n % 100 < 94 or n % 100 = 98 as arrived, (array['default', 'invoices', 'photos'])[(1 + n / 100 % 3)::int] as collection,
           'photo-' || n || '.jpg' as file, 1000 + n % 1000000 as bytes
    from generate_series({first}::bigint, {last}) as n
), named as (
    select numbered.*, t.id as tenant_id, t.slug, '6c6f6164-0000-4000-8000-' || lpad(to_hex(tenant + person * {tenants}), 12, '0') as subject,
           (lpad(to_hex(floor(date_part('epoch', at) * 1000)::bigint), 12, '0') || '7' || left(mixed, 3) || '8' || right(mixed, 15))::uuid as id
    from numbered join made_tenants t on t.number = numbered.tenant order by n
), made as (
    insert into uploads (id, tenant_id, subject, object_key, collection, file_name, content_type, size_bytes, method, status,
                         created_at, expires_at, check_at, completed_at, stored_size_bytes, stored_etag, stored_content_type)
    select id, tenant_id, subject, concat_ws('/', slug, subject, collection, id, file), collection, file, 'image/jpeg', bytes, 'put', status,
           at, at + interval '5 minutes', case when status = 'pending' then '{now}'::timestamptz + interval '1 day' end,
           case when arrived then at + interval '3 seconds' end, case when arrived then bytes end,
           case when arrived then '"' || mixed || '"' end, case when arrived then 'image/jpeg' end
    from named
    returning id, tenant_id, subject, created_at
)
insert into audit_events (id, at, tenant_id, subject, action, upload_id, request_id)
select (left(id::text, 24) || reverse(right(id::text, 12)))::uuid, created_at, tenant_id, subject, 'upload.granted', id, id::text from made;
"""

COUNTERS = ("tenant_usage", "collection_usage", "tenant_days")


def fill(postgres, database, tenants, uploads, large):
    """So many tenants and uploads, each upload with the event of its grant; `large` of the uploads are one person's."""
    began, now = time.monotonic(), time.strftime("%Y-%m-%d %H:%M:%S+00", time.gmtime())

    def ask(sql):
        return postgres.ask(database, sql)

    def tell(what):
        print(f"    {time.monotonic() - began:5.0f} s: {what}", flush=True)

    # Of the cluster, while rows are made.
    for setting in ("max_wal_size = '4GB'", "autovacuum = off"):
        ask(f"alter system set {setting}")
    ask("select pg_reload_conf()")
    ask(TENANTS.format(first=0, last=tenants - 1))
    ask("analyze tenants; analyze tenant_claim_values")
    ask(NUMBERED)
    # Ids come in their order, so the primary keys may stay. The counters are made at the end, as their migrations made them.
    indexes = ask("select indexname || '|' || indexdef from pg_indexes where tablename in ('uploads', 'audit_events') "
                  "and indexname not like '%pkey' order by 1").splitlines()
    for index in indexes:
        ask(f"drop index {index.partition('|')[0]}")
    ask("alter table uploads disable trigger all")
    chunk, told = 500_000, 0
    for first in range(1, uploads + 1, chunk):
        last = min(first + chunk - 1, uploads)
        ask(CHUNK.format(now=now, first=first, last=last, uploads=uploads, tenants=tenants, every=max(2, uploads // large)))
        if last - told >= uploads / 5:
            tell(f"{last:,} uploads")
            told = last
    ask("alter table uploads enable trigger all")
    for index in indexes:
        # Of a partitioned table, Postgres tells of the index on it alone.
        ask("set maintenance_work_mem = '1GB'; " + index.partition("|")[2].replace(" ON ONLY ", " ON "))
    tell(f"{len(indexes)} indexes")
    for table in COUNTERS:
        # Without looking up each one's tenant.
        ask(f"set session_replication_role = replica; set work_mem = '256MB'; insert into {table} select * from {table}_recomputed")
    ask("drop table made_tenants")
    ask("vacuum analyze")
    for setting in ("max_wal_size", "autovacuum"):
        ask(f"alter system reset {setting}")
    ask("select pg_reload_conf()")
    ask("checkpoint")
    tell("counters, statistics, and everything is written")
