-- Tenants, what they are called by identity providers, and how every replica hears of a change.

create table tenants (
    id uuid primary key,
    slug text not null,
    name text not null,
    status text not null default 'active',
    identity_provider text,
    isolation text not null default 'tenant',
    credential_vending boolean not null default false,
    max_upload_bytes bigint not null,
    allowed_content_types text[] not null,
    monthly_bytes bigint,
    requests_per_minute integer,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint tenants_slug_unique unique (slug),
    constraint tenants_slug_shape check (slug ~ '^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$'),
    constraint tenants_status_known check (status in ('active', 'suspended')),
    constraint tenants_isolation_known check (isolation in ('tenant', 'user')),
    constraint tenants_limits_positive check (max_upload_bytes > 0 and monthly_bytes > 0 and requests_per_minute > 0)
);

-- A claim value and an e-mail domain lead to one tenant only.
create table tenant_claim_values (
    claim_value text not null,
    tenant_id uuid not null references tenants (id) on delete cascade,
    constraint tenant_claim_values_unique primary key (claim_value)
);
create index tenant_claim_values_tenant on tenant_claim_values (tenant_id);

create table tenant_email_domains (
    domain text not null,
    tenant_id uuid not null references tenants (id) on delete cascade,
    constraint tenant_email_domains_unique primary key (domain)
);
create index tenant_email_domains_tenant on tenant_email_domains (tenant_id);

-- A tenant with everything that leads to it.
create view tenants_whole as
select t.*,
       array(select v.claim_value from tenant_claim_values v where v.tenant_id = t.id order by 1) as claim_values,
       array(select d.domain from tenant_email_domains d where d.tenant_id = t.id order by 1) as email_domains
from tenants t;

-- One row whose number grows with every change of a tenant. A replica that missed a notification sees the number.
-- It is a row and not a sequence, because a sequence moves before the change is committed.
create table tenant_revision (
    only_row boolean primary key default true check (only_row),
    revision bigint not null
);
insert into tenant_revision (revision) values (0);

create function announce_tenant_change() returns trigger language plpgsql as $$
begin
    update tenant_revision set revision = revision + 1;
    perform pg_notify('tenants', '');
    return null;
end $$;

create trigger tenants_announce after insert or update or delete on tenants
    for each statement execute function announce_tenant_change();
create trigger tenant_claim_values_announce after insert or update or delete on tenant_claim_values
    for each statement execute function announce_tenant_change();
