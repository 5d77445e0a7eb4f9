# The Postgres of a small service: one instance.
resource "aws_db_instance" "gateway" {
  #checkov:skip=CKV_AWS_157:a second zone is the large size's, or var.database.multi_az
  #checkov:skip=CKV_AWS_293:deletion protection is var.database.deletion_protection, on by default
  #checkov:skip=CKV2_AWS_69:local.database_parameters has TLS alone taken; checkov does not read dynamic blocks
  #checkov:skip=CKV_AWS_354:encrypted with var.database.kms_key_arn, or the account's own key
  count = local.makes_instance ? 1 : 0

  identifier     = var.name
  engine         = "postgres"
  engine_version = var.database.engine_version
  instance_class = local.instance_class
  multi_az       = local.multi_az

  # Only a change of engine_version asks for one.
  allow_major_version_upgrade = true
  apply_immediately           = var.database.apply_immediately

  db_name                             = local.database_name
  username                            = local.database_user
  manage_master_user_password         = true
  iam_database_authentication_enabled = true

  storage_type          = "gp3"
  allocated_storage     = var.database.storage_gib
  max_allocated_storage = var.database.most_storage_gib
  storage_encrypted     = true
  kms_key_id            = var.database.kms_key_arn

  db_subnet_group_name   = aws_db_subnet_group.gateway[0].name
  vpc_security_group_ids = [aws_security_group.database[0].id]
  publicly_accessible    = false
  parameter_group_name   = aws_db_parameter_group.gateway[0].name

  backup_retention_period    = local.backup_days
  copy_tags_to_snapshot      = true
  deletion_protection        = var.database.deletion_protection
  skip_final_snapshot        = false
  final_snapshot_identifier  = "${var.name}-last"
  auto_minor_version_upgrade = true

  performance_insights_enabled    = true
  performance_insights_kms_key_id = var.database.kms_key_arn
  monitoring_interval             = 60
  monitoring_role_arn             = aws_iam_role.database_monitoring[0].arn
  enabled_cloudwatch_logs_exports = ["postgresql", "upgrade"]
  tags                            = var.tags

  # RDS would make the log groups itself, to be kept for ever, and refuses a role that cannot yet write down what it sees.
  depends_on = [aws_cloudwatch_log_group.database, aws_iam_role_policy_attachment.database_monitoring]
}

resource "aws_db_parameter_group" "gateway" {
  count = local.makes_instance ? 1 : 0

  name   = "${var.name}-${var.database.engine_version}"
  family = "postgres${var.database.engine_version}"
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
