# Is a SAML provider refused that could vouch for more than its own tenant, or that leads nowhere?
mock_provider "aws" {
  source = "./tests/account"
}

variables {
  bucket                 = "acme-uploads"
  public_url             = "https://uploads.example.com"
  gateway_principal_arns = ["arn:aws:iam::123456789012:role/gateway"]
  triggers_zip           = "versions.tf"
}

run "an_empty_tenant" {
  command = plan

  variables {
    saml_providers = {
      AcmeSSO = { metadata_url = "https://sso.acme.example/m", tenant = "", slug = "acme" }
    }
  }

  expect_failures = [var.saml_providers]
}

run "a_tenant_with_space_around_it" {
  command = plan

  variables {
    saml_providers = {
      AcmeSSO = { metadata_url = "https://sso.acme.example/m", tenant = "acme ", slug = "acme" }
    }
  }

  expect_failures = [var.saml_providers]
}

run "a_tenant_with_a_control_character" {
  command = plan

  variables {
    saml_providers = {
      AcmeSSO = { metadata_url = "https://sso.acme.example/m", tenant = "ac\nme", slug = "acme" }
    }
  }

  expect_failures = [var.saml_providers]
}

run "a_tenant_that_is_too_long" {
  command = plan

  variables {
    saml_providers = {
      AcmeSSO = { metadata_url = "https://sso.acme.example/m", tenant = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", slug = "acme" }
    }
  }

  expect_failures = [var.saml_providers]
}

run "two_providers_of_one_tenant" {
  command = plan

  variables {
    saml_providers = {
      AcmeSSO = { metadata_url = "https://sso.acme.example/m", tenant = "acme", slug = "acme" }
      AcmeOld = { metadata_url = "https://sso.acme.example/m", tenant = "acme", slug = "acme-old" }
    }
  }

  expect_failures = [var.saml_providers]
}

run "a_tenant_that_is_no_slug_and_has_none" {
  command = plan

  variables {
    saml_providers = {
      AcmeSSO = { metadata_url = "https://sso.acme.example/m", tenant = "Customer 1" }
    }
  }

  expect_failures = [var.saml_providers]
}

run "a_slug_that_nests" {
  command = plan

  variables {
    saml_providers = {
      AcmeSSO = { metadata_url = "https://sso.acme.example/m", tenant = "Customer 1", slug = "acme/eu" }
    }
  }

  expect_failures = [var.saml_providers]
}

run "a_slug_that_is_a_wildcard" {
  command = plan

  variables {
    saml_providers = {
      AcmeSSO = { metadata_url = "https://sso.acme.example/m", tenant = "Customer 1", slug = "acme*" }
    }
  }

  expect_failures = [var.saml_providers]
}

run "one_slug_for_two" {
  command = plan

  variables {
    saml_providers = {
      AcmeSSO   = { metadata_url = "https://sso.acme.example/m", tenant = "acme" }
      GlobexSSO = { metadata_url = "https://sso.acme.example/m", tenant = "Globex", slug = "acme" }
    }
  }

  expect_failures = [var.saml_providers]
}

run "a_domain_that_is_none" {
  command = plan

  variables {
    saml_providers = {
      AcmeSSO = { metadata_url = "https://sso.acme.example/m", tenant = "acme", email_domains = ["acme"] }
    }
  }

  expect_failures = [var.saml_providers]
}

run "a_domain_in_capitals" {
  command = plan

  variables {
    saml_providers = {
      AcmeSSO = { metadata_url = "https://sso.acme.example/m", tenant = "acme", email_domains = ["Acme.example"] }
    }
  }

  expect_failures = [var.saml_providers]
}

run "a_domain_that_is_too_long" {
  command = plan

  variables {
    saml_providers = {
      AcmeSSO = { metadata_url = "https://sso.acme.example/m", tenant = "acme", email_domains = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example"] }
    }
  }

  expect_failures = [var.saml_providers]
}

run "a_domain_twice" {
  command = plan

  variables {
    saml_providers = {
      AcmeSSO   = { metadata_url = "https://sso.acme.example/m", tenant = "acme", email_domains = ["acme.example"] }
      GlobexSSO = { metadata_url = "https://sso.acme.example/m", tenant = "globex", email_domains = ["acme.example"] }
    }
  }

  expect_failures = [var.saml_providers]
}

run "a_tenants_attribute_without_a_name" {
  command = plan

  variables {
    saml_providers = {
      AcmeSSO = { metadata_url = "https://sso.acme.example/m", tenant = "acme", tenant_attribute = "" }
    }
  }

  expect_failures = [var.saml_providers]
}

run "a_mapping_onto_the_tenant" {
  command = plan

  variables {
    saml_providers = {
      AcmeSSO = { metadata_url = "https://sso.acme.example/m", tenant = "acme", attribute_mapping = { email = "email", "custom:customerName" = "department" } }
    }
  }

  expect_failures = [var.saml_providers]
}

run "a_mapping_that_vouches_for_addresses" {
  command = plan

  variables {
    saml_providers = {
      AcmeSSO = { metadata_url = "https://sso.acme.example/m", tenant = "acme", attribute_mapping = { email = "email", email_verified = "verified" } }
    }
  }

  expect_failures = [var.saml_providers]
}

run "a_mapping_without_an_address" {
  command = plan

  variables {
    saml_providers = {
      AcmeSSO = { metadata_url = "https://sso.acme.example/m", tenant = "acme", attribute_mapping = { name = "name" } }
    }
  }

  expect_failures = [var.saml_providers]
}

run "a_provider_without_the_triggers" {
  command = plan

  variables {
    saml_providers = {
      AcmeSSO = { metadata_url = "https://sso.acme.example/m", tenant = "acme" }
    }
    triggers_zip = null
  }

  expect_failures = [var.triggers_zip]
}
