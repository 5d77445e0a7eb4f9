-- What is pending enters one index and not two: a listing of one subject checks the subject inside it. Plain `create index`: grants wait
-- for as long as one pass over the table takes, unless it was made beforehand with `concurrently`.
create index if not exists uploads_pending on uploads (tenant_id, id, subject) where status = 'pending';
drop index uploads_pending_newest;
drop index uploads_pending_subject_newest;
