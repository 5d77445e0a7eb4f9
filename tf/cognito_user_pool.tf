# Who are the people, and how do they prove it? The user pool that every token of the gateway's comes from.
resource "aws_cognito_user_pool" "people" {
  name                = var.name
  user_pool_tier      = var.user_pool_tier
  deletion_protection = var.sign_in_deletion_protection ? "ACTIVE" : "INACTIVE"
  tags                = var.tags

  username_attributes      = ["email"]
  auto_verified_attributes = ["email"]

  username_configuration {
    case_sensitive = false
  }

  # Who could sign up would choose the tenant: an attribute that a client may write is also written at sign-up.
  admin_create_user_config {
    allow_admin_create_user_only = true
  }

  # SAML writes it at each sign-in, so it is mutable; who else may write it is decided by the app clients. Cognito never
  # changes or removes an attribute, so its longest value is the longest that a tenant's claimValues and a session tag take.
  schema {
    name                = trimprefix(local.tenant_claim, "custom:")
    attribute_data_type = "String"
    mutable             = true

    string_attribute_constraints {
      min_length = "1"
      max_length = "256"
    }
  }

  password_policy {
    minimum_length                   = var.password_minimum_length
    require_lowercase                = true
    require_numbers                  = true
    require_symbols                  = true
    require_uppercase                = true
    temporary_password_validity_days = 3
  }

  sign_in_policy {
    allowed_first_auth_factors = var.passkeys ? ["PASSWORD", "WEB_AUTHN"] : ["PASSWORD"]
  }

  # A passkey is bound to the host of the sign-in page, and asks for a finger or a PIN, since it stands for a password and more.
  dynamic "web_authn_configuration" {
    for_each = var.passkeys ? [local.hosted_ui_host] : []

    content {
      relying_party_id  = web_authn_configuration.value
      user_verification = "required"
    }
  }

  mfa_configuration = var.mfa

  dynamic "software_token_mfa_configuration" {
    for_each = var.mfa == "OFF" ? [] : [true]

    content {
      enabled = software_token_mfa_configuration.value
    }
  }

  account_recovery_setting {
    recovery_mechanism {
      name     = "verified_email"
      priority = 1
    }
  }

  # An address counts as somebody's only after it was proved, also when it changes.
  user_attribute_update_settings {
    attributes_require_verification_before_update = ["email"]
  }

  verification_message_template {
    default_email_option = "CONFIRM_WITH_CODE"
  }

  dynamic "email_configuration" {
    for_each = var.email_sender == null ? [] : [var.email_sender]

    content {
      email_sending_account  = "DEVELOPER"
      source_arn             = email_configuration.value.identity_arn
      from_email_address     = email_configuration.value.from
      reply_to_email_address = email_configuration.value.reply_to
      configuration_set      = email_configuration.value.configuration_set
    }
  }

  # Sold with the Plus plan alone.
  dynamic "user_pool_add_ons" {
    for_each = var.user_pool_tier == "PLUS" ? [var.threat_protection] : []

    content {
      advanced_security_mode = user_pool_add_ons.value
    }
  }

  # The provider knows no inbound_federation yet, and takes that trigger away again whenever it changes the pool:
  # see triggers_inbound_federation.tf.
  dynamic "lambda_config" {
    for_each = aws_lambda_function.triggers[*].arn

    content {
      pre_authentication  = lambda_config.value
      post_authentication = lambda_config.value
      post_confirmation   = lambda_config.value
      pre_sign_up         = lambda_config.value

      # From V2 on a trigger may change access tokens, and so add the tenant to them.
      pre_token_generation_config {
        lambda_arn     = lambda_config.value
        lambda_version = "V2_0"
      }
    }
  }
}

# What the Plus plan knows of stolen passwords is of no use unless something comes of it.
resource "aws_cognito_risk_configuration" "people" {
  count = var.user_pool_tier == "PLUS" && var.threat_protection == "ENFORCED" ? 1 : 0

  user_pool_id = aws_cognito_user_pool.people.id

  compromised_credentials_risk_configuration {
    event_filter = ["SIGN_IN", "PASSWORD_CHANGE"]

    actions {
      event_action = "BLOCK"
    }
  }
}
