-- What finds an upload without reading past others: the reconciler's, and a listing's with each filter. Written to, but not
-- read from, uploads waits while these are made.

alter table uploads validate constraint uploads_parts_possible;

create index uploads_due on uploads (check_at) where check_at is not null;
create index uploads_subject_newest on uploads (tenant_id, subject, id);
create index uploads_collection_newest on uploads (tenant_id, collection, id);
-- Most uploads are completed, and a page of those is soon found without an index of their own.
create index uploads_status_newest on uploads (tenant_id, status, id) where status <> 'completed';
