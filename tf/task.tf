# How does the gateway run?
resource "aws_ecs_cluster" "gateway" {
  count = local.has_service ? 1 : 0

  name = var.name
  tags = var.tags

  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_ecs_task_definition" "gateway" {
  count = local.has_service ? 1 : 0

  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = local.cpu
  memory                   = local.memory
  task_role_arn            = aws_iam_role.gateway[0].arn
  execution_role_arn       = aws_iam_role.task_execution[0].arn
  container_definitions    = jsonencode([local.container])
  tags                     = var.tags

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = upper(var.service.architecture)
  }

  lifecycle {
    precondition {
      condition     = contains(try(local.fargate_memory[tostring(local.cpu)], []), local.memory)
      error_message = "Fargate has no task of cpu = ${local.cpu} with memory = ${local.memory}; see fargate_memory in task.tf."
    }
  }
}

locals {
  # MiB by CPU units.
  # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size
  fargate_memory = {
    "256"   = [512, 1024, 2048]
    "512"   = range(1024, 4096 + 1, 1024)
    "1024"  = range(2048, 8192 + 1, 1024)
    "2048"  = range(4096, 16384 + 1, 1024)
    "4096"  = range(8192, 30720 + 1, 1024)
    "8192"  = range(16384, 61440 + 1, 4096)
    "16384" = range(32768, 122880 + 1, 8192)
  }

  container = local.has_service ? {
    name      = "gateway"
    image     = var.service.image
    essential = true
    # Replicas that start together take turns at the migrations.
    command = ["serve", "--migrate"]

    # Nobody, who can write nowhere and become nobody else.
    user                   = "65532:65532"
    readonlyRootFilesystem = true
    privileged             = false
    linuxParameters        = { capabilities = { drop = ["ALL"] } }

    # Longer than server.drain, server.shutdown_grace and the ten seconds together that a stop takes at most.
    stopTimeout  = 60
    ulimits      = [{ name = "nofile", softLimit = 65536, hardLimit = 65536 }]
    portMappings = [for port in [local.public_port, local.internal_port] : { containerPort = port, hostPort = port, protocol = "tcp" }]
    environment  = [for name, value in local.gateway_environment : { name = name, value = value }]

    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.gateway[0].name
        awslogs-region        = local.region
        awslogs-stream-prefix = "gateway"
      }
    }
  } : null
}
