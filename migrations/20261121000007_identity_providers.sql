-- A tenant is bound to its identity provider: who signed in through another is refused, and whether people of the user pool itself
-- may enter is the tenant's own choice. Those that have a provider already meant its people alone.
alter table tenants add column native_users boolean not null default true;
update tenants set native_users = false where identity_provider is not null;

drop view tenants_whole;
create view tenants_whole as
select t.*,
       array(select v.claim_value from tenant_claim_values v where v.tenant_id = t.id order by 1) as claim_values,
       array(select d.domain from tenant_email_domains d where d.tenant_id = t.id order by 1) as email_domains
from tenants t;

-- Tenants are now looked up by their domains too, and remembered so.
create trigger tenant_email_domains_announce after insert or update or delete on tenant_email_domains
    for each statement execute function announce_tenant_change();
