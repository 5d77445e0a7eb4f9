# What do both kinds of Postgres have in common, and what does the gateway know of the one that is there?
locals {
  makes_instance = local.has_service && local.database_kind == "instance"
  makes_cluster  = local.has_service && local.database_kind == "cluster"

  database_name = "upload_gateway"
  database_user = "upload_gateway"

  database_host        = one(concat(aws_db_instance.gateway[*].address, aws_rds_cluster.gateway[*].endpoint))
  database_resource_id = one(concat(aws_db_instance.gateway[*].resource_id, aws_rds_cluster.gateway[*].cluster_resource_id))
  database_secret_arn = one(flatten([
    [for instance in aws_db_instance.gateway : instance.master_user_secret[*].secret_arn],
    [for cluster in aws_rds_cluster.gateway : cluster.master_user_secret[*].secret_arn],
  ]))

  # Without verify-full, whoever answers at that address is believed.
  database_url = local.has_service ? "postgres://${local.database_user}@${local.database_host}:5432/${local.database_name}?sslmode=verify-full&sslrootcert=${var.database.certificate_bundle}" : null

  # Slow statements are logged, but not their values: these name people and files.
  database_parameters = {
    "rds.force_ssl"              = "1"
    "log_min_duration_statement" = "1000"
    "log_parameter_max_length"   = "0"
  }

  # Where TLS alone is the default anyway, AWS answers "pending-reboot" whatever was asked for, and each plan would differ.
  database_parameters_at_start = ["rds.force_ssl"]
}

resource "aws_db_subnet_group" "gateway" {
  count = local.has_service ? 1 : 0

  name       = var.name
  subnet_ids = var.service.private_subnet_ids
  tags       = var.tags
}

resource "aws_iam_role" "database_monitoring" {
  count = local.has_service ? 1 : 0

  name                 = "${var.name}-database-monitoring-${local.region}"
  description          = "RDS, to write down how the machine below Postgres fares"
  permissions_boundary = var.permissions_boundary
  tags                 = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "monitoring.rds.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = local.account_id } }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "database_monitoring" {
  count = local.has_service ? 1 : 0

  role       = aws_iam_role.database_monitoring[0].name
  policy_arn = "arn:${local.partition}:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
}
