# Do browsers hold AWS credentials of their own, from the gateway or past it?
variable "allow_sdk_clients" {
  description = "Let pages use the bucket with an AWS SDK and the credentials of POST /v1/credentials: its rule for other origins then also takes the headers in which an SDK signs. The direct path does the same unasked."
  type        = bool
  default     = false
  nullable    = false
}

variable "enable_identity_pool" {
  description = "The direct path: tokens of the user pool buy AWS credentials that write below the tenant's prefix, without the gateway. Read the README's trade-offs first."
  type        = bool
  default     = false

  validation {
    condition     = !var.enable_identity_pool || var.triggers_zip != null
    error_message = "The direct path believes the tenant that the token names, so it needs the triggers, which bind each provider to its tenant: set triggers_zip."
  }
}

variable "identity_pool_tenants" {
  description = "Slugs of the tenants whose people may take the direct path. There is no other check of the tenant on it: it works for tenants whose value of custom:customerName is their slug, and no other tenant may have such a value. Taking a slug out of the list ends the path for it at once, also for credentials that are out."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = !var.enable_identity_pool || length(var.identity_pool_tenants) > 0
    error_message = "The direct path is for tenants that are named: list their slugs in identity_pool_tenants."
  }

  validation {
    condition     = length(var.identity_pool_tenants) <= 100 && length(var.identity_pool_tenants) == length(toset(var.identity_pool_tenants))
    error_message = "At most 100 tenants fit into the role's policy, each named once."
  }

  validation {
    condition     = alltrue([for slug in var.identity_pool_tenants : can(regex("^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$", slug))])
    error_message = "A slug is 2 to 63 lower-case letters, digits and inner hyphens."
  }

  # Their claim would become the tag that is another tenant's slug.
  validation {
    condition = alltrue([
      for provider in concat(values(var.saml_providers)[*], var.google[*]) :
      coalesce(provider.slug, provider.tenant, "none") == coalesce(provider.tenant, "none") || !contains(var.identity_pool_tenants, coalesce(provider.tenant, "none"))
    ])
    error_message = "The people of a provider whose tenant's value is one of these slugs, but whose own slug is another, would write into somebody else's prefix."
  }
}

variable "identity_pool_isolation" {
  description = <<-EOT
    How far apart the people of a tenant are on the direct path:
    - subject: SLUG/SUBJECT/…, each its own, as the gateway lays out its keys, so that what is adopted is on record as that person's;
    - identity: SLUG/direct/IDENTITY-ID/…, each its own, by the identity pool's id of the person; on record as the subject "direct";
    - tenant: SLUG/direct/…, all together; on record as the subject "direct".
  EOT
  type        = string
  default     = "subject"

  validation {
    condition     = contains(["subject", "identity", "tenant"], var.identity_pool_isolation)
    error_message = "People are kept apart by subject or identity, or are together as a tenant."
  }
}
