# Who gets in, through which app client, and what do their tokens allow?
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

run "only_administrators_make_accounts" {
  command = plan

  assert {
    condition     = one(aws_cognito_user_pool.people.admin_create_user_config).allow_admin_create_user_only
    error_message = "Nobody may sign up by themselves: they would choose their tenant."
  }
}

run "the_pool_is_strict_by_default" {
  command = plan

  assert {
    condition = jsonencode({
      tier        = aws_cognito_user_pool.people.user_pool_tier
      protection  = aws_cognito_user_pool.people.deletion_protection
      names       = aws_cognito_user_pool.people.username_attributes
      verified    = aws_cognito_user_pool.people.auto_verified_attributes
      case        = one(aws_cognito_user_pool.people.username_configuration).case_sensitive
      mfa         = aws_cognito_user_pool.people.mfa_configuration
      totp        = one(aws_cognito_user_pool.people.software_token_mfa_configuration).enabled
      factors     = one(aws_cognito_user_pool.people.sign_in_policy).allowed_first_auth_factors
      passkeys    = length(aws_cognito_user_pool.people.web_authn_configuration)
      recovery    = one(aws_cognito_user_pool.people.account_recovery_setting).recovery_mechanism
      changes     = one(aws_cognito_user_pool.people.user_attribute_update_settings).attributes_require_verification_before_update
      hosted_page = aws_cognito_user_pool_domain.people.managed_login_version
      }) == jsonencode({
      tier        = "ESSENTIALS"
      protection  = "ACTIVE"
      names       = ["email"]
      verified    = ["email"]
      case        = false
      mfa         = "ON"
      totp        = true
      factors     = ["PASSWORD"]
      passkeys    = 0
      recovery    = [{ name = "verified_email", priority = 1 }]
      changes     = ["email"]
      hosted_page = 1
    })
    error_message = "The user pool's defaults are laxer, or other, than they were."
  }

  assert {
    condition = jsonencode(one(aws_cognito_user_pool.people.password_policy)) == jsonencode({
      minimum_length                   = 12
      password_history_size            = null
      require_lowercase                = true
      require_numbers                  = true
      require_symbols                  = true
      require_uppercase                = true
      temporary_password_validity_days = 3
    })
    error_message = "The password policy is another."
  }

  assert {
    condition = [
      for attribute in aws_cognito_user_pool.people.schema :
      [attribute.name, attribute.attribute_data_type, attribute.mutable, one(attribute.string_attribute_constraints).min_length, one(attribute.string_attribute_constraints).max_length]
    ] == [["customerName", "String", true, "1", "256"]]
    error_message = "The tenant's attribute is another, and Cognito never changes one."
  }

  assert {
    condition     = [aws_cognito_user_group.platform_admins.name, aws_cognito_user_group.tenant_admins.name] == ["platform-admins", "tenant-admins"]
    error_message = "The gateway looks for other groups."
  }
}

run "people_of_identity_providers_have_a_client_that_cannot_sign_in_by_api" {
  command = plan

  assert {
    condition = jsonencode({
      providers  = aws_cognito_user_pool_client.federated[0].supported_identity_providers
      reads      = aws_cognito_user_pool_client.federated[0].read_attributes
      writes     = aws_cognito_user_pool_client.federated[0].write_attributes
      api_flows  = aws_cognito_user_pool_client.federated[0].explicit_auth_flows
      oauth      = aws_cognito_user_pool_client.federated[0].allowed_oauth_flows_user_pool_client
      flows      = aws_cognito_user_pool_client.federated[0].allowed_oauth_flows
      scopes     = aws_cognito_user_pool_client.federated[0].allowed_oauth_scopes
      callbacks  = aws_cognito_user_pool_client.federated[0].callback_urls
      logouts    = aws_cognito_user_pool_client.federated[0].logout_urls
      secret     = aws_cognito_user_pool_client.federated[0].generate_secret
      strangers  = aws_cognito_user_pool_client.federated[0].prevent_user_existence_errors
      revocation = aws_cognito_user_pool_client.federated[0].enable_token_revocation
      lives      = [aws_cognito_user_pool_client.federated[0].id_token_validity, aws_cognito_user_pool_client.federated[0].access_token_validity, aws_cognito_user_pool_client.federated[0].refresh_token_validity]
      units      = aws_cognito_user_pool_client.federated[0].token_validity_units
      }) == jsonencode({
      providers  = ["AcmeSSO"]
      reads      = ["custom:customerName", "email", "email_verified", "family_name", "given_name", "name"]
      writes     = ["custom:customerName", "email"]
      api_flows  = ["ALLOW_REFRESH_TOKEN_AUTH"]
      oauth      = true
      flows      = ["code"]
      scopes     = ["email", "openid", "profile"]
      callbacks  = ["https://uploads.example.com/portal/"]
      logouts    = ["https://uploads.example.com/portal/"]
      secret     = false
      strangers  = "ENABLED"
      revocation = true
      lives      = [15, 15, 12]
      units      = [{ access_token = "minutes", id_token = "minutes", refresh_token = "hours" }]
    })
    error_message = "The client of identity providers' people allows something else."
  }
}

run "people_of_the_pool_itself_have_a_client_that_cannot_write_their_tenant" {
  command = plan

  assert {
    condition = jsonencode({
      providers  = aws_cognito_user_pool_client.native.supported_identity_providers
      reads      = aws_cognito_user_pool_client.native.read_attributes
      writes     = aws_cognito_user_pool_client.native.write_attributes
      api_flows  = aws_cognito_user_pool_client.native.explicit_auth_flows
      oauth      = aws_cognito_user_pool_client.native.allowed_oauth_flows_user_pool_client
      flows      = aws_cognito_user_pool_client.native.allowed_oauth_flows
      scopes     = aws_cognito_user_pool_client.native.allowed_oauth_scopes
      callbacks  = aws_cognito_user_pool_client.native.callback_urls
      logouts    = aws_cognito_user_pool_client.native.logout_urls
      secret     = aws_cognito_user_pool_client.native.generate_secret
      strangers  = aws_cognito_user_pool_client.native.prevent_user_existence_errors
      revocation = aws_cognito_user_pool_client.native.enable_token_revocation
      lives      = [aws_cognito_user_pool_client.native.id_token_validity, aws_cognito_user_pool_client.native.access_token_validity, aws_cognito_user_pool_client.native.refresh_token_validity]
      units      = aws_cognito_user_pool_client.native.token_validity_units
      }) == jsonencode({
      providers  = ["COGNITO"]
      reads      = ["custom:customerName", "email", "email_verified", "family_name", "given_name", "name"]
      writes     = ["family_name", "given_name", "name"]
      api_flows  = ["ALLOW_REFRESH_TOKEN_AUTH"]
      oauth      = true
      flows      = ["code"]
      scopes     = ["email", "openid", "profile"]
      callbacks  = ["https://uploads.example.com/portal/"]
      logouts    = ["https://uploads.example.com/portal/"]
      secret     = false
      strangers  = "ENABLED"
      revocation = true
      lives      = [15, 15, 12]
      units      = [{ access_token = "minutes", id_token = "minutes", refresh_token = "hours" }]
    })
    error_message = "The client of the pool's own people allows something else."
  }
}

run "further_pages_may_be_named" {
  command = plan

  variables {
    callback_urls = ["https://partner.example/back", "http://localhost:5173/"]
    logout_urls   = ["https://partner.example/bye"]
  }

  assert {
    condition     = aws_cognito_user_pool_client.native.callback_urls == toset(["https://uploads.example.com/portal/", "https://partner.example/back", "http://localhost:5173/"])
    error_message = "The callback URLs are others."
  }

  assert {
    condition     = aws_cognito_user_pool_client.native.logout_urls == toset(["https://uploads.example.com/portal/", "https://partner.example/bye"])
    error_message = "The logout URLs are others."
  }
}

run "passkeys_open_the_choice_of_how_to_sign_in_for_the_pools_own_people_alone" {
  command = plan

  variables {
    passkeys      = true
    managed_login = true
    mfa           = "OPTIONAL"
  }

  assert {
    condition = jsonencode({
      factors = one(aws_cognito_user_pool.people.sign_in_policy).allowed_first_auth_factors
      passkey = aws_cognito_user_pool.people.web_authn_configuration
      page    = aws_cognito_user_pool_domain.people.managed_login_version
      native  = aws_cognito_user_pool_client.native.explicit_auth_flows
      foreign = aws_cognito_user_pool_client.federated[0].explicit_auth_flows
      }) == jsonencode({
      factors = ["PASSWORD", "WEB_AUTHN"]
      passkey = [{ relying_party_id = "upload-gateway-123456789012.auth.eu-central-1.amazoncognito.com", user_verification = "required" }]
      page    = 2
      native  = ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_AUTH"]
      foreign = ["ALLOW_REFRESH_TOKEN_AUTH"]
    })
    error_message = "Passkeys are set up in another way."
  }
}

run "a_second_factor_can_be_left_out" {
  command = plan

  variables {
    mfa = "OFF"
  }

  assert {
    condition     = aws_cognito_user_pool.people.mfa_configuration == "OFF" && length(aws_cognito_user_pool.people.software_token_mfa_configuration) == 0
    error_message = "Without MFA there is nothing to set up for it."
  }
}

run "the_plus_plan_acts_on_threats" {
  command = plan

  variables {
    user_pool_tier = "PLUS"
  }

  assert {
    condition     = one(aws_cognito_user_pool.people.user_pool_add_ons).advanced_security_mode == "ENFORCED"
    error_message = "Threat protection is paid for and off."
  }

  assert {
    condition     = one(one(aws_cognito_risk_configuration.people[0].compromised_credentials_risk_configuration).actions).event_action == "BLOCK"
    error_message = "A stolen password gets in."
  }
}

run "a_sender_of_ones_own_can_be_named" {
  command = plan

  variables {
    email_sender = { identity_arn = "arn:aws:ses:eu-central-1:123456789012:identity/example.com", from = "Uploads <uploads@example.com>" }
  }

  assert {
    condition     = one(aws_cognito_user_pool.people.email_configuration).email_sending_account == "DEVELOPER" && one(aws_cognito_user_pool.people.email_configuration).from_email_address == "Uploads <uploads@example.com>"
    error_message = "E-mail goes out by another sender."
  }
}
