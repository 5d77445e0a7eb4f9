-- What is reserved and used, kept by triggers, and which requests were repeated.

-- What a tenant was granted in a calendar month (UTC). Reserved is what may still arrive; used is what did, and what was
-- deleted later is not given back. Kept by the triggers below and by nothing else, in the transaction of the change itself.
create table tenant_usage (
    tenant_id uuid not null references tenants (id),
    month date not null,
    reserved_uploads bigint not null default 0,
    reserved_bytes bigint not null default 0,
    used_uploads bigint not null default 0,
    used_bytes bigint not null default 0,
    primary key (tenant_id, month),
    constraint tenant_usage_not_negative
        check (reserved_uploads >= 0 and reserved_bytes >= 0 and used_uploads >= 0 and used_bytes >= 0)
);

-- What is there now: completed uploads by collection and by whose they are.
create table collection_usage (
    tenant_id uuid not null references tenants (id),
    subject text not null,
    collection text not null,
    uploads bigint not null,
    bytes bigint not null,
    primary key (tenant_id, subject, collection),
    constraint collection_usage_not_negative check (uploads >= 0 and bytes >= 0)
);

create function upload_month(created_at timestamptz) returns date language sql immutable parallel safe as $$
    select date_trunc('month', created_at at time zone 'UTC')::date
$$;

-- The counters as they follow from the uploads alone. The backfill and the tests read it.
create view tenant_usage_recomputed as
select tenant_id, upload_month(created_at) as month,
       count(*) filter (where status = 'pending') as reserved_uploads,
       coalesce(sum(size_bytes) filter (where status = 'pending'), 0)::bigint as reserved_bytes,
       count(*) filter (where status in ('completed', 'deleted')) as used_uploads,
       coalesce(sum(stored_size_bytes) filter (where status in ('completed', 'deleted')), 0)::bigint as used_bytes
from uploads group by 1, 2;

create view collection_usage_recomputed as
select tenant_id, subject, collection, count(*) as uploads, sum(stored_size_bytes)::bigint as bytes
from uploads where status = 'completed' group by 1, 2, 3;

insert into tenant_usage select * from tenant_usage_recomputed;
insert into collection_usage select * from collection_usage_recomputed;

-- A grant reserves. One statement for however many, in the order of the key, so that two writers cannot wait for each other.
create function reserve_usage() returns trigger language plpgsql as $$
begin
    insert into tenant_usage as u (tenant_id, month, reserved_uploads, reserved_bytes)
    select tenant_id, upload_month(created_at), count(*), sum(size_bytes) from granted
    where status = 'pending' group by 1, 2 order by 1, 2
    on conflict (tenant_id, month) do update
        set reserved_uploads = u.reserved_uploads + excluded.reserved_uploads,
            reserved_bytes = u.reserved_bytes + excluded.reserved_bytes;
    return null;
end $$;

create trigger uploads_reserve after insert on uploads
    referencing new table as granted for each statement execute function reserve_usage();

-- A completion settles, every other end releases, a deletion takes away what is there, and an object that was written again
-- counts as what it is now.
create function settle_usage() returns trigger language plpgsql as $$
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
    return null;
end $$;

create trigger uploads_settle after update of status, stored_size_bytes on uploads
    for each row when (old.status is distinct from new.status
                       or old.stored_size_bytes is distinct from new.stored_size_bytes)
    execute function settle_usage();

-- Requests that a client may repeat: what they made the first time.
create table idempotency_keys (
    tenant_id uuid not null references tenants (id),
    subject text not null,
    key text not null,
    request_digest bytea not null,
    upload_ids uuid[] not null,
    expires_at timestamptz not null,
    primary key (tenant_id, subject, key)
);
create index idempotency_keys_expiry on idempotency_keys (expires_at);
