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

run "a_sender_without_an_address" {
  command = plan

  variables {
    email_sender = { identity_arn = "arn:aws:ses:eu-central-1:123456789012:identity/example.com", from = "Uploads" }
  }

  expect_failures = [var.email_sender]
}

run "a_sender_that_is_too_long" {
  command = plan

  variables {
    email_sender = { identity_arn = "arn:aws:ses:eu-central-1:123456789012:identity/example.com", from = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa <bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb@cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc>" }
  }

  expect_failures = [var.email_sender]
}

run "answers_to_nowhere" {
  command = plan

  variables {
    email_sender = { identity_arn = "arn:aws:ses:eu-central-1:123456789012:identity/example.com", from = "uploads@example.com", reply_to = "nowhere" }
  }

  expect_failures = [var.email_sender]
}

run "a_configuration_set_without_a_name" {
  command = plan

  variables {
    email_sender = { identity_arn = "arn:aws:ses:eu-central-1:123456789012:identity/example.com", from = "uploads@example.com", configuration_set = "a b" }
  }

  expect_failures = [var.email_sender]
}
