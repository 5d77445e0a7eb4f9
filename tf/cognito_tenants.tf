# Which tenants belong to the identity providers? They are rows of the gateway's database, so this only prepares them.
locals {
  # Provider -> the only tenant that it vouches for. The triggers refuse every other provider and every other value.
  provider_tenants = merge(
    { for name, provider in var.saml_providers : name => { tenant = provider.tenant } },
    try(var.google.tenant, null) == null ? {} : { Google = { tenant = var.google.tenant } },
  )

  # Bodies of POST /v1/admin/tenants.
  tenants = concat(
    [
      for name in local.saml_provider_names : {
        slug             = var.saml_providers[name].slug == null ? var.saml_providers[name].tenant : var.saml_providers[name].slug
        name             = trimspace(substr(var.saml_providers[name].tenant, 0, 200))
        claimValues      = [var.saml_providers[name].tenant]
        emailDomains     = var.saml_providers[name].email_domains
        identityProvider = name
      }
    ],
    try(var.google.tenant, null) == null ? [] : [{
      slug             = var.google.slug
      name             = trimspace(substr(var.google.tenant, 0, 200))
      claimValues      = [var.google.tenant]
      emailDomains     = var.google.email_domains
      identityProvider = "Google"
    }],
  )
}
