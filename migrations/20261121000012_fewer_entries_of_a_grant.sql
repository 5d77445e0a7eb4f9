-- What a grant need no longer be written into. A file of its own, because nobody may read uploads while this waits for its
-- lock, and the indexes of the file before take longer than that to make.

-- Every upload begins as pending, and the trigger uploads_reserve then makes or changes its tenant's row of tenant_usage, once
-- for all rows of a statement. That table's own foreign key refuses a tenant that does not exist, and keeps one that has such
-- a row from being deleted; nobody deletes such rows. So this constraint, which looks a tenant up for each row, says nothing
-- that is not said already.
--
-- Dropping it locks both tables, against readers too. Both are taken at once or neither: requests that have locked one and
-- want the other are let through, and nobody waits behind a long reader for more than a moment.
do $$
begin
    perform set_config('lock_timeout', '200ms', true);
    for attempt in 1..600 loop
        begin
            lock table uploads, tenants in access exclusive mode;
            return;
        exception when lock_not_available then
            perform pg_sleep(0.1);
        end;
    end loop;
    raise exception 'uploads and tenants cannot be locked: somebody has been reading them for minutes';
end $$;
alter table uploads drop constraint uploads_tenant_exists;

-- The listings of 0.1.0 say nothing of pending or not, so no index that is left answers them: they are as correct as before, and
-- read the whole table until the last replica of that version is gone.
drop index uploads_tenant_newest;
drop index uploads_subject_newest;
drop index uploads_collection_newest;
drop index uploads_status_newest;
drop index uploads_subject_collection_newest;
drop index uploads_subject_status_newest;
