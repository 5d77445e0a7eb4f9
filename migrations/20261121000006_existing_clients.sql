-- What clients that exist need: sessions whose secret is in a path, credentials that may read, and objects that such
-- credentials wrote without a grant of their own.

-- Uppy 6 sends no header to its Companion, so its session is a secret in the path. Only the secret's SHA-256 is kept.
create table uppy_sessions (
    id uuid primary key,
    tenant_id uuid not null references tenants (id),
    subject text not null,
    secret_digest bytea not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    revoked_at timestamptz,
    constraint uppy_sessions_secret_unique unique (secret_digest),
    constraint uppy_sessions_secret_is_a_digest check (octet_length(secret_digest) = 32)
);
create index uppy_sessions_expiry on uppy_sessions (expires_at);

-- May temporary credentials also read and list what is below their prefix?
alter table tenants add column credential_reading boolean not null default false;

drop view tenants_whole;
create view tenants_whole as
select t.*,
       array(select v.claim_value from tenant_claim_values v where v.tenant_id = t.id order by 1) as claim_values,
       array(select d.domain from tenant_email_domains d where d.tenant_id = t.id order by 1) as email_domains
from tenants t;

-- The key of an upload that was granted holds its id. An object that was written with temporary credentials has a key of its
-- writer's, so its upload is found by this, and there is one for each key.
create table adopted_objects (
    tenant_id uuid not null references tenants (id),
    object_key text not null,
    upload_id uuid not null references uploads (id),
    primary key (tenant_id, object_key)
);
