# How many of it run, and how does a new version take over?
resource "aws_ecs_service" "gateway" {
  count = local.has_service ? 1 : 0

  name                    = var.name
  cluster                 = aws_ecs_cluster.gateway[0].id
  task_definition         = aws_ecs_task_definition.gateway[0].arn
  desired_count           = local.least_tasks
  launch_type             = "FARGATE"
  platform_version        = "LATEST"
  enable_execute_command  = false
  enable_ecs_managed_tags = true
  propagate_tags          = "SERVICE"
  tags                    = var.tags

  # The new ones are ready before the old ones go, and the old ones stay when the new ones never are.
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  health_check_grace_period_seconds  = 120

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = var.service.private_subnet_ids
    security_groups  = [aws_security_group.tasks[0].id]
    assign_public_ip = false
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.gateway[0].arn
    container_name   = "gateway"
    container_port   = local.public_port
  }

  # A first task that came earlier would be refused by the load balancer, the database or S3, and be counted as a failure.
  depends_on = [
    aws_lb_listener.https,
    aws_iam_role_policy.gateway,
    aws_iam_role_policy.task_execution,
    aws_iam_role_policy.uploads,
    aws_rds_cluster_instance.gateway,
    aws_vpc_security_group_egress_rule.load_balancer_to_tasks,
    aws_vpc_security_group_egress_rule.tasks_to_aws,
    aws_vpc_security_group_egress_rule.tasks_to_database,
    aws_vpc_security_group_ingress_rule.database_from_tasks,
    aws_vpc_security_group_ingress_rule.tasks_from_load_balancer,
  ]

  # Autoscaling counts from here on.
  lifecycle {
    ignore_changes = [desired_count]
  }
}

resource "aws_appautoscaling_target" "gateway" {
  count = local.has_service ? 1 : 0

  service_namespace  = "ecs"
  resource_id        = "service/${aws_ecs_cluster.gateway[0].name}/${aws_ecs_service.gateway[0].name}"
  scalable_dimension = "ecs:service:DesiredCount"
  min_capacity       = local.least_tasks
  max_capacity       = local.most_tasks
}

resource "aws_appautoscaling_policy" "cpu" {
  count = local.has_service ? 1 : 0

  name               = "${var.name}-cpu"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.gateway[0].service_namespace
  resource_id        = aws_appautoscaling_target.gateway[0].resource_id
  scalable_dimension = aws_appautoscaling_target.gateway[0].scalable_dimension

  target_tracking_scaling_policy_configuration {
    target_value       = 60
    scale_in_cooldown  = 300
    scale_out_cooldown = 60

    predefined_metric_specification {
      predefined_metric_type = "ECSServiceAverageCPUUtilization"
    }
  }
}

# Requests that wait for the database take no processor time, and yet want more connections.
resource "aws_appautoscaling_policy" "requests" {
  count = local.has_service ? 1 : 0

  name               = "${var.name}-requests"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.gateway[0].service_namespace
  resource_id        = aws_appautoscaling_target.gateway[0].resource_id
  scalable_dimension = aws_appautoscaling_target.gateway[0].scalable_dimension

  target_tracking_scaling_policy_configuration {
    target_value       = local.size.requests_per_task
    scale_in_cooldown  = 300
    scale_out_cooldown = 60

    predefined_metric_specification {
      predefined_metric_type = "ALBRequestCountPerTarget"
      resource_label         = "${aws_lb.gateway[0].arn_suffix}/${aws_lb_target_group.gateway[0].arn_suffix}"
    }
  }
}
