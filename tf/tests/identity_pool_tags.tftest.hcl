# Is a role refused whose own tag would stand in for a session's? Here the provider's default_tags gave it one.
mock_provider "aws" {
  source = "./tests/account"
}

variables {
  bucket                 = "acme-uploads"
  public_url             = "https://uploads.example.com"
  gateway_principal_arns = ["arn:aws:iam::123456789012:role/gateway"]
  triggers_zip           = "versions.tf"
  enable_identity_pool   = true
  identity_pool_tenants  = ["acme"]
}

run "a_tag_on_the_role_itself_is_refused" {
  override_resource {
    target = aws_iam_role.direct
    values = { arn = "arn:aws:iam::123456789012:role/upload-gateway-direct-eu-central-1", tags_all = { CustomerName = "acme" } }
  }

  expect_failures = [aws_iam_role.direct]
}
