# Which identity providers are there, and whose people do they vouch for?
variable "saml_providers" {
  description = <<-EOT
    SAML identity providers by the name that Cognito and the gateway have for them (3 to 32 letters, digits and hyphens).
    Each is bound to one tenant: whatever else it asserts is refused by the triggers and by the gateway.

    - metadata_url or metadata: where Cognito reads the provider's metadata, or their text. Exactly one.
    - tenant: the value of custom:customerName that its people have, exactly as the provider sends it (1 to 256 characters).
    - slug: the tenant's slug, its prefix in the bucket, which never changes. Default: the tenant's value, if that is a slug.
    - email_domains: where its people have their addresses; leads them from the portal to this provider.
    - tenant_attribute: the assertion's attribute that holds the tenant's value.
    - attribute_mapping: user pool attribute -> the assertion's attribute.
    - sign_requests: sign what is sent to the provider (RSA with SHA-256).
    - encrypted_responses: take only encrypted assertions.
    - sign_out: signing out here signs out at the provider as well, if it can.
  EOT
  type = map(object({
    metadata_url        = optional(string)
    metadata            = optional(string)
    tenant              = string
    slug                = optional(string)
    email_domains       = optional(list(string), [])
    tenant_attribute    = optional(string, "customerName")
    attribute_mapping   = optional(map(string), { email = "email" })
    sign_requests       = optional(bool, true)
    encrypted_responses = optional(bool, false)
    sign_out            = optional(bool, false)
  }))
  default  = {}
  nullable = false

  # Cognito joins the name and the person's id with an underscore, into user names and groups, which are taken apart again.
  validation {
    condition     = alltrue([for name in keys(var.saml_providers) : can(regex("^[A-Za-z0-9][A-Za-z0-9-]{2,31}$", name))])
    error_message = "A provider's name is 3 to 32 letters, digits and hyphens, and begins with no hyphen; it has no underscore, with which Cognito ends it in user names."
  }

  validation {
    condition     = length(setintersection([for name in keys(var.saml_providers) : lower(name)], ["cognito", "google", "facebook", "loginwithamazon", "signinwithapple"])) == 0
    error_message = "COGNITO, Google, Facebook, LoginWithAmazon and SignInWithApple are Cognito's own names for something else, in any case."
  }

  validation {
    condition     = length(var.saml_providers) == length(distinct([for name in keys(var.saml_providers) : lower(name)]))
    error_message = "Two providers' names differ in more than their case."
  }

  validation {
    condition     = alltrue([for provider in values(var.saml_providers) : (provider.metadata_url == null) != (provider.metadata == null)])
    error_message = "A provider has either a metadata_url or metadata, not both and not neither."
  }

  validation {
    condition = alltrue([
      for provider in values(var.saml_providers) :
      provider.metadata_url == null ? true : length(provider.metadata_url) <= 2048 && can(regex("^https://[a-z0-9.-]+(:[0-9]{1,5})?/[^\\s#]*$", provider.metadata_url))
    ])
    error_message = "Metadata is read over https alone: who could change it on the way could vouch for everybody."
  }

  validation {
    condition = alltrue([
      for provider in values(var.saml_providers) :
      provider.metadata == null ? true : length(provider.metadata) <= 131072 && can(regex("<([A-Za-z0-9]+:)?EntityDescriptor[\\s>]", provider.metadata))
    ])
    error_message = "Metadata is the XML text itself, with its EntityDescriptor, of at most 131,072 characters: file(\"acme.xml\")."
  }

  validation {
    condition = alltrue([
      for provider in values(var.saml_providers) :
      length(provider.tenant) >= 1 && length(provider.tenant) <= 256 && trimspace(provider.tenant) == provider.tenant && !can(regex("[[:cntrl:]]", provider.tenant))
    ])
    error_message = "A tenant's value is 1 to 256 characters, without control characters or space around them."
  }

  validation {
    condition     = length(var.saml_providers) == length(distinct([for provider in values(var.saml_providers) : provider.tenant]))
    error_message = "Each provider has a tenant of its own: at the gateway, a tenant has one identity provider."
  }

  validation {
    condition     = alltrue([for provider in values(var.saml_providers) : can(regex("^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$", provider.slug == null ? provider.tenant : provider.slug))])
    error_message = "A slug is 2 to 63 lower-case letters, digits and inner hyphens. Where the tenant's value is none, give one: it is the tenant's prefix for ever."
  }

  validation {
    condition     = length(var.saml_providers) == length(distinct([for provider in values(var.saml_providers) : provider.slug == null ? provider.tenant : provider.slug]))
    error_message = "Two tenants would have the same slug, and so the same prefix: give them one each."
  }

  validation {
    condition     = alltrue([for domain in flatten(values(var.saml_providers)[*].email_domains) : length(domain) <= 253 && can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", domain))])
    error_message = "An e-mail domain is a domain name in lower case, such as acme.example."
  }

  validation {
    condition     = length(flatten(values(var.saml_providers)[*].email_domains)) == length(distinct(flatten(values(var.saml_providers)[*].email_domains)))
    error_message = "An e-mail domain leads to one provider: name none twice."
  }

  validation {
    condition     = alltrue([for provider in values(var.saml_providers) : can(regex("^[^[:cntrl:]]{1,256}$", provider.tenant_attribute))])
    error_message = "The tenant's attribute is named by 1 to 256 characters."
  }

  # The tenant's attribute is mapped apart, and email_verified would let a provider vouch for addresses that are not its own.
  validation {
    condition = alltrue(flatten([
      for provider in values(var.saml_providers) : [
        for attribute, source in provider.attribute_mapping :
        contains(["email", "family_name", "given_name", "locale", "name", "nickname", "picture", "zoneinfo"], attribute) && can(regex("^[^[:cntrl:]]{1,256}$", source))
      ]
    ]))
    error_message = "What may be mapped is email, family_name, given_name, locale, name, nickname, picture and zoneinfo, each from an attribute of the assertion."
  }

  validation {
    condition     = alltrue([for provider in values(var.saml_providers) : contains(keys(provider.attribute_mapping), "email")])
    error_message = "The e-mail address has to be mapped."
  }
}

variable "google" {
  description = <<-EOT
    Google as a provider: the client id of its OAuth client, and perhaps the tenant whose people come through it (value of
    custom:customerName, slug, e-mail domains). Without a tenant, nobody gets in through Google: the triggers and the gateway
    refuse them. With one, whoever Google lets sign in at this OAuth client gets into that tenant, so make it one of user type
    "Internal". Google says nothing of tenants, so this also needs the inbound federation trigger (see the output
    inbound_federation_command).
  EOT
  type = object({
    client_id     = string
    tenant        = optional(string)
    slug          = optional(string)
    email_domains = optional(list(string), [])
  })
  default = null

  validation {
    condition     = var.google == null ? true : can(regex("^[0-9A-Za-z-]{1,128}\\.apps\\.googleusercontent\\.com$", var.google.client_id))
    error_message = "Google's client ids end in .apps.googleusercontent.com."
  }

  validation {
    condition     = (var.google == null) == (var.google_client_secret == null)
    error_message = "Google needs both google and google_client_secret."
  }

  validation {
    condition     = try(var.google.tenant, null) == null ? true : can(regex("^[^[:cntrl:]]{1,256}$", var.google.tenant)) && trimspace(var.google.tenant) == var.google.tenant && !contains(values(var.saml_providers)[*].tenant, var.google.tenant)
    error_message = "The tenant's value is 1 to 256 characters, without control characters or space around them, and no SAML provider's."
  }

  validation {
    condition     = try(var.google.tenant, null) == null ? true : can(regex("^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$", var.google.slug)) && !contains([for provider in values(var.saml_providers) : provider.slug == null ? provider.tenant : provider.slug], coalesce(var.google.slug, "none"))
    error_message = "Google's tenant has a slug, 2 to 63 lower-case letters, digits and inner hyphens, which is no SAML provider's."
  }

  validation {
    condition     = try(var.google.tenant, null) != null || length(try(var.google.email_domains, [])) == 0
    error_message = "Addresses lead to a tenant's provider: without a tenant, Google has no e-mail domains."
  }

  validation {
    condition     = length(try(var.google.email_domains, [])) == length(distinct(try(var.google.email_domains, [])))
    error_message = "Name no e-mail domain twice."
  }

  validation {
    condition = alltrue([
      for domain in try(var.google.email_domains, []) :
      length(domain) <= 253 && can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", domain)) && !contains(flatten(values(var.saml_providers)[*].email_domains), domain)
    ])
    error_message = "An e-mail domain is a domain name in lower case, such as acme.example, and no SAML provider's."
  }
}

variable "google_client_secret" {
  description = "Secret of Google's OAuth client. It is kept in Terraform's state, so keep that encrypted."
  type        = string
  default     = null
  sensitive   = true

  validation {
    condition     = var.google_client_secret == null ? true : can(regex("^[!-~]{8,512}$", var.google_client_secret))
    error_message = "Google's client secret is 8 to 512 printable characters without spaces."
  }
}
