# Which identity providers vouch for people? One SAML provider for each tenant that brings its own, and Google perhaps.
locals {
  saml_provider_names = sort(keys(var.saml_providers))

  # Pool attribute -> attribute of the assertion. The tenant's is mapped from whatever the assertion says, which proves nothing:
  # every provider can assert every tenant. What counts is which provider said it; see triggers.tf.
  saml_attribute_mappings = {
    for name, provider in var.saml_providers :
    name => merge(provider.attribute_mapping, { (local.tenant_claim) = provider.tenant_attribute })
  }
  google_attribute_mapping = { username = "sub", email = "email", name = "name" }

  identity_provider_names = concat(
    [for name in local.saml_provider_names : aws_cognito_identity_provider.saml[name].provider_name],
    aws_cognito_identity_provider.google[*].provider_name,
  )

  # Everything that a sign-in through a provider writes; Cognito fails the sign-in when the app client may not.
  mapped_attributes = distinct(concat(
    [local.tenant_claim],
    flatten([for mapping in values(local.saml_attribute_mappings) : keys(mapping)]),
    var.google == null ? [] : [for attribute in keys(local.google_attribute_mapping) : attribute if attribute != "username"],
  ))
}

resource "aws_cognito_identity_provider" "saml" {
  for_each = var.saml_providers

  user_pool_id  = aws_cognito_user_pool.people.id
  provider_name = each.key
  provider_type = "SAML"

  provider_details = merge(
    each.value.metadata_url == null ? { MetadataFile = each.value.metadata } : { MetadataURL = each.value.metadata_url },
    each.value.sign_requests ? { RequestSigningAlgorithm = "rsa-sha256" } : {},
    {
      # An assertion that nobody asked for can be somebody else's: signing people in to a foreign account (login CSRF).
      IDPInit            = "false"
      IDPSignout         = tostring(each.value.sign_out)
      EncryptedResponses = tostring(each.value.encrypted_responses)
    },
  )

  attribute_mapping = local.saml_attribute_mappings[each.key]

  # Cognito adds these by itself, and each plan would want to take them away again.
  lifecycle {
    ignore_changes = [
      provider_details["ActiveEncryptionCertificate"],
      provider_details["SLORedirectBindingURI"],
      provider_details["SSORedirectBindingURI"],
    ]
  }
}

resource "aws_cognito_identity_provider" "google" {
  count = var.google == null ? 0 : 1

  user_pool_id  = aws_cognito_user_pool.people.id
  provider_name = "Google"
  provider_type = "Google"

  provider_details = {
    client_id        = var.google.client_id
    client_secret    = var.google_client_secret
    authorize_scopes = "openid email profile"
  }

  attribute_mapping = local.google_attribute_mapping

  lifecycle {
    ignore_changes = [
      provider_details["attributes_url"],
      provider_details["attributes_url_add_attributes"],
      provider_details["authorize_url"],
      provider_details["oidc_issuer"],
      provider_details["token_request_method"],
      provider_details["token_url"],
    ]
  }
}
