# How far do credentials of the direct path reach? The policies are compared whole: whatever is added fails here.
mock_provider "aws" {
  source = "./tests/account"
}

variables {
  bucket                 = "acme-uploads"
  public_url             = "https://uploads.example.com"
  gateway_principal_arns = ["arn:aws:iam::123456789012:role/gateway"]
  triggers_zip           = "versions.tf"
  enable_identity_pool   = true
  identity_pool_tenants  = ["acme", "globex"]
}

run "it_is_off_by_default" {
  variables {
    enable_identity_pool  = false
    identity_pool_tenants = []
  }

  assert {
    condition = 0 == (length(aws_cognito_identity_pool.direct) + length(aws_cognito_identity_pool_provider_principal_tag.direct) +
    length(aws_cognito_identity_pool_roles_attachment.direct) + length(aws_iam_role.direct) + length(aws_iam_role_policy.direct))
    error_message = "The direct path is to be asked for."
  }

  assert {
    condition     = output.identity_pool_id == null
    error_message = "There is no identity pool."
  }
}

run "only_who_signed_in_at_this_user_pool_gets_an_identity" {
  assert {
    condition = jsonencode({
      strangers = aws_cognito_identity_pool.direct[0].allow_unauthenticated_identities
      classic   = aws_cognito_identity_pool.direct[0].allow_classic_flow
      social    = aws_cognito_identity_pool.direct[0].supported_login_providers
      saml      = aws_cognito_identity_pool.direct[0].saml_provider_arns
      openid    = aws_cognito_identity_pool.direct[0].openid_connect_provider_arns
      own       = aws_cognito_identity_pool.direct[0].developer_provider_name
      }) == jsonencode({
      strangers = false
      classic   = false
      social    = null
      saml      = null
      openid    = null
      own       = null
    })
    error_message = "Somebody else gets an identity."
  }

  assert {
    condition = aws_cognito_identity_pool.direct[0].cognito_identity_providers == toset([{
      client_id               = aws_cognito_user_pool_client.native.id
      provider_name           = "cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbC123xyz"
      server_side_token_check = true
    }])
    error_message = "A token of another client, or of somebody who was disabled, buys credentials."
  }

  assert {
    condition     = aws_cognito_identity_pool_roles_attachment.direct[0].roles == tomap({ authenticated = aws_iam_role.direct[0].arn }) && length(aws_cognito_identity_pool_roles_attachment.direct[0].role_mapping) == 0
    error_message = "There is one role, and no rule by which a token chooses another."
  }
}

run "the_tags_are_the_tenant_and_the_subject" {
  assert {
    condition = {
      defaults = aws_cognito_identity_pool_provider_principal_tag.direct[0].use_defaults
      tags     = aws_cognito_identity_pool_provider_principal_tag.direct[0].principal_tags
      } == {
      defaults = false
      tags     = tomap({ customerName = "custom:customerName", subject = "sub" })
    }
    error_message = "The tags are others."
  }
}

run "the_role_is_for_tagged_people_of_this_identity_pool" {
  assert {
    condition = jsondecode(aws_iam_role.direct[0].assume_role_policy) == {
      Version = "2012-10-17"
      Statement = [{
        Effect    = "Allow"
        Principal = { Federated = "cognito-identity.amazonaws.com" }
        Action    = ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"]
        Condition = {
          StringEquals                = { "cognito-identity.amazonaws.com:aud" = "eu-central-1:00000000-0000-0000-0000-000000000002" }
          "ForAnyValue:StringLike"    = { "cognito-identity.amazonaws.com:amr" = "authenticated" }
          StringLike                  = { "aws:RequestTag/customerName" = "?*", "aws:RequestTag/subject" = "?*" }
          "ForAllValues:StringEquals" = { "aws:TagKeys" = ["customerName", "subject"] }
        }
      }]
    }
    error_message = "Somebody else may assume the role, or without a tag: ${aws_iam_role.direct[0].assume_role_policy}"
  }

  assert {
    condition     = aws_iam_role.direct[0].max_session_duration == 3600
    error_message = "The role's sessions last longer."
  }
}

run "the_role_creates_objects_below_its_own_prefix_and_does_nothing_else" {
  assert {
    condition = jsondecode(aws_iam_role_policy.direct[0].policy) == {
      Version = "2012-10-17"
      Statement = [
        {
          Sid      = "CreateBelowOwnPrefix"
          Effect   = "Allow"
          Action   = "s3:PutObject"
          Resource = "arn:aws:s3:::acme-uploads/$${aws:PrincipalTag/customerName}/$${aws:PrincipalTag/subject}/*"
          Condition = {
            StringEquals = { "aws:PrincipalTag/customerName" = ["acme", "globex"] }
            StringLike   = { "aws:PrincipalTag/subject" = "?*" }
            Null = {
              "s3:if-none-match"                                   = "false"
              "s3:x-amz-server-side-encryption-customer-algorithm" = "true"
            }
          }
        },
        {
          Sid       = "EncryptThroughS3"
          Effect    = "Allow"
          Action    = "kms:GenerateDataKey"
          Resource  = local.kms_key_arn
          Condition = { StringEquals = { "kms:ViaService" = "s3.eu-central-1.amazonaws.com" } }
        },
      ]
    }
    error_message = "The role may do something else: ${aws_iam_role_policy.direct[0].policy}"
  }

  assert {
    condition     = startswith(local.kms_key_arn, "arn:aws:kms:")
    error_message = "The key is a wildcard."
  }
}

run "without_a_key_it_may_use_none" {
  variables {
    encryption = "s3"
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.direct[0].policy).Statement[*].Sid == ["CreateBelowOwnPrefix"]
    error_message = "There is no key to use."
  }
}

run "people_can_be_apart_by_the_identity_pools_own_id" {
  variables {
    identity_pool_isolation = "identity"
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.direct[0].policy).Statement[0].Resource == "arn:aws:s3:::acme-uploads/$${aws:PrincipalTag/customerName}/direct/$${cognito-identity.amazonaws.com:sub}/*"
    error_message = "The prefix is another."
  }
}

run "people_of_a_tenant_can_be_together" {
  variables {
    identity_pool_isolation = "tenant"
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.direct[0].policy).Statement[0].Resource == "arn:aws:s3:::acme-uploads/$${aws:PrincipalTag/customerName}/direct/*"
    error_message = "The prefix is another."
  }
}

run "people_of_identity_providers_may_take_the_path_too" {
  variables {
    saml_providers = {
      AcmeSSO = { metadata_url = "https://sso.acme.example/m", tenant = "acme" }
    }
  }

  assert {
    condition     = toset([for provider in aws_cognito_identity_pool.direct[0].cognito_identity_providers : provider.client_id if provider.server_side_token_check]) == toset(output.client_ids) && length(output.client_ids) == 2
    error_message = "A client is missing, or its tokens are believed unseen."
  }
}
