# When is somebody woken?
locals {
  dead_letters = { QueueName = aws_sqs_queue.dead_letters.name }
  events       = { QueueName = aws_sqs_queue.events.name }

  alarms = merge(
    {
      dead-letters = {
        description = "An event of S3 could not be read or seen through; what it told of may be missing from the ledger."
        namespace   = "AWS/SQS", metric = "ApproximateNumberOfMessagesVisible", statistic = "Maximum", above = 0, periods = 1, dimensions = local.dead_letters
      }
      events-wait = {
        description = "Events of S3 wait for a quarter of an hour: the gateway does not take them, or not fast enough."
        namespace   = "AWS/SQS", metric = "ApproximateAgeOfOldestMessage", statistic = "Maximum", above = 900, periods = 1, dimensions = local.events
      }
    },
    {
      for balancer in aws_lb.gateway[*].arn_suffix : "server-errors" => {
        description = "Callers are answered 5xx by the gateway."
        namespace   = "AWS/ApplicationELB", metric = "HTTPCode_Target_5XX_Count", statistic = "Sum", above = 10, periods = 1, dimensions = { LoadBalancer = balancer }
      }
    },
    {
      for balancer in aws_lb.gateway[*].arn_suffix : "unanswered" => {
        description = "Callers are answered 5xx by the load balancer, for want of a task that answers."
        namespace   = "AWS/ApplicationELB", metric = "HTTPCode_ELB_5XX_Count", statistic = "Sum", above = 10, periods = 1, dimensions = { LoadBalancer = balancer }
      }
    },
    {
      for balancer in aws_lb.gateway[*].arn_suffix : "slow" => {
        description = "One request of a hundred takes longer than two seconds."
        namespace   = "AWS/ApplicationELB", metric = "TargetResponseTime", statistic = "p99", above = 2, periods = 3, dimensions = { LoadBalancer = balancer }
      }
    },
    {
      for group in aws_lb_target_group.gateway[*].arn_suffix : "unready" => {
        description = "A task says for ten minutes that it is not ready."
        namespace   = "AWS/ApplicationELB", metric = "UnHealthyHostCount", statistic = "Minimum", above = 0, periods = 2
        dimensions  = { LoadBalancer = aws_lb.gateway[0].arn_suffix, TargetGroup = group }
      }
    },
    {
      for name, metric in local.has_service ? { tasks-cpu = "CPUUtilization", tasks-memory = "MemoryUtilization" } : {} : name => {
        description                                       = "The tasks' ${metric} stays above 85 %, although more of them should have been started."
        namespace                                         = "AWS/ECS", metric = metric, statistic = "Average", above = 85, periods = 3
        dimensions                                        = { ClusterName = aws_ecs_cluster.gateway[0].name, ServiceName = aws_ecs_service.gateway[0].name }
      }
    },
    {
      for name, alarm in local.database_alarms : "database-${name}" => merge(
        { namespace = "AWS/RDS", statistic = "Average", above = null, below = null, periods = 3, dimensions = local.database_dimensions }, alarm,
      ) if local.has_service
    },
    {
      # A refusal is an error of the function too, and a locked account is one for each attempt.
      for group in aws_cloudwatch_log_group.triggers : "triggers" => {
        description = "Cognito's triggers fail, or refuse a hundred sign-ins in five minutes."
        namespace   = "AWS/Lambda", metric = "Errors", statistic = "Sum", above = 100, periods = 1, dimensions = { FunctionName = trimprefix(group.name, "/aws/lambda/") }
      }
    },
    {
      for filter in aws_cloudwatch_log_metric_filter.lockout_outages : "lockout-outages" => {
        description = "The table of failed attempts does not answer: people sign in uncounted, or, with outage = closed, not at all."
        namespace   = one(filter.metric_transformation).namespace, metric = one(filter.metric_transformation).name, statistic = "Sum", above = 0, periods = 1, dimensions = {}
      }
    },
  )

  # Of a whole cluster, the one that takes over is half, and idle: what the writer suffers would be lost in the average.
  database_dimensions = { (local.makes_cluster ? "DBClusterIdentifier" : "DBInstanceIdentifier") = var.name }
  writer_dimensions   = merge(local.database_dimensions, { for role in local.makes_cluster ? ["WRITER"] : [] : "Role" => role })

  database_alarms = merge(
    {
      cpu = { description = "Postgres is busy.", metric = "CPUUtilization", above = 85, dimensions = local.writer_dimensions }
      connections = {
        description = "Postgres has more connections than the most tasks should open."
        metric      = "DatabaseConnections", above = local.most_tasks * 12 + 10, dimensions = local.writer_dimensions
      }
    },
    local.makes_cluster ? { capacity = { description = "Aurora is near its most capacity.", metric = "ACUUtilization", above = 90 } } : null,
    local.makes_cluster ? null : { storage = { description = "Postgres has less than 2 GiB left, although storage should have grown.", metric = "FreeStorageSpace", below = 2147483648 } },
  )
}

resource "aws_cloudwatch_metric_alarm" "gateway" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = startswith(each.value.statistic, "p") ? null : each.value.statistic
  extended_statistic  = startswith(each.value.statistic, "p") ? each.value.statistic : null
  comparison_operator = try(each.value.below, null) == null ? "GreaterThanThreshold" : "LessThanThreshold"
  threshold           = coalesce(try(each.value.below, null), each.value.above)
  period              = 300
  evaluation_periods  = each.value.periods
  # No request, no message and no error is no alarm.
  treat_missing_data = "notBreaching"
  alarm_actions      = var.alarm_topic_arn[*]
  ok_actions         = var.alarm_topic_arn[*]
  tags               = var.tags
}
