# Which identity providers vouch for whom, and what may they write?
mock_provider "aws" {
  source = "./tests/account"
}

variables {
  bucket                 = "acme-uploads"
  public_url             = "https://uploads.example.com"
  gateway_principal_arns = ["arn:aws:iam::123456789012:role/gateway"]
  triggers_zip           = "versions.tf"

  saml_providers = {
    GlobexSSO = {
      metadata          = "<?xml version=\"1.0\"?>\n<md:EntityDescriptor entityID=\"globex\"></md:EntityDescriptor>"
      tenant            = "Globex & Søn"
      slug              = "globex"
      tenant_attribute  = "urn:globex:customer"
      attribute_mapping = { email = "mail", name = "displayName" }
      sign_requests     = false
      sign_out          = true
    }
    AcmeSSO = { metadata_url = "https://sso.acme.example/metadata", tenant = "acme", email_domains = ["acme.example", "acme.co.example"] }
  }
}

run "a_saml_provider_is_asked_by_signed_requests_and_never_begins_by_itself" {
  command = plan

  assert {
    condition = aws_cognito_identity_provider.saml["AcmeSSO"].provider_details == tomap({
      MetadataURL             = "https://sso.acme.example/metadata"
      RequestSigningAlgorithm = "rsa-sha256"
      IDPInit                 = "false"
      IDPSignout              = "false"
      EncryptedResponses      = "false"
    })
    error_message = "The provider is set up in another way."
  }

  assert {
    condition = aws_cognito_identity_provider.saml["GlobexSSO"].provider_details == tomap({
      MetadataFile       = "<?xml version=\"1.0\"?>\n<md:EntityDescriptor entityID=\"globex\"></md:EntityDescriptor>"
      IDPInit            = "false"
      IDPSignout         = "true"
      EncryptedResponses = "false"
    })
    error_message = "The provider is set up in another way."
  }
}

run "a_provider_writes_what_is_mapped_and_the_client_lets_it_write_that_and_no_more" {
  command = plan

  assert {
    condition     = aws_cognito_identity_provider.saml["AcmeSSO"].attribute_mapping == tomap({ email = "email", "custom:customerName" = "customerName" })
    error_message = "Other attributes are mapped."
  }

  assert {
    condition     = aws_cognito_identity_provider.saml["GlobexSSO"].attribute_mapping == tomap({ email = "mail", name = "displayName", "custom:customerName" = "urn:globex:customer" })
    error_message = "Other attributes are mapped."
  }

  assert {
    condition     = aws_cognito_user_pool_client.federated[0].write_attributes == toset(["custom:customerName", "email", "name"])
    error_message = "What is mapped has to be writable, or the sign-in fails; nothing else has to."
  }

  assert {
    condition     = aws_cognito_user_pool_client.federated[0].supported_identity_providers == toset(["AcmeSSO", "GlobexSSO"])
    error_message = "Every provider is for the federated client."
  }

  assert {
    condition     = aws_cognito_user_pool_client.native.supported_identity_providers == toset(["COGNITO"])
    error_message = "No provider is for the native client, which may not write the tenant."
  }
}

run "each_provider_is_bound_to_its_own_tenant" {
  assert {
    condition = jsondecode(aws_lambda_function.triggers[0].environment[0].variables.TRIGGERS_IDENTITY_PROVIDERS) == {
      AcmeSSO   = { tenant = "acme" }
      GlobexSSO = { tenant = "Globex & Søn" }
    }
    error_message = "The triggers would believe a provider about another tenant."
  }

  assert {
    condition = jsondecode(output.tenants_json) == [
      { slug = "acme", name = "acme", claimValues = ["acme"], emailDomains = ["acme.example", "acme.co.example"], identityProvider = "AcmeSSO" },
      { slug = "globex", name = "Globex & Søn", claimValues = ["Globex & Søn"], emailDomains = [], identityProvider = "GlobexSSO" },
    ]
    error_message = "The tenants that the gateway is given are others."
  }
}

run "without_a_provider_there_is_no_federated_client" {
  variables {
    saml_providers = {}
  }

  assert {
    condition     = length(aws_cognito_user_pool_client.federated) == 0 && output.federated_client_id == null && output.client_ids == [output.native_client_id]
    error_message = "A client that nobody can use, and that may write the tenant."
  }

  assert {
    condition     = jsondecode(output.tenants_json) == []
    error_message = "Tenants out of nowhere."
  }
}

run "google_vouches_for_nobody_by_default" {
  variables {
    google               = { client_id = "123-abc.apps.googleusercontent.com" }
    google_client_secret = "GOCSPX-example"
    saml_providers       = {}
  }

  assert {
    condition     = jsondecode(aws_lambda_function.triggers[0].environment[0].variables.TRIGGERS_IDENTITY_PROVIDERS) == {} && jsondecode(output.tenants_json) == []
    error_message = "Everybody with a Google account would be of a tenant."
  }

  assert {
    condition = nonsensitive(jsonencode(aws_cognito_identity_provider.google[0].provider_details)) == jsonencode({
      client_id        = "123-abc.apps.googleusercontent.com"
      client_secret    = "GOCSPX-example"
      authorize_scopes = "openid email profile"
    })
    error_message = "Google is asked for something else."
  }

  assert {
    condition     = aws_cognito_identity_provider.google[0].attribute_mapping == tomap({ username = "sub", email = "email", name = "name" })
    error_message = "Google knows nothing of tenants."
  }

  assert {
    condition     = aws_cognito_user_pool_client.federated[0].write_attributes == toset(["custom:customerName", "email", "name"])
    error_message = "What is mapped, and what the inbound federation trigger writes, has to be writable; nothing else has to."
  }
}

run "google_can_be_bound_to_one_tenant" {
  variables {
    google               = { client_id = "123-abc.apps.googleusercontent.com", tenant = "Initech", slug = "initech", email_domains = ["initech.example"] }
    google_client_secret = "GOCSPX-example"
    saml_providers       = {}
  }

  assert {
    condition     = jsondecode(aws_lambda_function.triggers[0].environment[0].variables.TRIGGERS_IDENTITY_PROVIDERS) == { Google = { tenant = "Initech" } }
    error_message = "The binding is another."
  }

  assert {
    condition = jsondecode(output.tenants_json) == [
      { slug = "initech", name = "Initech", claimValues = ["Initech"], emailDomains = ["initech.example"], identityProvider = "Google" },
    ]
    error_message = "The tenant that the gateway is given is another."
  }
}
