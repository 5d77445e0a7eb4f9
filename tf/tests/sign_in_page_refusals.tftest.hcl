# Is a page refused that people could be led to, or from, by somebody else?
mock_provider "aws" {
  source = "./tests/account"
}

variables {
  bucket                 = "acme-uploads"
  public_url             = "https://uploads.example.com"
  gateway_principal_arns = ["arn:aws:iam::123456789012:role/gateway"]
  triggers_zip           = "versions.tf"
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

run "a_custom_domain_that_is_too_long" {
  command = plan

  variables {
    custom_domain = { name = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.com", certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/0-1" }
  }

  expect_failures = [var.custom_domain]
}
