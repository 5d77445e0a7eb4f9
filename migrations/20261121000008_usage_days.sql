-- What arrived on each day, for those who look at the last weeks.

-- Uploads by the day (UTC) on which they were completed, with their bytes as S3 holds them. What was deleted later stays counted.
create table tenant_days (
    tenant_id uuid not null references tenants (id),
    day date not null,
    uploads bigint not null,
    bytes bigint not null,
    primary key (tenant_id, day),
    constraint tenant_days_not_negative check (uploads >= 0 and bytes >= 0)
);

create function upload_day(completed_at timestamptz) returns date language sql immutable parallel safe as $$
    select (completed_at at time zone 'UTC')::date
$$;

-- The counters as they follow from the uploads alone. The backfill and the tests read it.
create view tenant_days_recomputed as
select tenant_id, upload_day(completed_at) as day, count(*) as uploads, sum(stored_size_bytes)::bigint as bytes
from uploads where status in ('completed', 'deleted') group by 1, 2;

-- What is completed between the backfill and the new trigger would be counted by neither, so nobody writes meanwhile.
lock table uploads in share row exclusive mode;
insert into tenant_days select * from tenant_days_recomputed;

-- As before, and the day: last, so that whoever waits for it already has the month.
create or replace function settle_usage() returns trigger language plpgsql as $$
declare
    was_there bigint := case when old.status = 'completed' then old.stored_size_bytes end;
    is_there bigint := case when new.status = 'completed' then new.stored_size_bytes end;
begin
    update tenant_usage
        set reserved_uploads = reserved_uploads - (old.status = 'pending')::int,
            reserved_bytes = reserved_bytes - case when old.status = 'pending' then old.size_bytes else 0 end,
            used_uploads = used_uploads + (old.status = 'pending' and is_there is not null)::int,
            used_bytes = used_bytes + coalesce(is_there - coalesce(was_there, 0), 0)
        where tenant_id = new.tenant_id and month = upload_month(new.created_at);
    insert into collection_usage as c (tenant_id, subject, collection, uploads, bytes)
    select new.tenant_id, new.subject, new.collection, 1, is_there where is_there is not null and was_there is null
    on conflict (tenant_id, subject, collection) do update
        set uploads = c.uploads + 1, bytes = c.bytes + excluded.bytes;
    update collection_usage
        set uploads = uploads - (is_there is null)::int, bytes = bytes - was_there + coalesce(is_there, 0)
        where was_there is not null
          and tenant_id = new.tenant_id and subject = new.subject and collection = new.collection;
    insert into tenant_days as d (tenant_id, day, uploads, bytes)
    select new.tenant_id, upload_day(new.completed_at), 1, is_there where is_there is not null and was_there is null
    on conflict (tenant_id, day) do update
        set uploads = d.uploads + 1, bytes = d.bytes + excluded.bytes;
    -- An object that was written again counts as what it is now, on the day on which it first came.
    update tenant_days set bytes = bytes - was_there + is_there
        where was_there is not null and is_there is not null
          and tenant_id = new.tenant_id and day = upload_day(new.completed_at);
    return null;
end $$;
