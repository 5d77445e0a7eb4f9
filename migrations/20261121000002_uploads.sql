-- The ledger: every grant that was ever handed out, and what became of it.

create table uploads (
    id uuid primary key,
    tenant_id uuid not null,
    subject text not null,
    object_key text not null,
    collection text not null,
    file_name text not null,
    content_type text not null,
    size_bytes bigint not null,
    checksum_algorithm text,
    checksum_value text,
    metadata jsonb not null default '{}',
    method text not null,
    status text not null default 'pending',
    created_at timestamptz not null,
    expires_at timestamptz not null,
    completed_at timestamptz,
    stored_size_bytes bigint,
    stored_etag text,
    stored_content_type text,
    stored_checksum_algorithm text,
    stored_checksum_value text,
    constraint uploads_tenant_exists foreign key (tenant_id) references tenants (id),
    constraint uploads_size_positive check (size_bytes > 0),
    constraint uploads_method_known check (method in ('put', 'post', 'multipart')),
    constraint uploads_status_known check (status in ('pending', 'completed', 'failed', 'expired', 'aborted', 'deleted')),
    constraint uploads_checksum_whole check ((checksum_algorithm is null) = (checksum_value is null)),
    constraint uploads_completed_is_known check (status <> 'completed' or (completed_at is not null and stored_etag is not null))
);
-- Ids are UUIDv7, so this is also the order of creation: the newest page of a tenant is the end of the index.
create index uploads_tenant_newest on uploads (tenant_id, id);

-- Who did what, and when. Rows are only ever added.
create table audit_events (
    id uuid primary key,
    at timestamptz not null,
    tenant_id uuid,
    subject text not null,
    action text not null,
    upload_id uuid,
    request_id text not null,
    detail jsonb not null default '{}'
);
create index audit_events_tenant_newest on audit_events (tenant_id, id);
