# Is a value beyond its bounds refused before anything is made?
mock_provider "aws" {
  source = "./tests/account"
}

variables {
  bucket                 = "uploads-example"
  public_url             = "https://uploads.example.com"
  gateway_principal_arns = ["arn:aws:iam::123456789012:role/my-gateway"]
}

run "encryption_of_another_kind" {
  command = plan
  variables {
    encryption = "none"
  }
  expect_failures = [var.encryption]
}

run "urls_that_outlive_their_session" {
  command = plan
  variables {
    url_expiry_seconds = 3541
  }
  expect_failures = [var.url_expiry_seconds]
}

run "urls_that_never_live" {
  command = plan
  variables {
    url_expiry_seconds = 0
  }
  expect_failures = [var.url_expiry_seconds]
}

run "sessions_shorter_than_sts_makes_them" {
  command = plan
  variables {
    session_duration_seconds = 899
  }
  expect_failures = [var.session_duration_seconds]
}

run "sessions_longer_than_sts_makes_them" {
  command = plan
  variables {
    session_duration_seconds = 43201
  }
  expect_failures = [var.session_duration_seconds]
}

run "multipart_uploads_that_end_before_the_gateway_ends_them" {
  command = plan
  variables {
    abort_multipart_after_days = 1
  }
  expect_failures = [var.abort_multipart_after_days]
}

run "objects_that_expire_at_once" {
  command = plan
  variables {
    object_expiry_days = 0
  }
  expect_failures = [var.object_expiry_days]
}

run "versions_that_expire_at_once" {
  command = plan
  variables {
    noncurrent_expiry_days = 0.5
  }
  expect_failures = [var.noncurrent_expiry_days]
}

run "a_bucket_whose_host_tls_does_not_fit" {
  command = plan
  variables {
    bucket = "uploads.example"
  }
  expect_failures = [var.bucket]
}

run "a_public_url_without_tls" {
  command = plan
  variables {
    public_url = "http://uploads.example.com"
  }
  expect_failures = [var.public_url]
}

run "any_page_of_the_web" {
  command = plan
  variables {
    allowed_origins = ["*"]
  }
  expect_failures = [var.allowed_origins]
}

run "an_origin_that_is_named_twice" {
  command = plan
  variables {
    allowed_origins = ["https://partner.example", "https://partner.example"]
  }
  expect_failures = [var.allowed_origins]
}

run "a_name_too_long_for_what_is_named_after_it" {
  command = plan
  variables {
    name = "a-name-of-twenty-five-abc"
  }
  expect_failures = [var.name]
}

run "logs_kept_for_a_time_that_cloudwatch_does_not_know" {
  command = plan
  variables {
    log_retention_days = 100
  }
  expect_failures = [var.log_retention_days]
}

run "alarms_to_what_is_no_topic" {
  command = plan
  variables {
    alarm_topic_arn = "ops@example.com"
  }
  expect_failures = [var.alarm_topic_arn]
}
