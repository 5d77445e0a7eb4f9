# Is Google refused where it would vouch for others' people, or for nobody?
mock_provider "aws" {
  source = "./tests/account"
}

variables {
  bucket                 = "acme-uploads"
  public_url             = "https://uploads.example.com"
  gateway_principal_arns = ["arn:aws:iam::123456789012:role/gateway"]
  triggers_zip           = "versions.tf"
}

run "a_client_that_is_not_googles" {
  command = plan

  variables {
    google               = { client_id = "abc" }
    google_client_secret = "GOCSPX-example"
  }

  expect_failures = [var.google]
}

run "google_without_its_secret" {
  command = plan

  variables {
    google = { client_id = "123-abc.apps.googleusercontent.com" }
  }

  expect_failures = [var.google]
}

run "a_secret_without_google" {
  command = plan

  variables {
    google_client_secret = "GOCSPX-example"
  }

  expect_failures = [var.google]
}

run "an_empty_google_tenant" {
  command = plan

  variables {
    google               = { client_id = "123-abc.apps.googleusercontent.com", tenant = "", slug = "initech" }
    google_client_secret = "GOCSPX-example"
  }

  expect_failures = [var.google]
}

run "googles_tenant_without_a_slug" {
  command = plan

  variables {
    google               = { client_id = "123-abc.apps.googleusercontent.com", tenant = "Initech" }
    google_client_secret = "GOCSPX-example"
  }

  expect_failures = [var.google]
}

run "googles_tenant_that_is_anothers" {
  command = plan

  variables {
    saml_providers = {
      AcmeSSO = { metadata_url = "https://sso.acme.example/m", tenant = "acme" }
    }
    google               = { client_id = "123-abc.apps.googleusercontent.com", tenant = "acme", slug = "initech" }
    google_client_secret = "GOCSPX-example"
  }

  expect_failures = [var.google]
}

run "googles_slug_that_is_anothers" {
  command = plan

  variables {
    saml_providers = {
      AcmeSSO = { metadata_url = "https://sso.acme.example/m", tenant = "acme" }
    }
    google               = { client_id = "123-abc.apps.googleusercontent.com", tenant = "Initech", slug = "acme" }
    google_client_secret = "GOCSPX-example"
  }

  expect_failures = [var.google]
}

run "googles_domains_without_a_tenant" {
  command = plan

  variables {
    google               = { client_id = "123-abc.apps.googleusercontent.com", email_domains = ["initech.example"] }
    google_client_secret = "GOCSPX-example"
  }

  expect_failures = [var.google]
}

run "googles_domain_that_is_anothers" {
  command = plan

  variables {
    saml_providers = {
      AcmeSSO = { metadata_url = "https://sso.acme.example/m", tenant = "acme", email_domains = ["acme.example"] }
    }
    google               = { client_id = "123-abc.apps.googleusercontent.com", tenant = "Initech", slug = "initech", email_domains = ["acme.example"] }
    google_client_secret = "GOCSPX-example"
  }

  expect_failures = [var.google]
}

run "googles_domain_twice" {
  command = plan

  variables {
    google               = { client_id = "123-abc.apps.googleusercontent.com", tenant = "Initech", slug = "initech", email_domains = ["initech.example", "initech.example"] }
    google_client_secret = "GOCSPX-example"
  }

  expect_failures = [var.google]
}

run "a_secret_with_spaces" {
  command = plan

  variables {
    google               = { client_id = "123-abc.apps.googleusercontent.com" }
    google_client_secret = "not a secret"
  }

  expect_failures = [var.google_client_secret]
}
