# Does the upload role keep tenants apart? Each policy is compared whole, so that whatever is added to it fails here.
mock_provider "aws" {
  source = "./tests/account"
}

variables {
  bucket                 = "uploads-example"
  public_url             = "https://uploads.example.com"
  gateway_principal_arns = ["arn:aws:iam::123456789012:role/my-gateway"]
}

run "is_assumed_with_a_tag_alone_and_reaches_what_it_names" {
  assert {
    condition = jsondecode(aws_iam_role_policy.uploads.policy) == {
      Version = "2012-10-17"
      Statement = [
        {
          Sid       = "ObjectsOfTheTenant"
          Effect    = "Allow"
          Action    = ["s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
          Resource  = "arn:aws:s3:::uploads-example/$${aws:PrincipalTag/customerName}/*"
          Condition = { StringLike = { "aws:PrincipalTag/customerName" = "?*" } }
        },
        {
          Sid      = "ListingsOfTheTenant"
          Effect   = "Allow"
          Action   = "s3:ListBucket"
          Resource = "arn:aws:s3:::uploads-example"
          Condition = {
            StringLike = { "aws:PrincipalTag/customerName" = "?*", "s3:prefix" = "$${aws:PrincipalTag/customerName}/*" }
          }
        },
        {
          Sid      = "TheBucketsKeyThroughS3"
          Effect   = "Allow"
          Action   = ["kms:GenerateDataKey", "kms:Decrypt"]
          Resource = "arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-000000000001"
          Condition = {
            StringLike   = { "aws:PrincipalTag/customerName" = "?*" }
            StringEquals = { "kms:ViaService" = "s3.eu-central-1.amazonaws.com" }
          }
        },
      ]
    }
    error_message = "The role's own policy is not the one wall that it must be: ${aws_iam_role_policy.uploads.policy}"
  }

  # Without this version a variable is plain text.
  assert {
    condition     = strcontains(aws_iam_role_policy.uploads.policy, "\"2012-10-17\"")
    error_message = "Only version 2012-10-17 knows variables."
  }
  assert {
    condition = jsondecode(aws_iam_role.uploads.assume_role_policy) == {
      Version = "2012-10-17"
      Statement = [
        {
          Sid       = "TheGatewayForOneTenant"
          Effect    = "Allow"
          Principal = { AWS = ["arn:aws:iam::123456789012:role/my-gateway"] }
          Action    = "sts:AssumeRole"
          Condition = { StringLike = { "aws:RequestTag/customerName" = "?*" } }
        },
        {
          Sid       = "WithTheseTagsAlone"
          Effect    = "Allow"
          Principal = { AWS = ["arn:aws:iam::123456789012:role/my-gateway"] }
          Action    = "sts:TagSession"
          Condition = {
            StringLike                  = { "aws:RequestTag/customerName" = "?*" }
            "ForAllValues:StringEquals" = { "aws:TagKeys" = ["customerName", "subject"] }
            Null                        = { "sts:TransitiveTagKeys" = "true" }
          }
        },
      ]
    }
    error_message = "Others, or sessions without a tenant's tag, could assume the role: ${aws_iam_role.uploads.assume_role_policy}"
  }

  assert {
    condition     = aws_iam_role.uploads.max_session_duration == 3600
    error_message = "A session lasts an hour at most."
  }

  assert {
    condition     = length(aws_iam_role.gateway) == 0
    error_message = "Without a service there is no role for its task."
  }
}

run "asks_for_the_external_id_where_there_is_one" {
  variables {
    external_id              = "gateway-7"
    session_duration_seconds = 7200
    permissions_boundary     = "arn:aws:iam::123456789012:policy/boundary"
  }

  assert {
    condition = jsondecode(aws_iam_role.uploads.assume_role_policy).Statement[0].Condition == {
      StringLike   = { "aws:RequestTag/customerName" = "?*" }
      StringEquals = { "sts:ExternalId" = "gateway-7" }
    }
    error_message = "The role is assumed without the external id."
  }

  assert {
    condition     = aws_iam_role.uploads.max_session_duration == 7200
    error_message = "The role's sessions are shorter than the gateway asks for."
  }

  assert {
    condition     = aws_iam_role.uploads.permissions_boundary == "arn:aws:iam::123456789012:policy/boundary"
    error_message = "The role is not bounded."
  }
}

run "knows_no_key_where_s3_has_its_own" {
  variables {
    encryption = "s3"
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.uploads.policy).Statement : statement.Sid] == ["ObjectsOfTheTenant", "ListingsOfTheTenant"]
    error_message = "The role may use a key that it does not need."
  }

  assert {
    condition     = length(aws_kms_key.uploads) == 0 && output.kms_key_arn == null
    error_message = "A key was made that nothing uses."
  }
}

run "uses_the_given_key_alone" {
  variables {
    kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/mine"
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.uploads.policy).Statement[2].Resource == "arn:aws:kms:eu-central-1:123456789012:key/mine"
    error_message = "The role may not use the given key, or may use more than it."
  }

  assert {
    condition     = length(aws_kms_key.uploads) == 0
    error_message = "A key was made beside the given one."
  }
}
