# What may the triggers' function do? Write its own log, and count attempts in its own table.
locals {
  triggers_trust = {
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
      # Lambda acts for this account alone (no confused deputy).
      Condition = { StringEquals = { "aws:SourceAccount" = local.account_id } }
    }]
  }

  triggers_permissions = {
    Version = "2012-10-17"
    Statement = concat(
      [{
        Sid      = "Log"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group:/aws/lambda/${local.triggers_name}:*"
      }],
      local.has_lockout ? [{
        Sid      = "CountAttempts"
        Effect   = "Allow"
        Action   = ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:UpdateItem"]
        Resource = "arn:${local.partition}:dynamodb:${local.region}:${local.account_id}:table/${local.lockout_table_name}"
      }] : [],
    )
  }
}

resource "aws_iam_role" "triggers" {
  count = var.triggers_zip == null ? 0 : 1

  name                 = "${local.triggers_name}-${local.region}"
  description          = "What the triggers of the user pool ${var.name} may do."
  assume_role_policy   = jsonencode(local.triggers_trust)
  permissions_boundary = var.permissions_boundary
  tags                 = var.tags
}

resource "aws_iam_role_policy" "triggers" {
  count = var.triggers_zip == null ? 0 : 1

  name   = "log-and-count"
  role   = aws_iam_role.triggers[0].id
  policy = jsonencode(local.triggers_permissions)
}
