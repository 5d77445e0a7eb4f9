# What does "small" mean, and what "large"?
locals {
  sizes = {
    # Some dozens of grants a second and a short outage now and then: two tasks, so that a new version comes without one.
    small = {
      cpu               = 256
      memory            = 512
      least_tasks       = 2
      most_tasks        = 4
      requests_per_task = 6000
      database_kind     = "instance"
      instance_class    = "db.t4g.small"
      multi_az          = false
      least_capacity    = 0.5
      most_capacity     = 4
      backup_days       = 7
    }
    # Hundreds of grants a second, and no zone whose loss stops it. With less than 2 ACU, Performance Insights starves Postgres.
    large = {
      cpu               = 1024
      memory            = 2048
      least_tasks       = 3
      most_tasks        = 12
      requests_per_task = 30000
      database_kind     = "cluster"
      instance_class    = "db.r8g.large"
      multi_az          = true
      least_capacity    = 2
      most_capacity     = 32
      backup_days       = 35
    }
  }

  has_service = var.service != null
  size        = local.sizes[try(var.service.size, "small")]

  cpu         = try(coalesce(var.service.cpu), local.size.cpu)
  memory      = try(coalesce(var.service.memory), local.size.memory)
  least_tasks = try(coalesce(var.service.least_tasks), local.size.least_tasks)
  most_tasks  = max(local.least_tasks, try(coalesce(var.service.most_tasks), local.size.most_tasks))

  database_kind  = coalesce(var.database.kind, local.size.database_kind)
  instance_class = coalesce(var.database.instance_class, local.size.instance_class)
  multi_az       = coalesce(var.database.multi_az, local.size.multi_az)
  least_capacity = coalesce(var.database.least_capacity, local.size.least_capacity)
  most_capacity  = coalesce(var.database.most_capacity, local.size.most_capacity)
  backup_days    = coalesce(var.database.backup_days, local.size.backup_days)
}
