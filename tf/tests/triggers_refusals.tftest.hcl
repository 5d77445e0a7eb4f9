# Is what cannot be right about the triggers, or about the direct path, refused before anything is made?
mock_provider "aws" {
  source = "./tests/account"
}

variables {
  bucket                 = "acme-uploads"
  public_url             = "https://uploads.example.com"
  gateway_principal_arns = ["arn:aws:iam::123456789012:role/gateway"]
  triggers_zip           = "versions.tf"
}

run "a_zip_that_is_not_there" {
  command = plan

  variables {
    triggers_zip = "no-such.zip"
  }

  expect_failures = [var.triggers_zip]
}

run "an_unknown_architecture" {
  command = plan

  variables {
    triggers_architecture = "riscv64"
  }

  expect_failures = [var.triggers_architecture]
}

run "too_little_memory" {
  command = plan

  variables {
    triggers_memory = 127
  }

  expect_failures = [var.triggers_memory]
}

run "too_much_memory" {
  command = plan

  variables {
    triggers_memory = 1025
  }

  expect_failures = [var.triggers_memory]
}

run "no_concurrency" {
  command = plan

  variables {
    triggers_reserved_concurrency = 0
  }

  expect_failures = [var.triggers_reserved_concurrency]
}

run "too_much_concurrency" {
  command = plan

  variables {
    triggers_reserved_concurrency = 1001
  }

  expect_failures = [var.triggers_reserved_concurrency]
}

run "a_lock_after_one_slip" {
  command = plan

  variables {
    lockout = { attempts = 1 }
  }

  expect_failures = [var.lockout]
}

run "a_lock_that_never_comes" {
  command = plan

  variables {
    lockout = { attempts = 101 }
  }

  expect_failures = [var.lockout]
}

run "a_lock_of_no_time" {
  command = plan

  variables {
    lockout = { minutes = 0 }
  }

  expect_failures = [var.lockout]
}

run "a_lock_for_ever" {
  command = plan

  variables {
    lockout = { minutes = 1441 }
  }

  expect_failures = [var.lockout]
}

run "a_door_ajar" {
  command = plan

  variables {
    lockout = { outage = "ajar" }
  }

  expect_failures = [var.lockout]
}

run "the_direct_path_without_the_triggers" {
  command = plan

  variables {
    triggers_zip          = null
    enable_identity_pool  = true
    identity_pool_tenants = ["acme"]
  }

  expect_failures = [var.enable_identity_pool]
}

run "the_direct_path_for_nobody" {
  command = plan

  variables {
    enable_identity_pool = true
  }

  expect_failures = [var.identity_pool_tenants]
}

run "the_direct_path_for_all" {
  command = plan

  variables {
    enable_identity_pool  = true
    identity_pool_tenants = ["*"]
  }

  expect_failures = [var.identity_pool_tenants]
}

run "the_direct_path_below_another_tenant" {
  command = plan

  variables {
    enable_identity_pool  = true
    identity_pool_tenants = ["acme/eu"]
  }

  expect_failures = [var.identity_pool_tenants]
}

run "a_tenant_twice" {
  command = plan

  variables {
    enable_identity_pool  = true
    identity_pool_tenants = ["acme", "acme"]
  }

  expect_failures = [var.identity_pool_tenants]
}

run "more_tenants_than_fit" {
  command = plan

  variables {
    enable_identity_pool  = true
    identity_pool_tenants = [for n in range(101) : "tenant-${n}"]
  }

  expect_failures = [var.identity_pool_tenants]
}

run "a_provider_whose_tenants_value_is_anothers_slug" {
  command = plan

  variables {
    enable_identity_pool  = true
    identity_pool_tenants = ["acme"]
    saml_providers = {
      AcmeSSO = { metadata_url = "https://sso.acme.example/m", tenant = "acme", slug = "acme-inc" }
    }
  }

  expect_failures = [var.identity_pool_tenants]
}

run "an_unknown_isolation" {
  command = plan

  variables {
    identity_pool_isolation = "none"
  }

  expect_failures = [var.identity_pool_isolation]
}

run "wiring_what_is_not_there" {
  command = plan

  variables {
    triggers_zip            = null
    wire_inbound_federation = true
  }

  expect_failures = [var.wire_inbound_federation]
}

run "more_bindings_than_lambda_takes" {
  command = plan

  variables {
    saml_providers = {
      for n in range(40) : "Provider${n}" => { metadata_url = "https://sso.example.com/${n}", tenant = "tenant-${n}-${join("", [for _ in range(60) : "x"])}", slug = "tenant-${n}" }
    }
  }

  expect_failures = [aws_lambda_function.triggers]
}

run "more_bytes_than_lambda_takes_in_fewer_letters" {
  command = plan

  variables {
    saml_providers = {
      for n in range(20) : "Provider${n}" => { metadata_url = "https://sso.example.com/${n}", tenant = "${n}${join("", [for _ in range(60) : "東"])}", slug = "tenant-${n}" }
    }
  }

  expect_failures = [aws_lambda_function.triggers]
}
