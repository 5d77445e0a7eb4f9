-- What finds an upload without reading past others: the reconciler's, and a listing's with each filter. Written to, but not
-- read from, uploads waits while these are made.

alter table uploads validate constraint uploads_parts_possible;

create index uploads_due on uploads (check_at) where check_at is not null;
create index uploads_subject_newest on uploads (tenant_id, subject, id);
create index uploads_collection_newest on uploads (tenant_id, collection, id);
create index uploads_status_newest on uploads (tenant_id, status, id);
-- An ordinary user's listing always has a subject, so these are what such a user's filters are found by.
create index uploads_subject_collection_newest on uploads (tenant_id, subject, collection, id);
create index uploads_subject_status_newest on uploads (tenant_id, subject, status, id);
