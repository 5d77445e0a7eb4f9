-- When tenants were last changed, by Postgres's own clock, so that a replica can tell how long a change was on its way to it.

-- Nothing is known of when earlier changes were made.
alter table tenant_revision add column changed_at timestamptz;

-- As before, and the time: not the transaction's, which may have waited for another's.
create or replace function announce_tenant_change() returns trigger language plpgsql as $$
begin
    update tenant_revision set revision = revision + 1, changed_at = clock_timestamp();
    perform pg_notify('tenants', '');
    return null;
end $$;
