# With which key are objects encrypted?
locals {
  uses_kms = var.encryption == "kms"
  owns_key = local.uses_kms && var.kms_key_arn == null

  # null when S3's own keys do.
  kms_key_arn = local.owns_key ? aws_kms_key.uploads[0].arn : var.kms_key_arn

  # IAM policies decide who uses the key; of what is made here, only the roles that write objects name it.
  kms_key_policy = {
    Version = "2012-10-17"
    Statement = [{
      Sid       = "PoliciesOfThisAccountDecide"
      Effect    = "Allow"
      Principal = { AWS = "arn:${local.partition}:iam::${local.account_id}:root" }
      Action    = "kms:*"
      Resource  = "*"
    }]
  }
}

resource "aws_kms_key" "uploads" {
  count = local.owns_key ? 1 : 0

  description             = "Objects of the bucket ${var.bucket}"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy                  = jsonencode(local.kms_key_policy)
  tags                    = var.tags
}

resource "aws_kms_alias" "uploads" {
  count = local.owns_key ? 1 : 0

  name          = "alias/${var.name}-uploads"
  target_key_id = aws_kms_key.uploads[0].key_id
}
