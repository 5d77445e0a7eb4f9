# Is a SAML provider refused whose name or metadata cannot be right?
mock_provider "aws" {
  source = "./tests/account"
}

variables {
  bucket                 = "acme-uploads"
  public_url             = "https://uploads.example.com"
  gateway_principal_arns = ["arn:aws:iam::123456789012:role/gateway"]
  triggers_zip           = "versions.tf"
}

run "a_name_with_an_underscore" {
  command = plan

  variables {
    saml_providers = {
      Acme_SSO = { metadata_url = "https://sso.acme.example/m", tenant = "acme" }
    }
  }

  expect_failures = [var.saml_providers]
}

run "a_name_that_is_too_short" {
  command = plan

  variables {
    saml_providers = {
      AB = { metadata_url = "https://sso.acme.example/m", tenant = "acme" }
    }
  }

  expect_failures = [var.saml_providers]
}

run "a_name_that_is_too_long" {
  command = plan

  variables {
    saml_providers = {
      AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA = { metadata_url = "https://sso.acme.example/m", tenant = "acme" }
    }
  }

  expect_failures = [var.saml_providers]
}

run "the_user_pools_own_name" {
  command = plan

  variables {
    saml_providers = {
      Cognito = { metadata_url = "https://sso.acme.example/m", tenant = "acme" }
    }
  }

  expect_failures = [var.saml_providers]
}

run "googles_name" {
  command = plan

  variables {
    saml_providers = {
      google = { metadata_url = "https://sso.acme.example/m", tenant = "acme" }
    }
  }

  expect_failures = [var.saml_providers]
}

run "names_that_differ_in_case" {
  command = plan

  variables {
    saml_providers = {
      AcmeSSO = { metadata_url = "https://sso.acme.example/m", tenant = "acme" }
      AcmeSso = { metadata_url = "https://sso.acme.example/m", tenant = "globex" }
    }
  }

  expect_failures = [var.saml_providers]
}

run "no_metadata" {
  command = plan

  variables {
    saml_providers = {
      AcmeSSO = { tenant = "acme" }
    }
  }

  expect_failures = [var.saml_providers]
}

run "two_metadata" {
  command = plan

  variables {
    saml_providers = {
      AcmeSSO = { metadata_url = "https://sso.acme.example/m", metadata = "<EntityDescriptor entityID=\"x\">", tenant = "acme" }
    }
  }

  expect_failures = [var.saml_providers]
}

run "metadata_read_in_the_clear" {
  command = plan

  variables {
    saml_providers = {
      AcmeSSO = { metadata_url = "http://sso.acme.example/m", tenant = "acme" }
    }
  }

  expect_failures = [var.saml_providers]
}

run "metadata_that_are_none" {
  command = plan

  variables {
    saml_providers = {
      AcmeSSO = { metadata = "acme.xml", tenant = "acme" }
    }
  }

  expect_failures = [var.saml_providers]
}

run "metadata_that_are_too_long" {
  command = plan

  variables {
    saml_providers = {
      AcmeSSO = { metadata = "<EntityDescriptor entityID=\"x\">${format("%0131072d", 0)}", tenant = "acme" }
    }
  }

  expect_failures = [var.saml_providers]
}

run "a_metadata_address_that_is_too_long" {
  command = plan

  variables {
    saml_providers = {
      AcmeSSO = { metadata_url = "https://sso.acme.example/mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm", tenant = "acme" }
    }
  }

  expect_failures = [var.saml_providers]
}
