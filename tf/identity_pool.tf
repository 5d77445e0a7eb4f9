# The direct path, for who wants it: how does a token of the user pool become AWS credentials? Off by default.
locals {
  # Tag -> claim. The claim becomes the tag as it is, so only tenants whose claim is their slug can come this way.
  identity_pool_tags = {
    (local.tenant_tag) = local.tenant_claim
    subject            = "sub"
  }
}

resource "aws_cognito_identity_pool" "direct" {
  count = var.enable_identity_pool ? 1 : 0

  identity_pool_name               = var.name
  allow_unauthenticated_identities = false
  tags                             = var.tags

  # The classic flow would let a page choose its role, and come without tags.
  allow_classic_flow = false

  dynamic "cognito_identity_providers" {
    for_each = local.client_ids

    content {
      client_id     = cognito_identity_providers.value
      provider_name = aws_cognito_user_pool.people.endpoint

      # Who was disabled or signed out everywhere gets no more credentials, although the token still verifies.
      server_side_token_check = true
    }
  }
}

resource "aws_cognito_identity_pool_provider_principal_tag" "direct" {
  count = var.enable_identity_pool ? 1 : 0

  identity_pool_id       = aws_cognito_identity_pool.direct[0].id
  identity_provider_name = aws_cognito_user_pool.people.endpoint
  use_defaults           = false
  principal_tags         = local.identity_pool_tags
}

resource "aws_cognito_identity_pool_roles_attachment" "direct" {
  count = var.enable_identity_pool ? 1 : 0

  identity_pool_id = aws_cognito_identity_pool.direct[0].id
  roles            = { authenticated = aws_iam_role.direct[0].arn }
}
