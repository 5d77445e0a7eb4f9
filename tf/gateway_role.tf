# As whom does the service's task run, and as whom does ECS start it?
locals {
  gateway_principal_arns = concat([for role in aws_iam_role.gateway : role.arn], var.gateway_principal_arns)

  # ECS alone, for tasks of this account and Region alone.
  tasks_trust = {
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = { "aws:SourceAccount" = local.account_id }
        ArnLike      = { "aws:SourceArn" = "arn:${local.partition}:ecs:${local.region}:${local.account_id}:*" }
      }
    }]
  }

  # 123456789012.dkr.ecr.eu-central-1.amazonaws.com/gateway:1.2.3, or, with IPv6 as well, 123456789012.dkr-ecr.eu-central-1.on.aws/gateway:1.2.3;
  # an image from elsewhere needs no permission.
  registry = try(regex("^(?P<account>[0-9]{12})\\.dkr[.-]ecr\\.(?P<region>[a-z0-9-]+)\\.(?:amazonaws\\.com|on\\.aws)/(?P<repository>[a-z0-9._/-]+?)(?:[:@].*)?$", var.service.image), null)

  task_execution_policy = {
    Version = "2012-10-17"
    Statement = concat(
      [
        for group in aws_cloudwatch_log_group.gateway : {
          Sid      = "WriteItsLog"
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = "${group.arn}:*"
        }
      ],
      [
        for registry in local.registry[*] : {
          Sid      = "PullItsImage"
          Effect   = "Allow"
          Action   = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
          Resource = "arn:${local.partition}:ecr:${registry.region}:${registry.account}:repository/${registry.repository}"
        }
      ],
      # ECR has no resource to name here: the token opens what the statement above allows.
      [
        for registry in local.registry[*] : {
          Sid      = "SignInAtTheRegistry"
          Effect   = "Allow"
          Action   = "ecr:GetAuthorizationToken"
          Resource = "*"
        }
      ],
    )
  }
}

resource "aws_iam_role" "gateway" {
  count = local.has_service ? 1 : 0

  name                 = "${var.name}-gateway-${local.region}"
  description          = "upload-gateway itself; it touches objects only through the role of tenants' sessions"
  assume_role_policy   = jsonencode(local.tasks_trust)
  permissions_boundary = var.permissions_boundary
  tags                 = var.tags
}

resource "aws_iam_role_policy" "gateway" {
  count = local.has_service ? 1 : 0

  name   = "gateway"
  role   = aws_iam_role.gateway[0].id
  policy = jsonencode(local.gateway_policy)
}

resource "aws_iam_role" "task_execution" {
  count = local.has_service ? 1 : 0

  name                 = "${var.name}-starts-${local.region}"
  description          = "ECS, to start the tasks of upload-gateway"
  assume_role_policy   = jsonencode(local.tasks_trust)
  permissions_boundary = var.permissions_boundary
  tags                 = var.tags
}

resource "aws_iam_role_policy" "task_execution" {
  count = local.has_service ? 1 : 0

  name   = "start"
  role   = aws_iam_role.task_execution[0].id
  policy = jsonencode(local.task_execution_policy)
}
