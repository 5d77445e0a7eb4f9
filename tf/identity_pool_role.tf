# What may credentials of the direct path do? Create objects where their tags say, and nothing else: neither read nor list,
# delete, overwrite nor write in parts.
locals {
  direct_prefix = {
    subject  = "$${aws:PrincipalTag/${local.tenant_tag}}/$${aws:PrincipalTag/subject}/*"
    identity = "$${aws:PrincipalTag/${local.tenant_tag}}/direct/$${cognito-identity.amazonaws.com:sub}/*"
    tenant   = "$${aws:PrincipalTag/${local.tenant_tag}}/direct/*"
  }[var.identity_pool_isolation]

  direct_trust = !var.enable_identity_pool ? null : {
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Federated = "cognito-identity.amazonaws.com" }
      Action    = ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"]
      Condition = {
        # This identity pool's, and not just anybody's, who signed in.
        StringEquals             = { "cognito-identity.amazonaws.com:aud" = aws_cognito_identity_pool.direct[0].id }
        "ForAnyValue:StringLike" = { "cognito-identity.amazonaws.com:amr" = "authenticated" }

        # A session without a tag has nothing in the place of its prefix, and one with an empty tag has "".
        StringLike                  = { for tag in keys(local.identity_pool_tags) : "aws:RequestTag/${tag}" => "?*" }
        "ForAllValues:StringEquals" = { "aws:TagKeys" = keys(local.identity_pool_tags) }
      }
    }]
  }

  direct_permissions = {
    Version = "2012-10-17"
    Statement = concat(
      [{
        Sid      = "CreateBelowOwnPrefix"
        Effect   = "Allow"
        Action   = "s3:PutObject"
        Resource = "arn:${local.partition}:s3:::${var.bucket}/${local.direct_prefix}"
        Condition = {
          # Not the trust policy's: a session is held to it in each request, and ends with the tenant's leaving the list.
          StringEquals = { "aws:PrincipalTag/${local.tenant_tag}" = var.identity_pool_tenants }
          StringLike   = { "aws:PrincipalTag/subject" = "?*" }
          Null = {
            # Nothing that is there may be replaced. A part of a multipart upload cannot say so, hence no multipart uploads.
            "s3:if-none-match" = "false"
            # Nobody could look at an object that is encrypted with a key of its writer's own (SSE-C).
            "s3:x-amz-server-side-encryption-customer-algorithm" = "true"
          }
        }
      }],
      # S3 encrypts a new object for its writer; only reading and multipart uploads need kms:Decrypt.
      !local.uses_kms ? [] : [{
        Sid       = "EncryptThroughS3"
        Effect    = "Allow"
        Action    = "kms:GenerateDataKey"
        Resource  = local.kms_key_arn
        Condition = { StringEquals = { "kms:ViaService" = "s3.${local.region}.${data.aws_partition.current.dns_suffix}" } }
      }],
    )
  }
}

resource "aws_iam_role" "direct" {
  count = var.enable_identity_pool ? 1 : 0

  name                 = "${var.name}-direct-${local.region}"
  description          = "What browsers with credentials of the identity pool ${var.name} may do."
  assume_role_policy   = jsonencode(local.direct_trust)
  permissions_boundary = var.permissions_boundary
  tags                 = var.tags
  max_session_duration = 3600

  # A role's own tag counts as a session's: everybody without a tenant would be of that one.
  lifecycle {
    postcondition {
      condition     = alltrue([for key in keys(coalesce(self.tags_all, {})) : !contains(["customername", "subject"], lower(key))])
      error_message = "The role must not be tagged customerName or subject, not by the provider's default_tags either: the tag would stand in for a session's."
    }
  }
}

resource "aws_iam_role_policy" "direct" {
  count = var.enable_identity_pool ? 1 : 0

  name   = "create-below-own-prefix"
  role   = aws_iam_role.direct[0].id
  policy = jsonencode(local.direct_permissions)
}
