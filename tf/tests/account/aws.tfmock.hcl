# The account in which the tests take place, and what AWS would have answered there.
mock_data "aws_caller_identity" {
  defaults = { account_id = "123456789012" }
}

mock_data "aws_region" {
  defaults = { id = "eu-central-1", name = "eu-central-1" }
}

mock_data "aws_partition" {
  defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
}

override_resource {
  target = aws_iam_role.uploads
  values = { arn = "arn:aws:iam::123456789012:role/upload-gateway-uploads-eu-central-1" }
}

override_resource {
  target = aws_iam_role.gateway
  values = { arn = "arn:aws:iam::123456789012:role/upload-gateway-gateway-eu-central-1" }
}

override_resource {
  target = aws_iam_policy.uploads_at_most
  values = { arn = "arn:aws:iam::123456789012:policy/upload-gateway-uploads-at-most-eu-central-1" }
}

override_resource {
  target = aws_iam_role.task_execution
  values = { arn = "arn:aws:iam::123456789012:role/upload-gateway-starts-eu-central-1" }
}

override_resource {
  target = aws_iam_role.database_monitoring
  values = { arn = "arn:aws:iam::123456789012:role/upload-gateway-database-monitoring-eu-central-1" }
}

override_resource {
  target = aws_kms_key.uploads
  values = { arn = "arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-000000000001" }
}

override_resource {
  target = aws_sqs_queue.events
  values = {
    arn = "arn:aws:sqs:eu-central-1:123456789012:upload-gateway-events"
    url = "https://sqs.eu-central-1.amazonaws.com/123456789012/upload-gateway-events"
  }
}

override_resource {
  target = aws_sqs_queue.dead_letters
  values = { arn = "arn:aws:sqs:eu-central-1:123456789012:upload-gateway-events-dead-letters" }
}

override_resource {
  target = aws_cognito_user_pool.people
  values = {
    arn      = "arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_AbC123xyz"
    id       = "eu-central-1_AbC123xyz"
    endpoint = "cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbC123xyz"
  }
}

override_resource {
  target = aws_cognito_user_pool_client.federated
  values = { id = "1federatedclient000000000" }
}

override_resource {
  target = aws_cognito_user_pool_client.native
  values = { id = "2nativeclient00000000000000" }
}

override_resource {
  target = aws_db_instance.gateway
  values = {
    address            = "upload-gateway.abc.eu-central-1.rds.amazonaws.com"
    resource_id        = "db-INSTANCE"
    master_user_secret = [{ secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds!db-1" }]
  }
}

override_resource {
  target = aws_rds_cluster.gateway
  values = {
    endpoint            = "upload-gateway.cluster-abc.eu-central-1.rds.amazonaws.com"
    cluster_resource_id = "cluster-CLUSTER"
    master_user_secret  = [{ secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds!cluster-1" }]
  }
}

override_resource {
  target = aws_lb.gateway
  values = {
    arn        = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/upload-gateway/1"
    arn_suffix = "app/upload-gateway/1"
    dns_name   = "upload-gateway-1.eu-central-1.elb.amazonaws.com"
    zone_id    = "Z215JYRZR1TBD5"
  }
}

override_resource {
  target = aws_lb_target_group.gateway
  values = {
    arn        = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/upload-gateway/1"
    arn_suffix = "targetgroup/upload-gateway/1"
  }
}

override_resource {
  target = aws_ecs_cluster.gateway
  values = { id = "arn:aws:ecs:eu-central-1:123456789012:cluster/upload-gateway" }
}

override_resource {
  target = aws_ecs_task_definition.gateway
  values = { arn = "arn:aws:ecs:eu-central-1:123456789012:task-definition/upload-gateway:1" }
}

override_resource {
  target = aws_cloudwatch_log_group.gateway
  values = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:/upload-gateway/gateway" }
}

override_resource {
  target = aws_wafv2_web_acl.gateway
  values = { arn = "arn:aws:wafv2:eu-central-1:123456789012:regional/webacl/upload-gateway/1" }
}
