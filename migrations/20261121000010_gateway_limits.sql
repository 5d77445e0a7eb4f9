-- Limits that an admin set while the gateway runs. Without the row, those of the configuration hold.
create table gateway_limits (
    only_row boolean primary key default true check (only_row),
    max_upload_bytes bigint not null,
    allowed_content_types text[] not null,
    monthly_bytes bigint,
    requests_per_minute integer,
    subject_requests_per_minute integer,
    updated_at timestamptz not null,
    constraint gateway_limits_positive check (
        max_upload_bytes > 0 and monthly_bytes > 0 and requests_per_minute > 0 and subject_requests_per_minute > 0
    )
);

-- Every replica hears of it as it does of a tenant.
create trigger gateway_limits_announce after insert or update or delete on gateway_limits
    for each statement execute function announce_tenant_change();
