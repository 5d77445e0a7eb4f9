# Do "small" and "large" make what they say, and do overrides hold?
mock_provider "aws" {
  source = "./tests/account"
}

variables {
  bucket     = "uploads-example"
  public_url = "https://uploads.example.com"
  service = {
    vpc_id             = "vpc-1"
    private_subnet_ids = ["subnet-private-a", "subnet-private-b"]
    public_subnet_ids  = ["subnet-public-a", "subnet-public-b"]
    certificate_arn    = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
    image              = "ghcr.io/example/upload-gateway:1.2.3"
    size               = "large"
  }
}

run "small_is_two_tasks_and_an_instance" {
  variables {
    service = {
      vpc_id             = "vpc-1"
      private_subnet_ids = ["subnet-private-a", "subnet-private-b"]
      public_subnet_ids  = ["subnet-public-a", "subnet-public-b"]
      certificate_arn    = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
      image              = "ghcr.io/example/upload-gateway:1.2.3"
    }
  }

  assert {
    condition = [
      aws_ecs_task_definition.gateway[0].cpu, aws_ecs_task_definition.gateway[0].memory, one(aws_ecs_task_definition.gateway[0].runtime_platform).cpu_architecture,
      aws_ecs_service.gateway[0].desired_count, aws_appautoscaling_target.gateway[0].min_capacity, aws_appautoscaling_target.gateway[0].max_capacity,
    ] == ["256", "512", "ARM64", 2, 2, 4]
    error_message = "The tasks are of another size or number."
  }

  assert {
    condition = length(aws_rds_cluster.gateway) == 0 && [
      aws_db_instance.gateway[0].engine, aws_db_instance.gateway[0].engine_version, aws_db_instance.gateway[0].instance_class, aws_db_instance.gateway[0].multi_az,
      aws_db_instance.gateway[0].backup_retention_period, aws_db_parameter_group.gateway[0].family,
    ] == ["postgres", "17", "db.t4g.small", false, 7, "postgres17"]
    error_message = "The database is another."
  }

  assert {
    condition = alltrue([
      aws_db_instance.gateway[0].storage_encrypted,
      aws_db_instance.gateway[0].manage_master_user_password,
      aws_db_instance.gateway[0].iam_database_authentication_enabled,
      aws_db_instance.gateway[0].deletion_protection,
      !aws_db_instance.gateway[0].publicly_accessible,
      !aws_db_instance.gateway[0].skip_final_snapshot,
      aws_db_instance.gateway[0].parameter_group_name == "upload-gateway-17",
    ])
    error_message = "The database is open, or its password is known, or it can be lost by a slip."
  }

  assert {
    condition     = { for parameter in aws_db_parameter_group.gateway[0].parameter : parameter.name => "${parameter.value} ${parameter.apply_method}" } == { "rds.force_ssl" = "1 pending-reboot", log_min_duration_statement = "1000 immediate", log_parameter_max_length = "0 immediate" }
    error_message = "The database answers without TLS, or writes values down, or each plan differs."
  }
}

run "large_is_three_tasks_and_a_cluster_in_two_zones" {
  assert {
    condition = [
      aws_ecs_task_definition.gateway[0].cpu, aws_ecs_task_definition.gateway[0].memory,
      aws_appautoscaling_target.gateway[0].min_capacity, aws_appautoscaling_target.gateway[0].max_capacity,
    ] == ["1024", "2048", 3, 12]
    error_message = "The tasks are of another size or number."
  }

  assert {
    condition = length(aws_db_instance.gateway) == 0 && length(aws_rds_cluster_instance.gateway) == 2 && [
      aws_rds_cluster.gateway[0].engine, one(aws_rds_cluster.gateway[0].serverlessv2_scaling_configuration).min_capacity,
      one(aws_rds_cluster.gateway[0].serverlessv2_scaling_configuration).max_capacity, aws_rds_cluster.gateway[0].backup_retention_period,
      aws_rds_cluster_parameter_group.gateway[0].family, aws_rds_cluster.gateway[0].apply_immediately, aws_rds_cluster.gateway[0].allow_major_version_upgrade,
    ] == ["aurora-postgresql", 2, 32, 35, "aurora-postgresql17", false, true]
    error_message = "The database is another."
  }

  assert {
    condition = alltrue(concat(
      [for instance in aws_rds_cluster_instance.gateway : !instance.publicly_accessible],
      [
        aws_rds_cluster.gateway[0].storage_encrypted,
        aws_rds_cluster.gateway[0].manage_master_user_password,
        aws_rds_cluster.gateway[0].iam_database_authentication_enabled,
        aws_rds_cluster.gateway[0].deletion_protection,
        !aws_rds_cluster.gateway[0].skip_final_snapshot,
        aws_rds_cluster.gateway[0].db_cluster_parameter_group_name == "upload-gateway-17",
      ],
    ))
    error_message = "The database is open, or its password is known, or it can be lost by a slip."
  }

  assert {
    condition     = { for parameter in aws_rds_cluster_parameter_group.gateway[0].parameter : parameter.name => "${parameter.value} ${parameter.apply_method}" } == { "rds.force_ssl" = "1 pending-reboot", log_min_duration_statement = "1000 immediate", log_parameter_max_length = "0 immediate" }
    error_message = "The database answers without TLS, or writes values down, or each plan differs."
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.gateway[0].policy).Statement : statement.Resource if statement.Sid == "ReadTheDatabasesPassword"] == ["arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds!cluster-1"]
    error_message = "The gateway may read another secret than the cluster's."
  }

  assert {
    condition     = output.gateway_environment.GATEWAY__DATABASE__URL == "postgres://upload_gateway@upload-gateway.cluster-abc.eu-central-1.rds.amazonaws.com:5432/upload_gateway?sslmode=verify-full&sslrootcert=/etc/ssl/rds/global-bundle.pem"
    error_message = "The gateway is sent elsewhere, or believes whoever answers: ${output.gateway_environment.GATEWAY__DATABASE__URL}"
  }
}

run "a_size_can_be_departed_from" {
  variables {
    service = {
      vpc_id                     = "vpc-1"
      private_subnet_ids         = ["subnet-private-a", "subnet-private-b"]
      public_subnet_ids          = ["subnet-public-a", "subnet-public-b"]
      certificate_arn            = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
      image                      = "ghcr.io/example/upload-gateway:1.2.3"
      architecture               = "x86_64"
      size                       = "large"
      cpu                        = 2048
      memory                     = 4096
      least_tasks                = 15
      internal                   = true
      caller_cidr_blocks         = ["10.0.0.0/8"]
      scraper_security_group_ids = ["sg-prometheus"]
      requests_per_address       = 0
    }
    database = { kind = "instance", engine_version = "16", apply_immediately = true, multi_az = false, backup_days = 3, client_security_group_ids = ["sg-bastion"] }
  }

  assert {
    condition = [
      aws_ecs_task_definition.gateway[0].cpu, aws_ecs_task_definition.gateway[0].memory, one(aws_ecs_task_definition.gateway[0].runtime_platform).cpu_architecture,
      aws_appautoscaling_target.gateway[0].min_capacity, aws_appautoscaling_target.gateway[0].max_capacity,
    ] == ["2048", "4096", "X86_64", 15, 15]
    error_message = "The tasks are not those asked for."
  }

  assert {
    condition = length(aws_rds_cluster.gateway) == 0 && [
      aws_db_instance.gateway[0].engine_version, aws_db_instance.gateway[0].instance_class, aws_db_instance.gateway[0].multi_az,
      aws_db_instance.gateway[0].backup_retention_period, aws_db_parameter_group.gateway[0].family,
      aws_db_instance.gateway[0].apply_immediately, aws_db_instance.gateway[0].allow_major_version_upgrade,
    ] == ["16", "db.r8g.large", false, 3, "postgres16", true, true]
    error_message = "The database is not the one asked for."
  }

  assert {
    condition     = aws_lb.gateway[0].internal && keys(aws_vpc_security_group_ingress_rule.callers) == ["10.0.0.0/8 443", "10.0.0.0/8 80"] && length(aws_wafv2_web_acl_association.gateway) == 0
    error_message = "Others than those asked for may call."
  }

  assert {
    condition = [
      [for rule in aws_vpc_security_group_ingress_rule.tasks_from_scrapers : [rule.referenced_security_group_id, rule.from_port, rule.to_port]],
      [for rule in aws_vpc_security_group_ingress_rule.database_from_others : [rule.referenced_security_group_id, rule.from_port, rule.to_port]],
    ] == [[["sg-prometheus", 9090, 9090]], [["sg-bastion", 5432, 5432]]]
    error_message = "Whom the operator lets in cannot come in, or can do more."
  }
}
