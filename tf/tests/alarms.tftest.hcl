# Is somebody told when something is wrong?
mock_provider "aws" {
  source = "./tests/account"
}

variables {
  bucket          = "uploads-example"
  public_url      = "https://uploads.example.com"
  alarm_topic_arn = "arn:aws:sns:eu-central-1:123456789012:operators"
  service = {
    vpc_id             = "vpc-1"
    private_subnet_ids = ["subnet-private-a", "subnet-private-b"]
    public_subnet_ids  = ["subnet-public-a", "subnet-public-b"]
    certificate_arn    = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
    image              = "ghcr.io/example/upload-gateway:1.2.3"
  }
}

run "of_everything_that_is_there" {
  variables {
    triggers_zip = "versions.tf"
  }

  assert {
    condition = {
      for key, alarm in aws_cloudwatch_metric_alarm.gateway : key => [alarm.namespace, alarm.metric_name, alarm.comparison_operator, alarm.threshold]
      } == {
      dead-letters         = ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "GreaterThanThreshold", 0]
      events-wait          = ["AWS/SQS", "ApproximateAgeOfOldestMessage", "GreaterThanThreshold", 900]
      server-errors        = ["AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", "GreaterThanThreshold", 10]
      unanswered           = ["AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count", "GreaterThanThreshold", 10]
      slow                 = ["AWS/ApplicationELB", "TargetResponseTime", "GreaterThanThreshold", 2]
      unready              = ["AWS/ApplicationELB", "UnHealthyHostCount", "GreaterThanThreshold", 0]
      tasks-cpu            = ["AWS/ECS", "CPUUtilization", "GreaterThanThreshold", 85]
      tasks-memory         = ["AWS/ECS", "MemoryUtilization", "GreaterThanThreshold", 85]
      database-cpu         = ["AWS/RDS", "CPUUtilization", "GreaterThanThreshold", 85]
      database-connections = ["AWS/RDS", "DatabaseConnections", "GreaterThanThreshold", 58]
      database-storage     = ["AWS/RDS", "FreeStorageSpace", "LessThanThreshold", 2147483648]
      triggers             = ["AWS/Lambda", "Errors", "GreaterThanThreshold", 100]
      lockout-outages      = ["upload-gateway", "LockoutOutages", "GreaterThanThreshold", 0]
    }
    error_message = "Something can go wrong unseen."
  }

  assert {
    condition = [
      for filter in aws_cloudwatch_log_metric_filter.lockout_outages : [
        filter.log_group_name, filter.pattern, one(filter.metric_transformation).namespace, one(filter.metric_transformation).name, one(filter.metric_transformation).value
      ]
    ] == [["/aws/lambda/upload-gateway-triggers", "{ $.outcome = \"outage\" }", "upload-gateway", "LockoutOutages", "1"]]
    error_message = "People sign in uncounted, and nobody counts that."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.gateway : alarm.alarm_actions == toset(["arn:aws:sns:eu-central-1:123456789012:operators"])])
    error_message = "An alarm tells nobody."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.gateway["slow"].extended_statistic == "p99" && aws_cloudwatch_metric_alarm.gateway["slow"].statistic == null
    error_message = "The slowest requests are lost in the average."
  }

  assert {
    condition = [
      for key in ["dead-letters", "events-wait", "slow", "unready", "tasks-cpu", "database-cpu", "database-connections", "triggers"] : jsonencode(aws_cloudwatch_metric_alarm.gateway[key].dimensions)
      ] == [
      jsonencode({ QueueName = "upload-gateway-events-dead-letters" }),
      jsonencode({ QueueName = "upload-gateway-events" }),
      jsonencode({ LoadBalancer = "app/upload-gateway/1" }),
      jsonencode({ LoadBalancer = "app/upload-gateway/1", TargetGroup = "targetgroup/upload-gateway/1" }),
      jsonencode({ ClusterName = "upload-gateway", ServiceName = "upload-gateway" }),
      jsonencode({ DBInstanceIdentifier = "upload-gateway" }),
      jsonencode({ DBInstanceIdentifier = "upload-gateway" }),
      jsonencode({ FunctionName = "upload-gateway-triggers" }),
    ]
    error_message = "An alarm looks at something else."
  }
}

run "of_a_cluster_by_its_capacity" {
  variables {
    database = { kind = "cluster" }
  }

  assert {
    condition     = [for key in ["database-storage", "database-capacity", "triggers", "lockout-outages"] : contains(keys(aws_cloudwatch_metric_alarm.gateway), key)] == [false, true, false, false]
    error_message = "A cluster grows by itself until it is at its most capacity, and nobody is told."
  }

  assert {
    condition     = jsonencode(aws_cloudwatch_metric_alarm.gateway["database-capacity"].dimensions) == jsonencode({ DBClusterIdentifier = "upload-gateway" })
    error_message = "The alarm looks at something else."
  }

  assert {
    condition = [for key in ["database-cpu", "database-connections"] : jsonencode(aws_cloudwatch_metric_alarm.gateway[key].dimensions)] == [
      for _ in range(2) : jsonencode({ DBClusterIdentifier = "upload-gateway", Role = "WRITER" })
    ]
    error_message = "What the writer suffers is lost in the average with the one that takes over."
  }
}

run "of_the_queue_alone_without_a_service" {
  variables {
    service                = null
    gateway_principal_arns = ["arn:aws:iam::123456789012:role/my-gateway"]
    alarm_topic_arn        = null
  }

  assert {
    condition     = keys(aws_cloudwatch_metric_alarm.gateway) == ["dead-letters", "events-wait"]
    error_message = "There are alarms of what is not there."
  }
}
