# What can a tenant's session reach, and who may begin one? The third of the three walls between tenants.
locals {
  # AWS puts the session's tag in here. The slash closes the prefix: "acme" does not open "acmeco/".
  tenants_own = "$${aws:PrincipalTag/${local.tenant_tag}}/*"

  # IAM takes an empty tag, which would make of the above a prefix that no tenant has, and of carelessness elsewhere all of
  # them. A tag that is missing does not match either.
  tag_of_the_session = { "aws:PrincipalTag/${local.tenant_tag}" = "?*" }
  tag_of_the_request = { "aws:RequestTag/${local.tenant_tag}" = "?*" }

  upload_role_trust = {
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "TheGatewayForOneTenant"
        Effect    = "Allow"
        Principal = { AWS = local.gateway_principal_arns }
        Action    = "sts:AssumeRole"
        Condition = merge(
          { StringLike = local.tag_of_the_request },
          var.external_id == null ? {} : { StringEquals = { "sts:ExternalId" = var.external_id } },
        )
      },
      # Without a tag nothing is tagged, and this is not asked; so the statement above demands the tag as well.
      {
        Sid       = "WithTheseTagsAlone"
        Effect    = "Allow"
        Principal = { AWS = local.gateway_principal_arns }
        Action    = "sts:TagSession"
        Condition = {
          StringLike                  = local.tag_of_the_request
          "ForAllValues:StringEquals" = { "aws:TagKeys" = [local.tenant_tag, "subject"] }
          Null                        = { "sts:TransitiveTagKeys" = "true" }
        }
      },
    ]
  }

  upload_role_policy = {
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid    = "ObjectsOfTheTenant"
          Effect = "Allow"
          Action = [
            "s3:PutObject",
            "s3:GetObject",
            "s3:DeleteObject",
            "s3:AbortMultipartUpload",
            "s3:ListMultipartUploadParts",
          ]
          Resource  = "${local.bucket_arn}/${local.tenants_own}"
          Condition = { StringLike = local.tag_of_the_session }
        },
        # Tells a missing object from a forbidden one, or no upload would ever expire. A listing without a prefix does not match.
        {
          Sid       = "ListingsOfTheTenant"
          Effect    = "Allow"
          Action    = "s3:ListBucket"
          Resource  = local.bucket_arn
          Condition = { StringLike = merge(local.tag_of_the_session, { "s3:prefix" = local.tenants_own }) }
        },
      ],
      [
        for key in local.uses_kms ? [local.kms_key_arn] : [] : {
          Sid      = "TheBucketsKeyThroughS3"
          Effect   = "Allow"
          Action   = ["kms:GenerateDataKey", "kms:Decrypt"]
          Resource = key
          Condition = {
            StringLike   = local.tag_of_the_session
            StringEquals = { "kms:ViaService" = "s3.${local.region}.${data.aws_partition.current.dns_suffix}" }
          }
        }
      ],
    )
  }
}

resource "aws_iam_role" "uploads" {
  name                 = "${var.name}-uploads-${local.region}"
  description          = "Assumed by upload-gateway for one tenant at a time, which the session's tag ${local.tenant_tag} names"
  assume_role_policy   = jsonencode(local.upload_role_trust)
  max_session_duration = max(3600, var.session_duration_seconds)
  permissions_boundary = var.revocation ? aws_iam_policy.uploads_at_most[0].arn : var.permissions_boundary
  tags                 = var.tags

  lifecycle {
    precondition {
      condition     = length(jsonencode(local.upload_role_trust)) <= 2048
      error_message = "IAM takes 2048 characters of trust: name fewer gateway_principal_arns, or a shorter external_id."
    }

    # The provider's default_tags come on top of var.tags.
    postcondition {
      condition     = alltrue([for key in keys(self.tags_all) : !contains(["customername", "subject"], lower(key))])
      error_message = "The upload role must not be tagged customerName or subject, by the provider's default_tags either: a session without that tag would be that tenant's."
    }
  }
}

resource "aws_iam_role_policy" "uploads" {
  name   = "one-tenant"
  role   = aws_iam_role.uploads.id
  policy = jsonencode(local.upload_role_policy)
}

# What the role can do whatever is written into it. Who revokes writes policies, and IAM cannot say "only those that deny".
resource "aws_iam_policy" "uploads_at_most" {
  count       = var.revocation ? 1 : 0
  name        = "${var.name}-uploads-at-most-${local.region}"
  description = "The most that the upload role of upload-gateway can do, whatever policy the gateway writes into it"
  policy      = jsonencode(local.upload_role_policy)
  tags        = var.tags
}
