# Is a role refused that the provider's own default_tags would make a tenant's? No variable sees these.
mock_provider "aws" {
  source = "./tests/account"
}

variables {
  bucket                 = "uploads-example"
  public_url             = "https://uploads.example.com"
  gateway_principal_arns = ["arn:aws:iam::123456789012:role/my-gateway"]
}

run "is_never_tagged_like_a_session_by_the_provider_either" {
  override_resource {
    target = aws_iam_role.uploads
    values = { arn = "arn:aws:iam::123456789012:role/upload-gateway-uploads-eu-central-1", tags_all = { CustomerName = "acme" } }
  }
  expect_failures = [aws_iam_role.uploads]
}
