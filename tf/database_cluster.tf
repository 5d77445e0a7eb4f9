# The Postgres of a large service: Aurora Serverless v2, a writer and one that takes over.
resource "aws_rds_cluster" "gateway" {
  #checkov:skip=CKV2_AWS_27:local.database_parameters has slow statements logged, without their values; checkov does not read dynamic blocks
  #checkov:skip=CKV_AWS_327:encrypted with var.database.kms_key_arn, or the account's own key
  #checkov:skip=CKV_AWS_139:deletion protection is var.database.deletion_protection, on by default
  #checkov:skip=CKV2_AWS_8:its own backups are kept for local.backup_days; AWS Backup is the operator's choice
  count = local.makes_cluster ? 1 : 0

  cluster_identifier = var.name
  engine             = "aurora-postgresql"
  engine_mode        = "provisioned"
  engine_version     = var.database.engine_version

  # Only a change of engine_version asks for one.
  allow_major_version_upgrade = true
  apply_immediately           = var.database.apply_immediately

  database_name                       = local.database_name
  master_username                     = local.database_user
  manage_master_user_password         = true
  iam_database_authentication_enabled = true

  storage_encrypted = true
  kms_key_id        = var.database.kms_key_arn

  db_subnet_group_name            = aws_db_subnet_group.gateway[0].name
  vpc_security_group_ids          = [aws_security_group.database[0].id]
  db_cluster_parameter_group_name = aws_rds_cluster_parameter_group.gateway[0].name

  backup_retention_period         = local.backup_days
  copy_tags_to_snapshot           = true
  deletion_protection             = var.database.deletion_protection
  skip_final_snapshot             = false
  final_snapshot_identifier       = "${var.name}-last"
  enabled_cloudwatch_logs_exports = ["postgresql"]
  tags                            = var.tags

  serverlessv2_scaling_configuration {
    min_capacity = local.least_capacity
    max_capacity = local.most_capacity
  }

  depends_on = [aws_cloudwatch_log_group.database]

  lifecycle {
    precondition {
      condition     = local.least_capacity <= local.most_capacity
      error_message = "least_capacity is no more than most_capacity: ${local.least_capacity} and ${local.most_capacity} ACU."
    }
  }
}

resource "aws_rds_cluster_instance" "gateway" {
  #checkov:skip=CKV_AWS_354:encrypted with var.database.kms_key_arn, or the account's own key
  count = local.makes_cluster ? 2 : 0

  identifier         = "${var.name}-${count.index}"
  cluster_identifier = aws_rds_cluster.gateway[0].id
  engine             = aws_rds_cluster.gateway[0].engine
  engine_version     = aws_rds_cluster.gateway[0].engine_version
  instance_class     = "db.serverless"
  # The first two to be taken over to grow with the writer.
  promotion_tier = count.index

  apply_immediately = var.database.apply_immediately

  db_subnet_group_name       = aws_db_subnet_group.gateway[0].name
  publicly_accessible        = false
  auto_minor_version_upgrade = true
  copy_tags_to_snapshot      = true

  performance_insights_enabled    = true
  performance_insights_kms_key_id = var.database.kms_key_arn
  monitoring_interval             = 60
  monitoring_role_arn             = aws_iam_role.database_monitoring[0].arn
  tags                            = var.tags

  depends_on = [aws_iam_role_policy_attachment.database_monitoring]
}

resource "aws_rds_cluster_parameter_group" "gateway" {
  count = local.makes_cluster ? 1 : 0

  name   = "${var.name}-${var.database.engine_version}"
  family = "aurora-postgresql${var.database.engine_version}"
  tags   = var.tags

  dynamic "parameter" {
    for_each = local.database_parameters

    content {
      name         = parameter.key
      value        = parameter.value
      apply_method = contains(local.database_parameters_at_start, parameter.key) ? "pending-reboot" : "immediate"
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}
