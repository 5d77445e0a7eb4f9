# Is what cannot be right about signing in refused before anything is made?
mock_provider "aws" {
  source = "./tests/account"
}

variables {
  bucket                 = "acme-uploads"
  public_url             = "https://uploads.example.com"
  gateway_principal_arns = ["arn:aws:iam::123456789012:role/gateway"]
  triggers_zip           = "versions.tf"
}

run "the_lite_plan" {
  command = plan

  variables {
    user_pool_tier = "LITE"
  }

  expect_failures = [var.user_pool_tier]
}

run "threat_protection_that_is_off" {
  command = plan

  variables {
    threat_protection = "OFF"
  }

  expect_failures = [var.threat_protection]
}

run "a_short_password" {
  command = plan

  variables {
    password_minimum_length = 11
  }

  expect_failures = [var.password_minimum_length]
}

run "an_overlong_password" {
  command = plan

  variables {
    password_minimum_length = 100
  }

  expect_failures = [var.password_minimum_length]
}

run "an_unknown_second_factor" {
  command = plan

  variables {
    mfa = "SMS"
  }

  expect_failures = [var.mfa]
}

run "passkeys_on_the_classic_page" {
  command = plan

  variables {
    passkeys = true
    mfa      = "OFF"
  }

  expect_failures = [var.passkeys]
}

run "passkeys_where_a_second_factor_is_demanded" {
  command = plan

  variables {
    passkeys      = true
    managed_login = true
  }

  expect_failures = [var.passkeys]
}

run "a_domain_prefix_in_capitals" {
  command = plan

  variables {
    domain_prefix = "Acme"
  }

  expect_failures = [var.domain_prefix]
}

run "a_domain_prefix_that_is_too_long" {
  command = plan

  variables {
    domain_prefix = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
  }

  expect_failures = [var.domain_prefix]
}

run "a_domain_prefix_of_aws" {
  command = plan

  variables {
    domain_prefix = "my-aws-login"
  }

  expect_failures = [var.domain_prefix]
}

run "a_name_that_makes_no_domain_prefix" {
  command = plan

  variables {
    name = "cognito-uploads"
  }

  expect_failures = [var.domain_prefix]
}

run "a_custom_domain_that_is_no_host" {
  command = plan

  variables {
    custom_domain = { name = "https://auth.example.com", certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/0-1" }
  }

  expect_failures = [var.custom_domain]
}

run "a_certificate_of_another_region" {
  command = plan

  variables {
    custom_domain = { name = "auth.example.com", certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/0-1" }
  }

  expect_failures = [var.custom_domain]
}

run "a_callback_in_the_clear" {
  command = plan

  variables {
    callback_urls = ["http://partner.example/back"]
  }

  expect_failures = [var.callback_urls]
}

run "a_callback_that_only_looks_like_localhost" {
  command = plan

  variables {
    callback_urls = ["http://localhost.evil.example/"]
  }

  expect_failures = [var.callback_urls]
}

run "a_callback_with_credentials" {
  command = plan

  variables {
    callback_urls = ["https://localhost@evil.example/"]
  }

  expect_failures = [var.callback_urls]
}

run "a_callback_with_a_wildcard" {
  command = plan

  variables {
    callback_urls = ["https://*.partner.example/"]
  }

  expect_failures = [var.callback_urls]
}

run "a_callback_with_a_fragment" {
  command = plan

  variables {
    callback_urls = ["https://partner.example/#a"]
  }

  expect_failures = [var.callback_urls]
}

run "a_callback_that_is_too_long" {
  command = plan

  variables {
    callback_urls = ["https://partner.example/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]
  }

  expect_failures = [var.callback_urls]
}

run "too_many_callbacks" {
  command = plan

  variables {
    callback_urls = [for n in range(100) : "https://partner.example/${n}"]
  }

  expect_failures = [var.callback_urls]
}

run "a_logout_in_the_clear" {
  command = plan

  variables {
    logout_urls = ["http://partner.example/bye"]
  }

  expect_failures = [var.logout_urls]
}

run "too_many_logouts" {
  command = plan

  variables {
    logout_urls = [for n in range(100) : "https://partner.example/${n}"]
  }

  expect_failures = [var.logout_urls]
}

run "tokens_that_live_too_long" {
  command = plan

  variables {
    token_minutes = 61
  }

  expect_failures = [var.token_minutes]
}

run "tokens_that_live_too_short" {
  command = plan

  variables {
    token_minutes = 14
  }

  expect_failures = [var.token_minutes]
}

run "half_a_minute" {
  command = plan

  variables {
    token_minutes = 15.5
  }

  expect_failures = [var.token_minutes]
}

run "refresh_tokens_that_live_too_long" {
  command = plan

  variables {
    refresh_hours = 721
  }

  expect_failures = [var.refresh_hours]
}

run "refresh_tokens_that_do_not_live" {
  command = plan

  variables {
    refresh_hours = 0
  }

  expect_failures = [var.refresh_hours]
}

run "a_sender_that_is_no_identity" {
  command = plan

  variables {
    email_sender = { identity_arn = "uploads@example.com", from = "uploads@example.com" }
  }

  expect_failures = [var.email_sender]
}
