# Where do the gateway and its Postgres write what they do?
resource "aws_cloudwatch_log_group" "gateway" {
  #checkov:skip=CKV_AWS_158:encrypted with var.log_kms_key_arn, or CloudWatch's own key; no secret is logged
  #checkov:skip=CKV_AWS_338:a year by default; var.log_retention_days
  count = local.has_service ? 1 : 0

  name              = "/${var.name}/gateway"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.log_kms_key_arn
  tags              = var.tags
}

# By the names that RDS writes to.
resource "aws_cloudwatch_log_group" "database" {
  #checkov:skip=CKV_AWS_158:encrypted with var.log_kms_key_arn, or CloudWatch's own key; values of statements are not logged
  #checkov:skip=CKV_AWS_338:a year by default; var.log_retention_days
  for_each = toset(concat(
    local.makes_instance ? ["/aws/rds/instance/${var.name}/postgresql", "/aws/rds/instance/${var.name}/upgrade"] : [],
    local.makes_cluster ? ["/aws/rds/cluster/${var.name}/postgresql"] : [],
  ))

  name              = each.value
  retention_in_days = var.log_retention_days
  kms_key_id        = var.log_kms_key_arn
  tags              = var.tags
}
