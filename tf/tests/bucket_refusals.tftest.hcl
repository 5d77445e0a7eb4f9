# Is a value beyond its bounds refused before anything is made? Each of the named variables must be, in each run.
mock_provider "aws" {
  source = "./tests/account"
}

variables {
  bucket                 = "uploads-example"
  public_url             = "https://uploads.example.com"
  gateway_principal_arns = ["arn:aws:iam::123456789012:role/my-gateway"]
}

run "what_is_too_little_or_none" {
  command = plan
  variables {
    # TLS to the bucket's own host would fail.
    bucket = "uploads.example"
    # STS makes no shorter sessions.
    session_duration_seconds = 899
    # The gateway has not ended it by then.
    abort_multipart_after_days = 1
    object_expiry_days         = 0
    noncurrent_expiry_days     = 0.5
    log_retention_days         = 100
    alarm_topic_arn            = "ops@example.com"
    allowed_origins            = ["*"]
    permissions_boundary       = "arn:aws:iam::123456789012:role/boundary"
    external_id                = "a"
    # IAM would take it for a session's tag.
    tags = { CUSTOMERNAME = "acme" }
    # The whole account could be the gateway.
    gateway_principal_arns = ["arn:aws:iam::123456789012:root"]
    # Its URLs and the bucket's policy compare ARNs of keys.
    kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:alias/mine"
    settings    = { limits = { "max upload" = "1" } }
  }
  expect_failures = [
    var.bucket,
    var.session_duration_seconds,
    var.abort_multipart_after_days,
    var.object_expiry_days,
    var.noncurrent_expiry_days,
    var.log_retention_days,
    var.alarm_topic_arn,
    var.allowed_origins,
    var.permissions_boundary,
    var.external_id,
    var.tags,
    var.gateway_principal_arns,
    var.kms_key_arn,
    var.settings,
  ]
}

# Others of these are compared with some of those above, and are not looked at while these are wrong.
run "what_others_lean_on" {
  command = plan
  variables {
    encryption = "none"
    public_url = "http://uploads.example.com"
  }
  expect_failures = [var.encryption, var.public_url]
}

run "what_is_too_much" {
  command = plan
  variables {
    name                       = "a-name-of-twenty-five-abc"
    session_duration_seconds   = 43201
    abort_multipart_after_days = 366
    object_expiry_days         = 36501
    noncurrent_expiry_days     = 3651
    allowed_origins            = ["https://partner.example", "https://partner.example"]
    tags                       = { subject = "alice" }
    gateway_principal_arns     = ["arn:aws:iam::123456789012:role/*"]
    # There is no key to take beside S3's own.
    encryption  = "s3"
    kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/mine"
    external_id = "a b"
  }
  expect_failures = [
    var.name,
    var.session_duration_seconds,
    var.abort_multipart_after_days,
    var.object_expiry_days,
    var.noncurrent_expiry_days,
    var.allowed_origins,
    var.tags,
    var.gateway_principal_arns,
    var.kms_key_arn,
    var.external_id,
  ]
}

run "urls_that_outlive_their_session_and_a_role_that_nobody_assumes" {
  command = plan
  variables {
    url_expiry_seconds     = 3541
    gateway_principal_arns = []
  }
  expect_failures = [var.url_expiry_seconds, var.gateway_principal_arns]
}

run "urls_that_never_live" {
  command = plan
  variables {
    url_expiry_seconds = 0
  }
  expect_failures = [var.url_expiry_seconds]
}

run "a_name_that_the_database_refuses" {
  command = plan
  variables {
    name = "upload--gateway"
  }
  expect_failures = [var.name]
}

run "a_name_that_load_balancers_have_for_themselves" {
  command = plan
  variables {
    name = "internal-uploads"
  }
  expect_failures = [var.name]
}

run "a_name_that_security_groups_have_for_themselves" {
  command = plan
  variables {
    name = "sg-uploads"
  }
  expect_failures = [var.name]
}

# Nineteen fit.
run "more_gateways_than_a_roles_trust_takes" {
  command = plan
  variables {
    gateway_principal_arns = [for n in range(20) : "arn:aws:iam::123456789012:role/the-gateway-of-department-${n}"]
  }
  expect_failures = [aws_iam_role.uploads]
}

run "a_partition_that_calls_things_by_other_names" {
  command = plan
  override_data {
    target = data.aws_partition.current
    values = { partition = "aws-us-gov", dns_suffix = "amazonaws.com" }
  }
  expect_failures = [data.aws_partition.current]
}
