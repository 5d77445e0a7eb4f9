# Can an AWS SDK in a page use the bucket, where it is to?
mock_provider "aws" {
  source = "./tests/account"
}

variables {
  bucket                 = "uploads-example"
  public_url             = "https://uploads.example.com"
  allowed_origins        = ["https://partner.example"]
  gateway_principal_arns = ["arn:aws:iam::123456789012:role/my-gateway"]
}

run "is_used_by_pages_with_an_aws_sdk_when_asked" {
  variables {
    allow_sdk_clients = true
  }

  assert {
    condition = [
      for rule in aws_s3_bucket_cors_configuration.uploads.cors_rule : [rule.allowed_origins, rule.allowed_methods, rule.allowed_headers, rule.expose_headers]
      if contains(rule.allowed_headers, "authorization")
      ] == [[
        toset(["https://uploads.example.com", "https://partner.example"]), toset(["GET", "PUT", "POST", "DELETE"]),
        toset(["amz-sdk-*", "authorization", "content-type", "if-none-match", "x-amz-*"]), toset(["ETag", "Location"]),
    ]]
    error_message = "An SDK in a page cannot use the bucket, or other pages can."
  }

  assert {
    condition     = length(aws_s3_bucket_cors_configuration.uploads.cors_rule) == 2
    error_message = "The rule of all the others is gone."
  }
}

run "is_so_on_the_direct_path_unasked" {
  variables {
    enable_identity_pool  = true
    identity_pool_tenants = ["acme"]
    triggers_zip          = "versions.tf"
  }

  assert {
    condition     = anytrue([for rule in aws_s3_bucket_cors_configuration.uploads.cors_rule : length(setsubtract(["amz-sdk-*", "authorization", "x-amz-*"], rule.allowed_headers)) == 0])
    error_message = "A browser asks the bucket first, and is refused."
  }
}
