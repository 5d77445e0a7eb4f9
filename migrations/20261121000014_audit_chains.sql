-- An audit that can be proved: events lie in months, are only ever added, and each transaction's are a link of a chain.
--
-- A link's seal is SHA-256 over the seal before it, its number, and the digests of its events in their order; an event's digest is
-- made by the gateway (src/model/audit_seal.rs). `upload-gateway audit verify` walks the chains. There are many of them, so that
-- transactions which are open at once need not wait for each other: each takes one that nobody holds.
--
-- What was there before becomes the first partition, up to the end of this month. It gets two indexes while nobody may write.

lock table audit_events in access exclusive mode;
alter table audit_events rename to audit_events_unchained;
alter index audit_events_pkey rename to audit_events_unchained_pkey;
alter index audit_events_tenant_newest rename to audit_events_unchained_tenant_newest;
alter table audit_events_unchained
    add column trace_id text,
    add column address text,
    add column chain smallint,
    add column number bigint,
    add column place integer,
    add column digest bytea,
    add column seal bytea;

-- The id is a UUIDv7 of the time, so months are ranges of ids, and the newest lie together.
create table audit_events (
    id uuid not null,
    at timestamptz not null,
    tenant_id uuid,
    subject text not null,
    action text not null,
    upload_id uuid,
    request_id text not null,
    detail jsonb not null default '{}',
    trace_id text,
    address text,    -- the caller's
    chain smallint,  -- null: written by a version that knew no chains
    number bigint,   -- of the link in its chain, from 1
    place integer,   -- of the event in its link, from 1
    digest bytea,
    seal bytea       -- of the link, at its last event
) partition by range (id);
create index audit_events_newest on audit_events (id);
create index audit_events_tenant_newest on audit_events (tenant_id, id);
create index audit_events_chained on audit_events (chain, number, place);

-- Not above any id that is made at that time.
create function audit_bound(at timestamptz) returns uuid language sql immutable parallel safe as $$
    select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

do $$
declare
    next_month timestamptz := (date_trunc('month', now() at time zone 'UTC') + interval '1 month') at time zone 'UTC';
begin
    execute format('alter table audit_events attach partition audit_events_unchained for values from (minvalue) to (%L)',
                   audit_bound(next_month));
end $$;

-- For clocks that are far from the truth: an event is never refused for its time.
create table audit_events_other partition of audit_events default;

create function refuse_audit_change() returns trigger language plpgsql as $$
begin
    raise exception 'the audit is only ever added to' using errcode = 'insufficient_privilege';
end $$;
create trigger audit_events_append_only before update or delete on audit_events
    for each row execute function refuse_audit_change();
create trigger audit_events_not_truncated before truncate on audit_events
    for each statement execute function refuse_audit_change();

create table audit_chains (
    chain smallint primary key,
    number bigint not null,
    seal bytea not null,
    begun_at timestamptz not null default now()
) with (fillfactor = 10);
insert into audit_chains select n, 0, sha256(convert_to('upload-gateway audit chain ' || n, 'UTF8')) from generate_series(1, 64) n;

-- The next link of a chain that nobody holds, which is held to the end of the transaction. With as many transactions open as there
-- are chains, it waits for one.
create function audit_seal(digests bytea) returns audit_chains
language plpgsql security definer as $$
declare
    link audit_chains;
begin
    select * into link from audit_chains order by chain limit 1 for update skip locked;
    if not found then
        select * into strict link from audit_chains where chain = 1 + pg_backend_pid() % 64 for update;
    end if;
    link.number := link.number + 1;
    link.seal := sha256(link.seal || int8send(link.number) || digests);
    update audit_chains set number = link.number, seal = link.seal where chain = link.chain;
    return link;
end $$;

-- Makes the partitions of this month and of so many to come; says how many it made.
create function audit_prepare(at timestamptz, ahead integer) returns integer
language plpgsql security definer set timezone = 'UTC' set lock_timeout = '2s' as $$
declare
    month timestamptz;
    name text;
    made integer := 0;
begin
    -- Replicas take turns.
    perform pg_advisory_xact_lock(hashtext('audit_prepare'));
    for n in 0..ahead loop
        month := date_trunc('month', at) + make_interval(months => n);
        name := 'audit_events_' || to_char(month, 'YYYY_MM');
        continue when to_regclass(name) is not null;
        begin
            execute format('create table %I (like audit_events including defaults including constraints)', name);
            execute format('alter table audit_events attach partition %I for values from (%L) to (%L)',
                           name, audit_bound(month), audit_bound(month + interval '1 month'));
            execute format('create trigger audit_events_not_truncated before truncate on %I
                            for each statement execute function refuse_audit_change()', name);
            made := made + 1;
        exception
            -- The month is a part of another partition's, or the one for everything else has events of it.
            when invalid_object_definition or check_violation then
                null;
        end;
    end loop;
    return made;
end $$;

-- What is left of the chains that a partition which was dropped held a part of.
create table audit_cuts (
    partition text not null,
    until timestamptz not null,     -- when its month ended
    dropped_at timestamptz not null,
    chain smallint not null,
    number bigint not null,         -- of the last link that is no longer whole
    seal bytea not null,
    primary key (partition, chain)
);

-- Drops the partitions whose month ended before then, whatever is asked at least thirty days ago, and says which. What is left can still
-- be proved.
create function audit_drop(before timestamptz) returns setof text
language plpgsql security definer set timezone = 'UTC' set lock_timeout = '2s' as $$
declare
    old record;
    last timestamptz;
begin
    perform pg_advisory_xact_lock(hashtext('audit_prepare'));
    for old in
        select c.oid, c.relname as name, (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'TO \(''([0-9a-f-]+)''\)'))[1] as bound
        from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'audit_events'::regclass order by c.relname
    loop
        continue when old.bound is null;
        last := to_timestamp(('x' || lpad(left(replace(old.bound, '-', ''), 12), 16, '0'))::bit(64)::bigint / 1000.0);
        continue when last > least(before, now() - interval '30 days');
        execute format(
            'insert into audit_cuts select %L, %L, now(), c.chain, c.number, e.seal
             from (select chain, max(number) as number from %I where chain is not null group by 1) c
             join audit_events e on e.chain = c.chain and e.number = c.number and e.seal is not null',
            old.name, last, old.name);
        execute format('drop table %I', old.name);
        return next old.name;
    end loop;
end $$;

-- They run with their owner's rights, so nothing of a caller's may be taken for something of theirs.
do $$
begin
    execute format('alter function audit_seal(bytea) set search_path = %I, pg_temp', current_schema());
    execute format('alter function audit_prepare(timestamptz, integer) set search_path = %I, pg_temp', current_schema());
    execute format('alter function audit_drop(timestamptz) set search_path = %I, pg_temp', current_schema());
end $$;

-- What `serve` needs, and no more: grant it to the role that the gateway's `database.url` names, and let another own the tables and
-- run `migrate`. Where this one may not make roles, somebody else has to; migrations/README.md says how.
do $$
begin
    begin
        create role upload_gateway_service nologin;
    exception
        when duplicate_object or unique_violation then null;
        when insufficient_privilege then
            raise notice 'upload_gateway_service cannot be made by %', current_user;
            return;
    end;
    revoke execute on function audit_drop(timestamptz), audit_prepare(timestamptz, integer), audit_seal(bytea) from public;
    grant execute on function audit_drop(timestamptz), audit_prepare(timestamptz, integer), audit_seal(bytea) to upload_gateway_service;
    execute format('grant usage on schema %I to upload_gateway_service', current_schema());
    grant select, insert, update, delete on
        adopted_objects, collection_usage, gateway_limits, idempotency_keys, tenant_claim_values, tenant_days, tenant_email_domains,
        tenant_revision, tenant_usage, tenants, uploads, uppy_sessions
        to upload_gateway_service;
    grant select on collection_usage_recomputed, tenant_days_recomputed, tenant_usage_recomputed, tenants_whole,
        audit_chains, audit_cuts to upload_gateway_service;
    -- Where sqlx keeps which migrations ran; psql keeps nothing.
    if to_regclass('_sqlx_migrations') is not null then
        grant select on _sqlx_migrations to upload_gateway_service;
    end if;
    grant select, insert on audit_events to upload_gateway_service;
end $$;

select audit_prepare(now(), 2);
