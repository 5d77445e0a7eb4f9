-- A grant leaves the counters of its tenant's month alone. Each batch of the ledger adds one row here, of what it reserved for whom; the
-- gateways add these up into `tenant_usage` about once a second, and whoever wants to know counts both. Two batches then wait for nothing
-- of each other's, and a tenant's counter is written once a second and not with each batch. Where a month has a limit its counter is still
-- written with the grant, which is judged by it.
create table usage_deltas (
    id bigint generated always as identity primary key,
    tenant_ids uuid[] not null,
    months date[] not null,
    uploads bigint[] not null,
    bytes bigint[] not null
) with (toast_tuple_target = 8160);
-- Ids do not compress.
alter table usage_deltas alter column tenant_ids set storage external;

-- What is settled before it was added up has been taken off already.
alter table tenant_usage drop constraint tenant_usage_not_negative;
alter table tenant_usage add constraint tenant_usage_not_negative check (used_uploads >= 0 and used_bytes >= 0) not valid;
alter table tenant_usage validate constraint tenant_usage_not_negative;

-- What is reserved ends at four exabytes: one tenant's numbers must not keep everybody's from being added up.
create view tenant_usage_now as
select tenant_id, month,
       sum(reserved_uploads)::bigint as reserved_uploads, least(sum(reserved_bytes), 4611686018427387904)::bigint as reserved_bytes,
       sum(used_uploads)::bigint as used_uploads, sum(used_bytes)::bigint as used_bytes
from (
    select tenant_id, month, reserved_uploads, reserved_bytes, used_uploads, used_bytes from tenant_usage
    union all
    select d.tenant_id, d.month, d.uploads, d.bytes, 0, 0
    from usage_deltas, unnest(tenant_ids, months, usage_deltas.uploads, usage_deltas.bytes) as d (tenant_id, month, uploads, bytes)
) as counted
group by tenant_id, month;

-- As before, but for a statement that says of itself that it brings its own delta.
create or replace function reserve_usage() returns trigger language plpgsql as $$
begin
    if current_setting('upload_gateway.brings_delta', true) = 'yes' then
        return null;
    end if;
    insert into tenant_usage as u (tenant_id, month, reserved_uploads, reserved_bytes)
    select tenant_id, upload_month(created_at), count(*), sum(size_bytes) from granted
    where status = 'pending' group by 1, 2 order by 1, 2
    on conflict (tenant_id, month) do update
        set reserved_uploads = u.reserved_uploads + excluded.reserved_uploads,
            reserved_bytes = u.reserved_bytes + excluded.reserved_bytes;
    return null;
end $$;

-- The events of before there were months have an index by id like those of every month, and need no second one.
alter table audit_events_unchained drop constraint audit_events_unchained_pkey;

-- Where migration 14 could make the role.
do $$
begin
    if exists (select from pg_roles where rolname = 'upload_gateway_service') then
        grant select, insert, update, delete on usage_deltas to upload_gateway_service;
        grant select on tenant_usage_now to upload_gateway_service;
    end if;
end $$;
