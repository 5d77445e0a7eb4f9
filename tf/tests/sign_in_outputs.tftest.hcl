# Where do people sign in, and what do the gateway and the identity providers have to be told of it?
mock_provider "aws" {
  source = "./tests/account"
}

variables {
  bucket                 = "acme-uploads"
  public_url             = "https://uploads.example.com"
  gateway_principal_arns = ["arn:aws:iam::123456789012:role/gateway"]

  # Any file will do: nothing here looks into it.
  triggers_zip = "versions.tf"

  saml_providers = {
    AcmeSSO = { metadata_url = "https://sso.acme.example/metadata", tenant = "acme", email_domains = ["acme.example"] }
  }
}

run "the_outputs_are_what_the_gateway_and_a_provider_have_to_be_told" {
  assert {
    condition = {
      issuer = output.issuer
      page   = output.hosted_ui_url
      saml   = output.saml_service_provider
      } == {
      issuer = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbC123xyz"
      page   = "https://upload-gateway-123456789012.auth.eu-central-1.amazoncognito.com"
      saml = {
        entity_id = "urn:amazon:cognito:sp:eu-central-1_AbC123xyz"
        acs_url   = "https://upload-gateway-123456789012.auth.eu-central-1.amazoncognito.com/saml2/idpresponse"
      }
    }
    error_message = "The outputs are others."
  }

  assert {
    condition     = output.client_ids == [aws_cognito_user_pool_client.federated[0].id, aws_cognito_user_pool_client.native.id]
    error_message = "The portal's client comes first, the native one next."
  }

  assert {
    condition     = length(output.managed_login_branding_commands) == 0
    error_message = "The classic hosted UI needs no branding."
  }
}

run "a_custom_domain_is_the_page_and_the_passkeys_place" {
  variables {
    passkeys      = true
    managed_login = true
    mfa           = "OFF"
    custom_domain = { name = "auth.example.com", certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/0-1" }
  }

  assert {
    condition     = output.hosted_ui_url == "https://auth.example.com" && one(aws_cognito_user_pool.people.web_authn_configuration).relying_party_id == "auth.example.com"
    error_message = "The custom domain is not used."
  }

  assert {
    condition     = length(output.managed_login_branding_commands) == 2 && strcontains(output.managed_login_branding_commands[1], "--client-id ${aws_cognito_user_pool_client.native.id} --use-cognito-provided-values")
    error_message = "Managed login shows no page without a branding style for each client."
  }
}
