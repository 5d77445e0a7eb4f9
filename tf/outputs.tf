# What does the gateway, and whoever runs it, need to know?
output "gateway_toml" {
  description = "The gateway's configuration: `terraform output -raw gateway_toml > gateway.toml`. Without a service, database.url is for you to add. It holds no password."
  value       = local.gateway_toml

  precondition {
    condition     = length(local.settings_said_twice) == 0
    error_message = "These settings follow from the module's other variables: ${join(", ", local.settings_said_twice)}."
  }
}

output "gateway_environment" {
  description = "The same as variables, for compute that takes these."
  value       = local.gateway_environment
}

output "gateway_policy_json" {
  description = "What the gateway may do in its own name: the policy for the role or user of your own compute (gateway_principal_arns)."
  value       = jsonencode(local.gateway_policy)
}

output "bucket_arn" {
  description = "The bucket's ARN."
  value       = aws_s3_bucket.uploads.arn
}

output "upload_role_arn" {
  description = "The role that each tenant's session assumes."
  value       = aws_iam_role.uploads.arn
}

output "kms_key_arn" {
  description = "The key that objects are encrypted with; null when S3's own are."
  value       = local.kms_key_arn
}

output "events_queue_url" {
  description = "Where S3 tells of created objects."
  value       = aws_sqs_queue.events.url
}

output "dead_letters_queue_url" {
  description = "Where messages end that nobody could read or see through."
  value       = aws_sqs_queue.dead_letters.url
}

output "load_balancer" {
  description = "dns_name and zone_id of the load balancer, for public_url's record in the DNS; null without a service."
  value       = one([for balancer in aws_lb.gateway : { dns_name = balancer.dns_name, zone_id = balancer.zone_id, arn = balancer.arn }])
}

output "service" {
  description = "Names of the cluster, the service and its log group, and the security group of its tasks; null without a service."
  value = one([
    for service in aws_ecs_service.gateway : {
      cluster           = aws_ecs_cluster.gateway[0].name
      service           = service.name
      log_group         = aws_cloudwatch_log_group.gateway[0].name
      security_group_id = aws_security_group.tasks[0].id
      role_arn          = aws_iam_role.gateway[0].arn
    }
  ])
}

output "database" {
  description = "Host, user and name of the database, the ARN of its first user's password, and its security group; null without a service."
  value = local.has_service ? {
    host              = local.database_host
    user              = local.database_user
    name              = local.database_name
    secret_arn        = local.database_secret_arn
    security_group_id = aws_security_group.database[0].id
  } : null
}
