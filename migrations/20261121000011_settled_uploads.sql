-- A grant is written into few indexes. Most of what lists uploads holds only what is settled, that is, no longer pending: an
-- upload enters those once, when it is settled, and stands meanwhile in two of its own, which stay small.
--
-- Whatever writes to uploads waits while these are made. Whoever has a large table makes them beforehand, one after the other, with the same
-- statements and the word `concurrently`; they are then found here.

-- What `create index concurrently` leaves behind when it fails has its name and answers nothing.
do $$
declare
    broken text := (select string_agg(indexrelid::regclass::text, ', ') from pg_index
                    where indrelid = 'uploads'::regclass and not indisvalid);
begin
    if broken is not null then
        raise exception 'these indexes are not valid, drop them first: %', broken;
    end if;
end $$;

create index if not exists uploads_pending_newest on uploads (tenant_id, id) where status = 'pending';
create index if not exists uploads_pending_subject_newest on uploads (tenant_id, subject, id) where status = 'pending';

create index if not exists uploads_settled_newest on uploads (tenant_id, id) where status <> 'pending';
create index if not exists uploads_settled_subject_newest on uploads (tenant_id, subject, id) where status <> 'pending';
create index if not exists uploads_settled_collection_newest on uploads (tenant_id, collection, id) where status <> 'pending';
create index if not exists uploads_settled_status_newest on uploads (tenant_id, status, id) where status <> 'pending';
create index if not exists uploads_settled_subject_collection_newest
    on uploads (tenant_id, subject, collection, id) where status <> 'pending';
create index if not exists uploads_settled_subject_status_newest
    on uploads (tenant_id, subject, status, id) where status <> 'pending';
