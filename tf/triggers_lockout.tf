# Where are failed attempts counted? One item an account, which DynamoDB forgets by itself.
locals {
  has_lockout        = var.triggers_zip != null && var.lockout != null
  lockout_table_name = "${var.name}-lockout"
}

resource "aws_dynamodb_table" "lockout" {
  #checkov:skip=CKV_AWS_28:What it holds is forgotten within minutes; backing it up is a variable.
  #checkov:skip=CKV_AWS_119:It holds counters by opaque subject, encrypted with AWS's own key of DynamoDB; a key of one's own would be one more thing that can keep people out.
  count = local.has_lockout ? 1 : 0

  name                        = local.lockout_table_name
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "account"
  deletion_protection_enabled = var.sign_in_deletion_protection
  tags                        = var.tags

  attribute {
    name = "account"
    type = "S"
  }

  ttl {
    attribute_name = "expires_at"
    enabled        = true
  }

  server_side_encryption {
    enabled = true
  }

  point_in_time_recovery {
    enabled = var.lockout_point_in_time_recovery
  }
}

# That people get in uncounted is no error of the function: its log alone tells.
resource "aws_cloudwatch_log_metric_filter" "lockout_outages" {
  count = local.has_lockout ? 1 : 0

  name           = "${var.name}-lockout-outages"
  log_group_name = aws_cloudwatch_log_group.triggers[0].name
  pattern        = "{ $.outcome = \"outage\" }"

  metric_transformation {
    namespace = var.name
    name      = "LockoutOutages"
    value     = "1"
    unit      = "Count"
  }
}
