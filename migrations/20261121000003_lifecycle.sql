-- The upload's whole life: its parts, S3's word about it, and when to look again. Takes its lock on uploads for a moment only.

alter table uploads
    add column size_is_exact boolean not null default true,  -- false: size_bytes is the most that may be written
    add column part_size_bytes bigint,                       -- of a multipart upload whose size is known
    add column multipart_id text,                            -- S3's upload id
    add column event_sequencer text,                         -- of the last S3 event about this object
    add column check_at timestamptz,                         -- when the reconciler looks again; null is never
    add constraint uploads_parts_possible check (part_size_bytes between 5242880 and 5368709120) not valid;

update uploads set check_at = expires_at where status = 'pending';
-- A replica of the version before writes no check_at. Its grants are looked at all the same.
alter table uploads alter column check_at set default now() + interval '1 hour';
