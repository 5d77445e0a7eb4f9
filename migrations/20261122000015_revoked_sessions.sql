-- Since when must a tenant's sessions of the upload role have begun? Those that began before were revoked, in the role's own
-- policy, and sign nothing any more; null where that never happened. The view is made anew because it has the columns of its day.

alter table tenants add column sessions_from timestamptz;

drop view tenants_whole;
create view tenants_whole as
select t.*,
       array(select v.claim_value from tenant_claim_values v where v.tenant_id = t.id order by 1) as claim_values,
       array(select d.domain from tenant_email_domains d where d.tenant_id = t.id order by 1) as email_domains
from tenants t;

-- Where migration 14 could make the role.
do $$
begin
    if exists (select from pg_roles where rolname = 'upload_gateway_service') then
        grant select on tenants_whole to upload_gateway_service;
    end if;
end $$;
